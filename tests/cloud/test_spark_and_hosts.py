"""A run's cluster, jobs and hosts against the double: made once, watched, stopped, found again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from yandex.cloud.spark.v1 import job_pb2

from fraud_cloud.clock import Limits
from fraud_cloud.errors import ConfigError, SurroundingsError
from fraud_cloud.faust_hosts import set_hosts
from fraud_cloud.purge import Means, purge
from fraud_cloud.reaping import reap
from fraud_cloud.selection import made_by_runs
from fraud_cloud.services import AIRFLOW, GROUP, INSTANCE, KAFKA, POSTGRESQL, SPARK
from fraud_cloud.spark import JobFailedError, ensure_cluster, require_running, stop, submit
from fraud_cloud.spark_spec import ClusterSpec, JobSpec, scoring_properties
from tests.cloud.conftest import counted_clock
from tests.cloud_double.double import CloudDouble
from tests.cloud_double.jobs import PretendedJobs
from tests.cloud_double.state import How

MEMORY_MB = 3072
JOB = JobSpec(
    "faust-2",
    "s3a://bucket/code/main.py",
    args=("--workers", "2"),
    python_uris=("s3a://bucket/code/packages.zip",),
    properties=scoring_properties(2, MEMORY_MB),
)


def cluster_spec(cloud: CloudDouble, run: str = "r1") -> ClusterSpec:
    where = ("subnet", "group", "account", "log")
    return ClusterSpec(f"spark-{run}", cloud.labels(run), "3.5.7", 2, *where)


def hurried(means: Means) -> Means:
    limits = Limits(all_s=0.3, jobs_s=0.3, poll_s=0.01)
    return replace(means, clock=counted_clock(), limits=limits)


def test_a_cluster_is_made_with_the_labels_of_its_run_and_waited_for(
    cloud: CloudDouble, means: Means
):
    made = ensure_cluster(means, cluster_spec(cloud))

    assert (made.status, made.labels, made.version) == ("RUNNING", cloud.labels("r1"), "3.5.7")
    (message,) = cloud.state.of(SPARK.kind).values()
    assert message.config.resource_pools.executor.scale_policy.fixed_scale.size == 2


def test_a_task_that_starts_again_finds_the_cluster_of_its_run(cloud: CloudDouble, means: Means):
    first = ensure_cluster(means, cluster_spec(cloud))
    cloud.add(SPARK, "of-others", {})

    again = ensure_cluster(means, cluster_spec(cloud))

    assert again.id == first.id
    assert len(cloud.asked("Create")) == 1


def test_a_cluster_whose_acceptance_was_not_heard_of_is_not_made_twice(
    cloud: CloudDouble, means: Means
):
    cloud.fail(SPARK, "Create", "answer lost")

    ensure_cluster(means, cluster_spec(cloud))

    assert len(cloud.state.of(SPARK.kind)) == 1


@pytest.mark.parametrize("how", ["operation fails", "never ends", "quota"])
def test_whatever_becomes_of_a_creation_the_purge_of_the_run_leaves_nothing(
    cloud: CloudDouble, means: Means, how: How
):
    cloud.fail(SPARK, "Create", how)

    with pytest.raises(SurroundingsError, match=r"spark-r1|quota"):
        ensure_cluster(hurried(means), cluster_spec(cloud))

    # What goes on for ever can be deleted once the cloud gives it up.
    cloud.state.operations.clear()
    purge(means, made_by_runs("r1"))
    assert cloud.state.names(SPARK.kind) == set()


def test_a_job_is_submitted_once_runs_and_is_stopped(cloud: CloudDouble, means: Means):
    cluster = ensure_cluster(means, cluster_spec(cloud))
    cloud.fail("job", "Create", "answer lost")

    started = submit(means, cluster.id, JOB)
    again = submit(means, cluster.id, JOB)
    running = require_running(means, started)
    ended = stop(means, started)

    assert again.job.id == started.job.id
    assert not running.ended
    assert ended.status == "CANCELLED"
    (message,) = cloud.state.jobs[cluster.id].values()
    assert dict(message.pyspark_job.properties) == scoring_properties(2, MEMORY_MB)
    assert list(message.pyspark_job.args) == ["--workers", "2"]


@pytest.mark.parametrize("how", ["refused", "answer lost"])
def test_a_job_whose_cancellation_was_not_heard_of_is_stopped_all_the_same(
    cloud: CloudDouble, means: Means, how: How
):
    started = submit(means, cloud.add(SPARK, "spark"), JOB)
    cloud.fail("job", "Cancel", how)

    assert stop(means, started).status == "CANCELLED"


def test_a_job_that_dies_is_an_error_with_the_tail_of_its_log(cloud: CloudDouble, means: Means):
    assert isinstance(cloud.jobs, PretendedJobs)
    cloud.jobs.dies.add(JOB.name)
    cluster = cloud.add(SPARK, "spark")
    started = submit(means, cluster, JOB)

    assert started.job.status == "RUNNING"
    with pytest.raises(JobFailedError, match="ended with ERROR:\njob faust-2 is ERROR"):
        require_running(means, started)


def test_a_job_of_a_run_that_was_killed_is_not_taken_for_one_of_the_same_name(
    cloud: CloudDouble, means: Means
):
    cluster = cloud.add(SPARK, "spark")
    old = cloud.add_job(cluster, JOB.name, job_pb2.Job.Status.CANCELLED)
    cloud.fail("job", "Create", "answer lost")

    started = submit(means, cluster, JOB)

    assert started.job.id != old
    assert len(cloud.state.jobs[cluster]) == 2


def test_a_job_that_ended_before_it_was_stopped_has_failed(cloud: CloudDouble, means: Means):
    cluster = cloud.add(SPARK, "spark")
    started = submit(means, cluster, JOB)
    cloud.state.jobs[cluster][started.job.id].status = job_pb2.Job.Status.DONE

    with pytest.raises(JobFailedError, match="ended with DONE"):
        stop(means, started)


def test_a_job_that_does_not_stop_is_an_error_after_a_limited_time(
    cloud: CloudDouble, means: Means
):
    assert isinstance(cloud.jobs, PretendedJobs)
    cloud.jobs.stays.add(JOB.name)
    started = submit(means, cloud.add(SPARK, "spark"), JOB)

    with pytest.raises(SurroundingsError, match=r"not ready after 0\.3 s"):
        stop(hurried(means), started)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Faust 2"}, "the name 'Faust 2'"),
        ({"args": ("x" * 2048,)}, "2048 characters"),
        ({"properties": {"spark.x": "x" * 257}}, "spark.x has 257 characters"),
        ({"packages": ("x" * 256,)}, "256 characters"),
        ({"file_uris": ("x",) * 101}, "101 items"),
    ],
)
def test_what_the_api_would_refuse_is_not_asked_for(
    cloud: CloudDouble, means: Means, change: dict[str, object], said: str
):
    cluster = cloud.add(SPARK, "spark")

    with pytest.raises(ConfigError, match=said):
        submit(means, cluster, replace(JOB, **change))  # type: ignore[arg-type]

    assert cloud.asked("Create") == []


@pytest.mark.parametrize("refuses", [False, True], ids=["a size of 0", "stopped"])
def test_hosts_go_up_and_down_and_up_again(cloud: CloudDouble, means: Means, *, refuses: bool):
    cloud.state.refuses_no_hosts = refuses
    group = cloud.add_group("faust", hosts=1)

    counts = []
    for count in (3, 0, 2):
        set_hosts(means, group, count)
        counts.append(len(cloud.state.of(INSTANCE.kind)))

    assert counts == [3, 0, 2]
    assert cloud.state.of(GROUP.kind)[group].instance_template.platform_id == "standard-v3"


def test_hosts_that_do_not_come_are_an_error_after_a_limited_time(cloud: CloudDouble, means: Means):
    group = cloud.add_group("faust", hosts=0)
    cloud.fail(GROUP, "Update", "never ends")

    with pytest.raises(SurroundingsError, match=r"has 0 hosts and not 2 after 0\.3 s"):
        set_hosts(hurried(means), group, 2)


def test_a_resize_that_fails_is_asked_for_again(cloud: CloudDouble, means: Means):
    group = cloud.add_group("faust", hosts=0)
    cloud.fail(GROUP, "Update", "refused", times=2)

    assert set_hosts(means, group, 2).hosts == 2


def test_a_group_that_is_not_there_is_named(means: Means):
    with pytest.raises(ConfigError, match="no instance group lost"):
        set_hosts(means, "lost", 1)


def test_past_its_end_a_run_is_purged_and_a_sessions_databases_stop(
    cloud: CloudDouble, means: Means
):
    over = cloud.labels() | {means.contract.expires_label: "1000"}
    for service in (SPARK, KAFKA, POSTGRESQL, AIRFLOW):
        cloud.add(service, f"over-{service.kind}", over)
        cloud.add(service, f"current-{service.kind}")
    said: list[str] = []

    while reap(replace(means, tell=said.append), now_s=2000.0):
        pass

    assert cloud.state.names(SPARK.kind) == {"current-spark-cluster"}
    stopped = {kind for kind, _ in cloud.asked("Stop")}
    assert stopped == {KAFKA.kind, POSTGRESQL.kind}
    assert "`make cloud-down` deletes all of it" in said[-1]
    for service in (KAFKA, POSTGRESQL, AIRFLOW):
        assert f"over-{service.kind}" in said[-1]
    assert "current-" not in "".join(said)


def test_before_the_end_the_reaper_touches_nothing(cloud: CloudDouble, means: Means):
    for service in (SPARK, KAFKA):
        cloud.add(service, "current")
    cloud.add_group("faust", hosts=1)

    assert reap(means, now_s=2000.0) == ()
    assert cloud.asked("Delete") + cloud.asked("Stop") + cloud.asked("Update") == []


def test_what_the_reaper_may_not_do_is_told_and_keeps_nothing_else_from_being_done(
    cloud: CloudDouble, means: Means
):
    over = cloud.labels() | {means.contract.expires_label: "1000"}
    for service in (KAFKA, POSTGRESQL):
        cloud.add(service, f"over-{service.kind}", over)
    cloud.fail(KAFKA, "Stop", "denied")
    cloud.fail(AIRFLOW, "List", "denied")
    said: list[str] = []

    reap(replace(means, tell=said.append), now_s=2000.0)

    assert {kind for kind, _ in cloud.asked("Stop")} == {KAFKA.kind, POSTGRESQL.kind}
    assert any(line.startswith("not known: airflow-cluster") for line in said)
    assert any("over-kafka-cluster" in line and "PERMISSION_DENIED" in line for line in said)
