"""Purge by label: look, take one step with each thing that is left, and look again.

What is there is believed, not what was answered: a lost answer, an operation that failed and a
creation that went on after its time-out all end the same way, in the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.cloud import Cloud
from fraud_cloud.contract import Contract
from fraud_cloud.errors import GoneError, LeftoversError, RefusedError
from fraud_cloud.resource import Job, Resource
from fraud_cloud.selection import Selection, is_done
from fraud_cloud.services import GROUP, SPARK

Step = Literal["wait", "cancel jobs", "delete", "empty"]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Means:
    """With what a purge works.

    Attributes:
        cloud: the folder.
        contract: names of the labels.
        clock: time.
        limits: how long to wait.
        tell: takes one line for each thing that is done.
    """

    cloud: Cloud
    contract: Contract
    clock: Clock
    limits: Limits
    tell: Tell


def purge(means: Means, selection: Selection) -> int:
    """Take away what is selected and wait until it is gone.

    Args:
        means: with what.
        selection: what.

    Returns:
        How many things there were.

    Raises:
        DeniedError: a service may not be listed or changed.
        LeftoversError: something is still there when the time is over.
    """
    work = _Work(means, selection)
    start_s = means.clock.now_s()
    while left := work.left():
        waited_s = means.clock.now_s() - start_s
        if waited_s > means.limits.all_s:
            raise LeftoversError(_still_there(left, work.reasons, means.limits.all_s))
        for resource in left:
            work.advance(resource, waited_s)
        means.clock.pause(means.limits.poll_s)
    return len(work.seen)


def take_away(means: Means, selection: Selection) -> tuple[Resource, ...]:
    """Take every step that can be taken now, and no longer than until cancelled jobs have ended.

    For whoever gives a worker back while the cloud deletes: called again it goes on from what is
    there then.

    Args:
        means: with what.
        selection: what.

    Returns:
        What is not gone yet.

    Raises:
        DeniedError: a service may not be listed or changed.
    """
    work = _Work(means, selection)
    start_s = means.clock.now_s()
    while left := work.left():
        work.awaited_jobs.clear()
        for resource in left:
            work.advance(resource, means.clock.now_s() - start_s)
        if not work.awaited_jobs:
            for identifier, reason in work.reasons.items():
                means.tell(f"{identifier}: {reason}")
            return tuple(left)
        means.clock.pause(means.limits.poll_s)
    return ()


def next_step(
    resource: Resource, jobs: list[Job], *, jobs_overdue: bool, groups_stay: bool
) -> Step:
    """What to do about a thing that should be gone.

    Args:
        resource: the thing.
        jobs: of a Spark cluster.
        jobs_overdue: whether cancelled jobs have had their time.
        groups_stay: an instance group is emptied and not deleted.
    """
    if resource.status == "DELETING":
        return "wait"
    if resource.kind == GROUP.kind and groups_stay:
        shrinking = resource.size == 0 or resource.status == "STOPPING"
        return "wait" if shrinking else "empty"
    if jobs_overdue or all(job.ended for job in jobs):
        return "delete"
    return "wait" if all(job.ended or job.status == "CANCELLING" for job in jobs) else "cancel jobs"


@dataclass
class _Work:
    """A purge under way.

    Attributes:
        means: with what.
        selection: what.
        seen: ids of everything that was ever left.
        operations: what was asked last about a thing and may still run.
        reasons: why a thing is still there.
        awaited_jobs: ids of clusters whose jobs are about to end.
    """

    means: Means
    selection: Selection
    seen: set[str] = field(default_factory=set)
    operations: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    awaited_jobs: set[str] = field(default_factory=set)

    def left(self) -> list[Resource]:
        """Everything selected that is still to be taken away."""
        found = [one for one in self._selected() if not is_done(one, self.selection)]
        self.seen.update(one.id for one in found)
        return found

    def _selected(self) -> Iterator[Resource]:
        for service in self.selection.kinds:
            for resource in self.means.cloud.resources(service):
                if self.selection.takes(resource, self.means.contract):
                    yield resource

    def advance(self, resource: Resource, waited_s: float) -> None:
        """Take the next step with one thing, unless the last one is still under way."""
        try:
            if not self._under_way(resource):
                self._step(resource, jobs_overdue=waited_s > self.means.limits.jobs_s)
        except GoneError:
            self.reasons.pop(resource.id, None)
        except RefusedError as error:
            self.reasons[resource.id] = str(error)

    def _under_way(self, resource: Resource) -> bool:
        asked = self.operations.get(resource.id)
        if asked is None:
            return False
        operation = self.means.cloud.operation(asked)
        if operation.state == "running":
            return True
        del self.operations[resource.id]
        if operation.state == "done":
            # What was listed before is old: the next look tells.
            return True
        self.reasons[resource.id] = operation.reason
        self.means.tell(f"{resource}: {operation.reason}; trying again")
        return False

    def _step(self, resource: Resource, *, jobs_overdue: bool) -> None:
        jobs = self._jobs(resource)
        step = next_step(
            resource, jobs, jobs_overdue=jobs_overdue, groups_stay=self.selection.groups_stay
        )
        if step == "cancel jobs" or (step == "wait" and any(not job.ended for job in jobs)):
            self.awaited_jobs.add(resource.id)
        match step:
            case "wait":
                return
            case "cancel jobs":
                self._cancel(resource, jobs)
            case "delete":
                self.means.tell(f"{resource}: deleting")
                self.operations[resource.id] = self.means.cloud.delete(resource)
            case "empty":
                self.means.tell(f"{resource}: {resource.size} hosts to 0")
                self.operations[resource.id] = empty(self.means, resource)

    def _jobs(self, resource: Resource) -> list[Job]:
        if resource.kind != SPARK.kind:
            return []
        try:
            return list(self.means.cloud.jobs(resource.id))
        except (GoneError, RefusedError):
            # A cluster that is being made or has failed tells of none.
            return []

    def _cancel(self, cluster: Resource, jobs: list[Job]) -> None:
        for job in jobs:
            if not job.ended and job.status != "CANCELLING":
                self.means.tell(f"{cluster}: cancelling job {job.name or job.id}")
                self.means.cloud.cancel_job(cluster.id, job.id)


def empty(means: Means, group: Resource) -> str:
    """Ask for no host; where the API refuses a size of 0, for a stopped group.

    Args:
        means: with what.
        group: the instance group.

    Returns:
        Id of the operation.
    """
    try:
        return means.cloud.resize(group, 0)
    except RefusedError as error:
        if not error.final:
            raise
        means.tell(f"{group}: a size of 0 is refused, stopping it ({error})")
        return means.cloud.stop(group)


def _still_there(left: list[Resource], reasons: dict[str, str], waited_s: float) -> str:
    lines = [f"  {one}: {reasons.get(one.id, one.status or 'no answer')}" for one in left]
    return (
        f"{len(left)} not gone after {waited_s:g} s; run the same command again, or delete them in "
        "the console:\n" + "\n".join(lines)
    )
