"""The double refuses what the API's descriptors refuse, and fails as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yandexcloud
from yandex.cloud.operation import operation_service_pb2, operation_service_pb2_grpc
from yandex.cloud.spark.v1 import (
    cluster_service_pb2,
    cluster_service_pb2_grpc,
    job_pb2,
    job_service_pb2,
    job_service_pb2_grpc,
)

from fraud_cloud.sdk import connect
from fraud_cloud.services import GROUP, SPARK
from tests.cloud_double.double import FOLDER, CloudDouble, cloud_double
from tests.cloud_double.hosts import Phase
from tests.cloud_double.jobs import PretendedJobs
from tests.cloud_double.limits import fits, problems_of
from tests.cloud_double.state import How


@pytest.fixture
def sdk(cloud: CloudDouble) -> yandexcloud.SDK:
    return yandexcloud.SDK(
        iam_token=cloud.environment["YC_TOKEN"], endpoint=cloud.environment["YC_ENDPOINT"]
    )


def cluster_request(**fields: Any) -> Any:
    request = cluster_service_pb2.CreateClusterRequest(
        folder_id=FOLDER, name="spark", service_account_id="account", **fields
    )
    request.config.spark_version = "3.5.7"
    request.config.resource_pools.driver.resource_preset_id = "c2-m8"
    request.config.resource_pools.driver.scale_policy.fixed_scale.size = 1
    request.config.resource_pools.executor.resource_preset_id = "c2-m8"
    request.config.resource_pools.executor.scale_policy.fixed_scale.size = 2
    request.network.subnet_ids.append("subnet")
    return request


def job_request(cluster: str, **fields: Any) -> Any:
    job = job_pb2.PysparkJob(main_python_file_uri="s3a://bucket/code/main.py", **fields)
    return job_service_pb2.CreateJobRequest(cluster_id=cluster, name="job", pyspark_job=job)


def code_of(failure: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    return failure.value.code()


@pytest.mark.parametrize(
    ("rule", "fitting", "other"),
    [("<=256", 256, 257), ("<256", 255, 256), ("1-63", 63, 64), ("36", 36, 35), (">0", 1, 0)],
)
def test_a_rule_of_the_descriptors_is_kept_to_its_bound(rule: str, fitting: int, other: int):
    assert fits(fitting, rule)
    assert not fits(other, rule)


def test_a_cluster_is_made_in_the_time_that_its_operation_takes(
    cloud: CloudDouble, sdk: yandexcloud.SDK
):
    clusters = sdk.client(cluster_service_pb2_grpc.ClusterServiceStub)
    operations = sdk.client(operation_service_pb2_grpc.OperationServiceStub)
    asked = operation_service_pb2.GetOperationRequest
    operation = clusters.Create(cluster_request(labels=cloud.labels()))

    first, second = (operations.Get(asked(operation_id=operation.id)).done for _ in range(2))

    assert (first, second) == (False, True)
    (cluster,) = cloud.state.of(SPARK.kind).values()
    assert cluster.status == cluster.Status.RUNNING
    assert dict(cluster.labels) == cloud.labels()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Spark"}, "name is 'Spark'"),
        ({"name": ""}, "name is required"),
        ({"labels": {"Run": "x"}}, "the key is 'Run'"),
        ({"labels": {"run": "x" * 64}}, "64 characters"),
        ({"description": "x" * 257}, "257 characters"),
    ],
)
def test_a_cluster_that_breaks_a_limit_is_refused(
    cloud: CloudDouble, sdk: yandexcloud.SDK, change: dict[str, Any], said: str
):
    request = cluster_request()
    for name, value in change.items():
        if isinstance(value, dict):
            getattr(request, name).update(value)
        else:
            setattr(request, name, value)

    with pytest.raises(grpc.RpcError) as failure:
        sdk.client(cluster_service_pb2_grpc.ClusterServiceStub).Create(request)

    assert code_of(failure) is grpc.StatusCode.INVALID_ARGUMENT
    assert said in failure.value.details()
    assert cloud.state.names(SPARK.kind) == set()


@pytest.mark.parametrize(
    "field",
    [
        {"properties": {"spark.x": "x" * 257}},
        {"args": ["x" * 2048]},
        {"packages": ["x" * 256]},
        {"args": ["x"] * 101},
    ],
    ids=["property", "argument", "package", "arguments"],
)
def test_a_job_that_breaks_a_limit_is_refused(field: dict[str, Any]):
    assert list(problems_of(job_request("cluster"))) == []
    assert len(list(problems_of(job_request("cluster", **field)))) == 1


@pytest.mark.parametrize(
    ("how", "code", "there"),
    [
        ("quota", grpc.StatusCode.RESOURCE_EXHAUSTED, False),
        ("denied", grpc.StatusCode.PERMISSION_DENIED, False),
        ("answer lost", grpc.StatusCode.UNAVAILABLE, True),
    ],
)
def test_a_failure_before_the_acceptance_leaves_nothing_and_one_after_it_does(
    cloud: CloudDouble, sdk: yandexcloud.SDK, how: How, code: grpc.StatusCode, *, there: bool
):
    cloud.fail(SPARK, "Create", how)

    with pytest.raises(grpc.RpcError) as failure:
        sdk.client(cluster_service_pb2_grpc.ClusterServiceStub).Create(cluster_request())

    assert code_of(failure) is code
    assert (cloud.state.names(SPARK.kind) == {"spark"}) is there


def test_a_creation_that_fails_after_its_acceptance_leaves_a_broken_cluster(
    cloud: CloudDouble, sdk: yandexcloud.SDK
):
    cloud.fail(SPARK, "Create", "operation fails")
    clusters = sdk.client(cluster_service_pb2_grpc.ClusterServiceStub)
    operation = clusters.Create(cluster_request())
    operations = sdk.client(operation_service_pb2_grpc.OperationServiceStub)
    asked = operation_service_pb2.GetOperationRequest(operation_id=operation.id)
    operations.Get(asked)

    assert "internal error" in operations.Get(asked).error.message
    (cluster,) = cloud.state.of(SPARK.kind).values()
    assert cluster.status == cluster.Status.ERROR


def test_a_job_runs_and_one_that_is_told_to_dies(cloud: CloudDouble, sdk: yandexcloud.SDK):
    assert isinstance(cloud.jobs, PretendedJobs)
    cloud.jobs.dies.add("job")
    cluster = cloud.add(SPARK, "spark")
    jobs = sdk.client(job_service_pb2_grpc.JobServiceStub)
    jobs.Create(job_request(cluster))
    listed = job_service_pb2.ListJobsRequest(cluster_id=cluster)

    seen = [jobs.List(listed).jobs[0].status for _ in range(3)]

    status = job_pb2.Job.Status
    assert seen[-1] == status.ERROR
    assert status.RUNNING in seen
    log = jobs.ListLog(
        job_service_pb2.ListJobLogRequest(cluster_id=cluster, job_id=jobs.List(listed).jobs[0].id)
    )
    assert "is ERROR" in log.content


class SlowHosts:
    """Hosts that come and go when the test says so."""

    def __init__(self) -> None:
        self.phases: dict[str, Phase] = {}

    def made(self, host: Any) -> None:
        self.phases[host.id] = "starting"

    def ended(self, host: Any) -> None:
        self.phases[host.id] = "stopping"

    def phase(self, host: Any) -> Phase:
        return self.phases[host.id]

    def all_become(self, phase: Phase) -> None:
        self.phases = dict.fromkeys(self.phases, phase)


Slow = tuple[CloudDouble, SlowHosts]


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    hosts = SlowHosts()
    with cloud_double(tmp_path, hosts=hosts) as cloud:
        variable = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"
        monkeypatch.setenv(variable, cloud.environment[variable])
        yield cloud, hosts


def test_hosts_that_are_not_well_in_time_fail_their_operation_and_the_group_is_free(
    slow: Slow,
):
    cloud, hosts = slow
    cloud.state.settles_within_s = 0.0
    folder = connect(cloud.environment)
    cloud.add_group("faust", 0)
    (group,) = folder.resources(GROUP)

    operation = folder.resize(group, 1)
    seen = [folder.operation(operation).state for _ in range(2)]

    assert seen == ["running", "failed"]
    cloud.state.settles_within_s = 60.0
    again = folder.resize(group, 0)
    assert [folder.operation(again).state for _ in range(2)] == ["running", "running"]
    hosts.all_become("gone")
    assert folder.operation(again).state == "done"


def test_a_group_is_resized_once_its_hosts_have_come_or_gone(slow: Slow):
    cloud, hosts = slow
    folder = connect(cloud.environment)
    identifier = cloud.add_group("faust", 0)

    def resized(size: int) -> tuple[str, int]:
        (group,) = folder.resources(GROUP)
        operation = folder.resize(group, size)
        states = [folder.operation(operation).state for _ in range(3)]
        assert set(states) == {"running"}
        (group,) = folder.resources(GROUP)
        return operation, group.hosts

    operation, hosts_there = resized(2)
    assert hosts_there == 2, "one that starts bills too"
    hosts.all_become("running")
    assert folder.operation(operation).state == "done"

    operation, hosts_there = resized(0)
    assert hosts_there == 2, "one that stops is not gone"
    hosts.all_become("gone")
    assert folder.operation(operation).state == "done"
    (group,) = folder.resources(GROUP)
    assert (group.id, group.hosts) == (identifier, 0)


def test_a_long_log_is_told_in_pages(cloud: CloudDouble, monkeypatch: pytest.MonkeyPatch):
    cluster = cloud.add(SPARK, "spark")
    job = cloud.add_job(cluster, "job", job_pb2.Job.Status.RUNNING)
    text = "".join(f"line {number}\n" for number in range(50_000))
    monkeypatch.setattr(cloud.jobs, "log", lambda _: text)

    assert connect(cloud.environment).job_log(cluster, job) == text
