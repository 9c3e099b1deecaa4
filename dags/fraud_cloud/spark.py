"""A run's Spark cluster and its jobs: made once, watched, stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, TypeVar

from fraud_cloud.contract import Contract
from fraud_cloud.errors import ConfigError, GoneError, RefusedError, SurroundingsError
from fraud_cloud.purge import Means, purge
from fraud_cloud.resource import Job, Resource, end_s
from fraud_cloud.selection import Selection
from fraud_cloud.services import SPARK
from fraud_cloud.spark_spec import ClusterSpec, JobSpec

TAIL_LINES = 40
_SOONER_S = 3600.0
"""So much sooner than asked for a cluster may expire: a task that is tried again keeps what it has
made. Only a run that takes its whole 12 h can lose it by that."""

Found = TypeVar("Found")
End = Literal["stopped", "failed"]


class JobFailedError(SurroundingsError):
    """A job ended before it was told to, or not as it was told to."""


@dataclass(frozen=True)
class Started:
    """A job that was submitted.

    Attributes:
        cluster_id: where it runs.
        job: as it was seen last.
    """

    cluster_id: str
    job: Job


def cluster_of_run(means: Means, run: str) -> Resource | None:
    """The run's cluster, if there is one.

    Args:
        means: with what.
        run: value of the run's label.
    """
    label, ours = means.contract.run_label, means.contract.project
    for one in means.cloud.resources(SPARK):
        if one.labels.get(means.contract.project_label) == ours and one.labels.get(label) == run:
            return one
    return None


def ensure_cluster(means: Means, spec: ClusterSpec) -> Resource:
    """The run's cluster, made unless it is there, once it runs.

    A creation whose answer was lost is found by its label; one that fails is left to the purge,
    which finds it the same way.

    Raises:
        SurroundingsError: it is not made, or not in time.
    """
    run = spec.labels[means.contract.run_label]
    request_cluster(means, spec)
    return _awaited(means, lambda: running_cluster(means, run), f"Spark cluster {spec.name}")


def request_cluster(means: Means, spec: ClusterSpec) -> None:
    """Ask for the run's cluster unless it is there; whether it comes says `running_cluster`.

    One that is there and expires too soon is deleted first: the reaper would do it in mid-cell.

    Raises:
        LeftoversError: such a one does not go in time.
        SurroundingsError: a quota does not allow it.
    """
    run = spec.labels[means.contract.run_label]
    found = cluster_of_run(means, run)
    if found is not None and lasts(found, spec, means.contract):
        return
    if found is not None:
        means.tell(f"{found}: expires before this run may be over, making another one")
        purge(means, Selection((SPARK,), run=run))
    means.tell(f"Spark cluster {spec.name}: creating, {spec.executors} executors")
    _created(means, spec)


def lasts(cluster: Resource, spec: ClusterSpec, contract: Contract) -> bool:
    """Whether a cluster expires about when the one that is asked for would, or later."""
    return end_s(cluster.labels, contract) >= end_s(spec.labels, contract) - _SOONER_S


def running_cluster(means: Means, run: str) -> Resource | None:
    """The run's cluster, once it runs.

    Args:
        means: with what.
        run: value of the run's label.

    Raises:
        SurroundingsError: it was not made.
    """
    return _running(cluster_of_run(means, run))


def submit(means: Means, cluster_id: str, spec: JobSpec) -> Started:
    """Submit a job, unless one of this name is there that has not ended.

    One that has is of an earlier run that was killed: it is not taken for this one, also where the
    answer to this request is lost.

    Raises:
        SurroundingsError: it is not accepted in time.
    """
    over = frozenset(job.id for job in means.cloud.jobs(cluster_id) if job.ended)
    if _job_named(means, cluster_id, spec.name, over) is None:
        means.tell(f"Spark job {spec.name}: submitting")
        try:
            means.cloud.create_job(cluster_id, spec)
        except RefusedError as error:
            if error.final:
                raise ConfigError(str(error)) from error
            means.tell(f"Spark job {spec.name}: {error}; looking whether it was accepted")
    job = _awaited(
        means, lambda: _job_named(means, cluster_id, spec.name, over), f"Spark job {spec.name}"
    )
    return Started(cluster_id, job)


def require_running(means: Means, started: Started) -> Job:
    """The job now.

    Raises:
        JobFailedError: it has ended; with the tail of its log.
        GoneError: its cluster is gone.
    """
    job = means.cloud.job(started.cluster_id, started.job.id)
    if job.ended:
        raise JobFailedError(_told_end(means, started.cluster_id, job))
    return job


def log_of(means: Means, started: Started) -> str:
    """What a job has written so far; why there is nothing, where there is nothing."""
    try:
        return means.cloud.job_log(started.cluster_id, started.job.id)
    except (GoneError, RefusedError) as error:
        return f"no log: {error}"


def ended_by_itself(means: Means, started: Started) -> Job | None:
    """The job once it has ended, for one that is not to be stopped.

    Raises:
        GoneError: its cluster is gone.
    """
    return _ended(means.cloud.job(started.cluster_id, started.job.id))


def stop_all(means: Means, cluster_id: str) -> None:
    """Cancel every job of a cluster that runs and wait until all have ended.

    Raises:
        SurroundingsError: one does not end in time.
    """
    for job in means.cloud.jobs(cluster_id):
        if not job.ended:
            means.tell(f"Spark job {job.name}: cancelling, an earlier task has left it")
            _cancelled(means, Started(cluster_id, job))


def stop(means: Means, started: Started) -> Job:
    """Cancel a job and wait until it has ended.

    Raises:
        JobFailedError: it had ended before, or ends with an error.
        SurroundingsError: it does not end in time.
    """
    require_running(means, started)
    job = _cancelled(means, started)
    if how_it_ended(job.status) == "failed":
        raise JobFailedError(_told_end(means, started.cluster_id, job))
    return job


def _cancelled(means: Means, started: Started) -> Job:
    """The job once it has ended; it is asked for again where the first answer was lost."""

    def look() -> Job | None:
        job = means.cloud.job(started.cluster_id, started.job.id)
        if job.ended:
            return job
        if job.status != "CANCELLING":
            try:
                means.cloud.cancel_job(started.cluster_id, job.id)
            except RefusedError as error:
                means.tell(f"Spark job {job.name}: {error}; trying again")
        return None

    return _awaited(means, look, f"the end of Spark job {started.job.name}", means.limits.jobs_s)


def how_it_ended(status: str) -> End:
    """What an end means after we asked for it.

    Args:
        status: as the API says it. DONE is a driver that ended by itself when it was told to.
    """
    return "stopped" if status in ("CANCELLED", "DONE") else "failed"


def _created(means: Means, spec: ClusterSpec) -> None:
    try:
        means.cloud.create_cluster(spec)
    except RefusedError as error:
        if error.final:
            raise ConfigError(str(error)) from error
        if "RESOURCE_EXHAUSTED" in str(error):
            raise SurroundingsError(f"{error}: ask for more quota, or fewer instances") from error
        means.tell(f"Spark cluster {spec.name}: {error}; looking whether it was accepted")


def _awaited(
    means: Means, look: Callable[[], Found | None], what: str, limit_s: float = 0.0
) -> Found:
    start_s = means.clock.now_s()
    limit_s = limit_s or means.limits.all_s
    while True:
        found = look()
        if found is not None:
            return found
        if means.clock.now_s() - start_s > limit_s:
            raise SurroundingsError(f"{what} is not ready after {limit_s:g} s")
        means.clock.pause(means.limits.poll_s)


def _running(cluster: Resource | None) -> Resource | None:
    if cluster is not None and cluster.status == "ERROR":
        raise SurroundingsError(f"{cluster} was not made: its status is ERROR")
    return cluster if cluster is not None and cluster.status == "RUNNING" else None


def _ended(job: Job) -> Job | None:
    return job if job.ended else None


def _job_named(means: Means, cluster_id: str, name: str, over: Collection[str]) -> Job | None:
    jobs = means.cloud.jobs(cluster_id)
    return next((one for one in jobs if one.name == name and one.id not in over), None)


def _told_end(means: Means, cluster_id: str, job: Job) -> str:
    tail = "\n".join(log_of(means, Started(cluster_id, job)).splitlines()[-TAIL_LINES:])
    return f"Spark job {job.name or job.id} ended with {job.status}:\n{tail}"
