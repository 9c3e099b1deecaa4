"""Purge by label against the double, with every failure that it knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from yandex.cloud.spark.v1 import job_pb2

from fraud_cloud.clock import Limits
from fraud_cloud.errors import DeniedError, LeftoversError
from fraud_cloud.purge import Means, purge
from fraud_cloud.selection import everything_of_sessions, made_by_runs
from fraud_cloud.services import (
    BUCKET,
    GROUP,
    INSTANCE,
    KAFKA,
    NETWORK,
    SERVICES,
    SPARK,
    SUBNET,
)
from tests.cloud.conftest import counted_clock
from tests.cloud_double.double import CloudDouble
from tests.cloud_double.jobs import PretendedJobs
from tests.cloud_double.state import How

Status = job_pb2.Job.Status


def test_clusters_of_the_run_go_and_the_others_stay(cloud: CloudDouble, means: Means):
    for number in range(3):
        cloud.add(SPARK, f"mine-{number}", cloud.labels("mine"))
    cloud.add(SPARK, "of-another-run", cloud.labels("other"))
    cloud.add(SPARK, "without-labels", {})
    cloud.add(SPARK, "stays", cloud.standing())

    count = purge(means, made_by_runs("mine"))

    assert count == 3
    assert cloud.state.names(SPARK.kind) == {"of-another-run", "without-labels", "stays"}


def test_jobs_are_cancelled_and_have_ended_before_their_cluster_is_deleted(
    cloud: CloudDouble, means: Means
):
    cluster = cloud.add(SPARK, "spark")
    running = cloud.add_job(cluster, "running", Status.RUNNING)
    pending = cloud.add_job(cluster, "pending", Status.PENDING)
    cloud.add_job(cluster, "done", Status.DONE)

    purge(means, made_by_runs())

    cancelled = [request.job_id for _, request in cloud.asked("Cancel")]
    assert sorted(cancelled) == sorted([running, pending])
    methods = [method for _, method, _ in cloud.state.calls if method in ("Cancel", "Delete")]
    assert methods == ["Cancel", "Cancel", "Delete"]
    assert cloud.state.names(SPARK.kind) == set()


def test_a_job_that_does_not_end_keeps_its_cluster_for_a_limited_time_only(
    cloud: CloudDouble, means: Means
):
    assert isinstance(cloud.jobs, PretendedJobs)
    cloud.jobs.stays.add("stubborn")
    cloud.add_job(cloud.add(SPARK, "spark"), "stubborn", Status.RUNNING)
    hurried = replace(means, limits=Limits(all_s=60.0, jobs_s=0.2, poll_s=0.01))

    purge(hurried, made_by_runs())

    assert cloud.state.names(SPARK.kind) == set()


@pytest.mark.parametrize("how", ["operation fails", "answer lost", "refused", "quota"])
def test_a_deletion_that_fails_twice_is_tried_until_the_cluster_is_gone(
    cloud: CloudDouble, means: Means, how: How
):
    cloud.add(SPARK, "spark")
    cloud.fail(SPARK, "Delete", how, times=2)

    purge(means, made_by_runs())

    assert cloud.state.names(SPARK.kind) == set()


def test_a_cluster_whose_creation_failed_after_its_acceptance_is_deleted(
    cloud: CloudDouble, means: Means
):
    cloud.add(SPARK, "half-made", status=4)

    purge(means, made_by_runs())

    assert cloud.state.names(SPARK.kind) == set()


def test_what_is_not_gone_in_time_is_named_with_the_clouds_reason(cloud: CloudDouble, means: Means):
    cloud.add(SPARK, "stuck")
    cloud.fail(SPARK, "Delete", "operation fails", times=10**6)
    limits = Limits(all_s=0.3, jobs_s=0.1, poll_s=0.01)
    hurried = replace(means, clock=counted_clock(), limits=limits)

    with pytest.raises(LeftoversError, match=r"spark-cluster stuck \(\w+\): .*internal error"):
        purge(hurried, made_by_runs())


def test_a_deletion_that_never_ends_is_asked_for_once(cloud: CloudDouble, means: Means):
    cloud.add(SPARK, "stuck")
    cloud.fail(SPARK, "Delete", "never ends")
    limits = Limits(all_s=0.3, jobs_s=0.1, poll_s=0.01)
    hurried = replace(means, clock=counted_clock(), limits=limits)

    with pytest.raises(LeftoversError, match="stuck"):
        purge(hurried, made_by_runs())

    assert len(cloud.asked("Delete")) == 1


def test_a_service_that_may_not_be_listed_ends_the_purge(cloud: CloudDouble, means: Means):
    cloud.fail(SPARK, "List", "denied")

    with pytest.raises(DeniedError, match="PERMISSION_DENIED"):
        purge(means, made_by_runs())


@pytest.mark.parametrize("refuses", [False, True], ids=["a size of 0", "stopped"])
def test_the_faust_group_is_emptied_and_stays_for_terraform(
    cloud: CloudDouble, means: Means, *, refuses: bool
):
    cloud.state.refuses_no_hosts = refuses
    group = cloud.add_group("faust", hosts=3)

    purge(means, made_by_runs())

    left = cloud.state.of(GROUP.kind)[group]
    assert cloud.state.names(INSTANCE.kind) == set()
    assert left.scale_policy.fixed_scale.size == (3 if refuses else 0)
    assert left.instance_template.platform_id == "standard-v3"
    assert len(cloud.asked("Stop")) == refuses


def test_the_group_that_worked_for_a_run_is_emptied_though_its_label_names_the_session(
    cloud: CloudDouble, means: Means
):
    worked = cloud.add_group("faust", hosts=1)
    cloud.add_group("of-another-session", hosts=1)

    purge(means, made_by_runs("a-run", group_id=worked))

    assert cloud.state.names(INSTANCE.kind) == {"of-another-session-host-0"}


def test_only_what_is_past_its_end_goes_when_a_time_is_given(cloud: CloudDouble, means: Means):
    label = means.contract.expires_label
    cloud.add(SPARK, "over", cloud.labels() | {label: "1000"})
    cloud.add(SPARK, "not-over", cloud.labels() | {label: "3000"})
    cloud.add(SPARK, "without-end", cloud.labels() | {label: "tomorrow"})

    purge(means, made_by_runs(before_s=2000.0))

    assert cloud.state.names(SPARK.kind) == {"not-over", "without-end"}


def test_everything_of_sessions_goes_but_buckets_what_stays_and_what_is_of_others(
    cloud: CloudDouble, means: Means
):
    for service in SERVICES:
        cloud.add(service, f"{service.kind}-of-a-session")
        cloud.add(service, f"{service.kind}-stays", cloud.standing())
        cloud.add(service, f"{service.kind}-of-others", {})

    purge(means, everything_of_sessions())

    left = {name for name in cloud.state.names() if name.endswith("-of-a-session")}
    assert left == {"bucket-of-a-session"}
    assert len(cloud.state.names()) == 2 * len(SERVICES) + 1


def test_what_is_still_used_goes_once_its_user_is_gone(cloud: CloudDouble, means: Means):
    network = cloud.add(NETWORK, "network")
    cloud.add(SUBNET, "subnet", network_id=network)

    purge(means, replace(everything_of_sessions(), kinds=(NETWORK, SUBNET)))

    assert cloud.state.names() == set()


def test_an_empty_folder_needs_nothing_to_be_done(cloud: CloudDouble, means: Means):
    cloud.add(KAFKA, "kafka")
    cloud.add(BUCKET, "bucket")

    assert purge(means, made_by_runs()) == 0
    assert cloud.asked("Delete") == []
