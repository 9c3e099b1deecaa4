"""What the cloud's DAGs ask of the API for an engine, against its double: made, looked at, gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fraud_cloud.clock import Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError, GoneError, SurroundingsError
from fraud_cloud.faust_hosts import set_hosts
from fraud_cloud.purge import Means
from fraud_cloud.services import GROUP, INSTANCE, SPARK
from fraud_cloud.spark import JobFailedError
from fraud_yandex import steps
from fraud_yandex.desk import Desk
from fraud_yandex.engines import (
    EngineChangedError,
    FaustEngine,
    SparkEngine,
    stop_everything,
)
from fraud_yandex.form import COMPARISON_IN_CLOUD, asked_in_cloud
from fraud_yandex.kafka_access import KafkaAccess
from fraud_yandex.names import Cell, Names
from fraud_yandex.session import Session, SparkSite
from fraud_yandex.surroundings import Surroundings
from fraud_yandex.worker import Worker
from tests.cloud.conftest import counted_clock
from tests.cloud_double.double import CloudDouble
from tests.cloud_double.jobs import PretendedJobs
from tests.cloud_double.state import How
from tests.unit.fraud_yandex.memory_store import MemoryStore, bucket_of

PASSWORD = "p@ss-of-kafka"  # noqa: S105 - it opens nothing
SHA256 = "a" * 64
RUN = "r1"
FOUR_HOURS_S = 4 * 3600


@pytest.fixture
def store() -> MemoryStore:
    """The bucket, with what earlier tasks have put there."""
    sums = f"{SHA256}  artifact.tar.gz\n".encode()
    return MemoryStore({f"runs/{RUN}/artifact/SHA256SUMS": sums, "data/current": b"data/demo-1/\n"})


@pytest.fixture
def group(cloud: CloudDouble) -> str:
    """The Faust group without a host."""
    return cloud.add_group("faust", hosts=0)


@pytest.fixture
def desk_of(means: Means, store: MemoryStore, group: str, tmp_path: Path) -> Callable[..., Desk]:
    """A desk of a run that asks for so much."""

    def make(run: str = RUN, attempt: int = 1, **params: object) -> Desk:
        contract = load_contract()
        site = SparkSite("3.5.7", "account", "security-group", ("orjson==3.11.4",))
        session = Session(
            folder_id="folder",
            bucket="bucket",
            subnet_id="subnet",
            log_group_id="log",
            faust_group=group,
            faust_workers=4,
            instance_cpu=1.0,
            instance_memory_mb=3072,
            expires_s=int(time.time()) + FOUR_HOURS_S,
            spark=site,
        )
        kafka = KafkaAccess("b:9091", "SASL_SSL", "SCRAM-SHA-512", "user", PASSWORD, "code/ca.pem")
        bucket = bucket_of(store)
        around = Surroundings(contract, session, means, bucket, kafka, "http://mlflow")
        usual = {name: field["default"] for name, field in COMPARISON_IN_CLOUD.items()}
        asked = asked_in_cloud(usual | params)
        names = Names(run, "bucket", contract)
        return Desk(around, names, asked, attempt, Worker(tmp_path), lambda _: None)

    return make


@pytest.fixture
def begun(desk_of: Callable[..., Desk]) -> Desk:
    """A run whose cluster is there."""
    desk = desk_of(instances=[1, 2])
    steps.reserve(desk)
    steps.create_cluster(desk)
    wait_for_cluster(desk)
    return desk


def wait_for_cluster(desk: Desk) -> None:
    for _ in range(100):
        if steps.cluster_runs(desk):
            return
    raise AssertionError("the cluster does not run")


def clean_up(desk: Desk) -> None:
    for _ in range(100):
        if steps.is_cleaned_up(desk):
            return
    raise AssertionError("something is still there")


def hurried(desk: Desk) -> Desk:
    limits = Limits(all_s=0.3, jobs_s=0.3, poll_s=0.01)
    means = replace(desk.means, clock=counted_clock(), limits=limits)
    return replace(desk, around=replace(desk.around, means=means))


def test_the_cluster_has_executors_for_the_largest_cell_and_the_labels_of_its_run(
    cloud: CloudDouble, begun: Desk
):
    (cluster,) = cloud.state.of(SPARK.kind).values()
    assert cluster.name == f"spark-{RUN}"
    assert cluster.config.resource_pools.executor.scale_policy.fixed_scale.size == 2
    labels = dict(cluster.labels)
    assert (labels["project"], labels["run"]) == ("streamgauge", RUN)
    assert 0 < int(labels["expires"]) - time.time() <= FOUR_HOURS_S


def test_a_task_that_is_tried_again_makes_no_second_cluster(cloud: CloudDouble, begun: Desk):
    steps.create_cluster(begun)
    assert len(cloud.asked("Create")) == 1


def test_a_cluster_that_expires_before_the_run_may_be_over_is_made_anew(
    cloud: CloudDouble, begun: Desk
):
    ((old, cluster),) = cloud.state.of(SPARK.kind).items()
    cluster.labels["expires"] = str(int(time.time()) + 600)

    steps.create_cluster(begun)
    wait_for_cluster(begun)

    ((new, cluster),) = cloud.state.of(SPARK.kind).items()
    assert new != old
    assert int(cluster.labels["expires"]) - time.time() > FOUR_HOURS_S - 600


def test_a_run_of_faust_alone_makes_no_cluster(cloud: CloudDouble, desk_of: Callable[..., Desk]):
    desk = desk_of(engines=["faust"])
    steps.reserve(desk)
    steps.create_cluster(desk)
    assert steps.cluster_runs(desk)
    assert cloud.asked("Create") == []


@pytest.mark.parametrize("how", ["operation fails", "answer lost", "never ends", "quota"])
def test_whatever_becomes_of_a_creation_the_teardown_leaves_nothing(
    cloud: CloudDouble, desk_of: Callable[..., Desk], how: How
):
    desk = desk_of()
    steps.reserve(desk)
    cloud.fail(SPARK, "Create", how)
    if how == "quota":
        with pytest.raises(SurroundingsError, match="more quota"):
            steps.create_cluster(desk)
    else:
        steps.create_cluster(desk)
    # What goes on for ever can be deleted once the cloud gives it up.
    cloud.state.operations.clear()

    clean_up(desk)

    assert cloud.state.names(SPARK.kind) == set()


def test_a_creation_that_fails_is_told_and_not_waited_for(
    cloud: CloudDouble, desk_of: Callable[..., Desk]
):
    desk = desk_of()
    steps.reserve(desk)
    cloud.fail(SPARK, "Create", "operation fails")
    steps.create_cluster(desk)
    with pytest.raises(SurroundingsError, match="its status is ERROR"):
        wait_for_cluster(desk)


def test_the_teardown_takes_jobs_hosts_and_the_password_away(
    cloud: CloudDouble, begun: Desk, store: MemoryStore, group: str
):
    SparkEngine(begun, Cell("spark", 1)).start()
    FaustEngine(begun, Cell("faust", 2)).start()
    cloud.add(SPARK, "of-others", {})

    clean_up(begun)

    assert cloud.state.names(SPARK.kind) == {"of-others"}
    assert cloud.state.of(INSTANCE.kind) == {}
    assert len(cloud.asked("Cancel")) == 1
    assert f"secrets/{RUN}/kafka.env" not in store.objects


def test_a_delete_that_fails_once_is_asked_for_again(cloud: CloudDouble, begun: Desk):
    cloud.fail(SPARK, "Delete", "operation fails")
    clean_up(begun)
    assert cloud.state.names(SPARK.kind) == set()
    assert len(cloud.asked("Delete")) >= 2


def test_a_job_runs_is_looked_at_and_is_gone_after_its_cell(cloud: CloudDouble, begun: Desk):
    engine = SparkEngine(begun, Cell("spark", 2))
    engine.start()
    engine.check()
    engine.stop()
    engine.stop()
    (job,) = next(iter(cloud.state.jobs.values())).values()
    assert job.name == "spark-2-t1"
    assert job.status == job.CANCELLED
    assert len(cloud.asked("Cancel")) == 1


def test_the_password_of_kafka_is_in_one_object_and_in_no_request(
    cloud: CloudDouble, begun: Desk, store: MemoryStore
):
    SparkEngine(begun, Cell("spark", 1)).start()
    FaustEngine(begun, Cell("faust", 1)).start()
    holding = [key for key, content in store.objects.items() if PASSWORD.encode() in content]
    assert holding == [f"secrets/{RUN}/kafka.env"]
    assert cloud.state.calls
    assert not [message for _, _, message in cloud.state.calls if PASSWORD in str(message)]


def test_a_job_that_dies_fails_the_cell_with_the_tail_of_its_log(cloud: CloudDouble, begun: Desk):
    assert isinstance(cloud.jobs, PretendedJobs)
    cloud.jobs.dies.add("spark-1-t1")
    engine = SparkEngine(begun, Cell("spark", 1))
    engine.start()

    def look() -> None:
        for _ in range(3):
            engine.check()

    with pytest.raises(JobFailedError, match="job spark-1-t1 is ERROR"):
        look()


def test_a_cluster_that_is_gone_in_mid_cell_names_how_to_go_on(cloud: CloudDouble, begun: Desk):
    engine = SparkEngine(begun, Cell("spark", 1))
    engine.start()
    (identifier,) = cloud.state.of(SPARK.kind)
    cloud.state.remove(identifier)
    for ask in (engine.check, SparkEngine(begun, Cell("spark", 2)).start):
        with pytest.raises(GoneError, match=f"resume_run={RUN}"):
            ask()


def test_the_next_try_stops_what_the_killed_one_has_left(
    cloud: CloudDouble, begun: Desk, desk_of: Callable[..., Desk]
):
    SparkEngine(begun, Cell("spark", 1)).start()
    FaustEngine(begun, Cell("faust", 1)).start()
    again = desk_of(attempt=2)

    stop_everything(again)
    SparkEngine(again, Cell("spark", 1)).start()

    jobs = {job.name: job for each in cloud.state.jobs.values() for job in each.values()}
    assert jobs["spark-1-t1"].status == jobs["spark-1-t1"].CANCELLED
    assert jobs["spark-1-t2"].status != jobs["spark-1-t2"].CANCELLED
    assert cloud.state.of(INSTANCE.kind) == {}


def test_hosts_find_their_settings_before_they_start(
    cloud: CloudDouble, begun: Desk, store: MemoryStore
):
    engine = FaustEngine(begun, Cell("faust", 2))
    engine.start()
    engine.check()
    assert store.objects["runs/faust.current"] == f"runs/{RUN}/faust.env\n".encode()
    settings = store.objects[f"runs/{RUN}/faust.env"].decode()
    assert f"TOPIC_PREFIX=fraud-{RUN}-faust-2-\n" in settings
    assert f"ARTIFACT_SHA256={SHA256}\n" in settings
    assert len(cloud.state.of(INSTANCE.kind)) == 2


@pytest.mark.parametrize("refuses", [False, True], ids=["a size of 0", "stopped"])
def test_no_host_outlives_its_cell(cloud: CloudDouble, begun: Desk, group: str, *, refuses: bool):
    cloud.state.refuses_no_hosts = refuses
    engine = FaustEngine(begun, Cell("faust", 1))
    engine.start()
    engine.stop()
    assert cloud.state.of(INSTANCE.kind) == {}
    found = cloud.state.of(GROUP.kind)[group]
    assert found.status == (found.STOPPED if refuses else found.ACTIVE)


def test_a_host_that_is_lost_in_mid_cell_is_a_change(cloud: CloudDouble, begun: Desk):
    engine = FaustEngine(begun, Cell("faust", 2))
    engine.start()
    cloud.state.remove(next(iter(cloud.state.of(INSTANCE.kind))))
    with pytest.raises(EngineChangedError, match="has 1 of 2 hosts"):
        engine.check()


def test_a_killed_cell_asks_at_once_for_the_end_of_its_job(cloud: CloudDouble, begun: Desk):
    engine = SparkEngine(begun, Cell("spark", 1))
    engine.start()
    engine.abandon()
    assert len(cloud.asked("Cancel")) == 1


@pytest.mark.parametrize("refuses", [False, True], ids=["a size of 0", "stopped"])
def test_a_killed_cell_asks_at_once_for_the_end_of_its_hosts(
    cloud: CloudDouble, begun: Desk, group: str, *, refuses: bool
):
    cloud.state.refuses_no_hosts = refuses
    engine = FaustEngine(begun, Cell("faust", 1))
    engine.start()
    engine.abandon()
    assert cloud.state.of(GROUP.kind)[group].scale_policy.fixed_scale.size == int(refuses)
    assert len(cloud.asked("Stop")) == int(refuses)


def test_a_run_reads_the_set_that_was_the_newest_when_it_began(
    desk_of: Callable[..., Desk], store: MemoryStore
):
    desk = desk_of()
    steps.reserve(desk)
    store.objects["data/current"] = b"data/newer-2/\n"
    steps.reserve(desk)
    assert desk.saved().transactions == "data/demo-1/"

    later, named = desk_of(run="r2"), desk_of(run="r3", transactions="data/own/")
    for one in (later, named):
        steps.reserve(one)
    assert later.saved().transactions == "data/newer-2/"
    assert named.saved().transactions == "data/own/"


def test_a_run_without_transactions_does_not_begin(
    desk_of: Callable[..., Desk], store: MemoryStore
):
    del store.objects["data/current"]
    with pytest.raises(ConfigError, match=r"no data/current.*cloud-upload"):
        steps.reserve(desk_of())


def test_an_unknown_run_cannot_be_gone_on_with(begun: Desk, desk_of: Callable[..., Desk]):
    begun.bucket.put(begun.names.plan, b"{}")
    with pytest.raises(ConfigError, match=r"resume_run=r2: .* it has r1"):
        steps.reserve(desk_of(run="r2", resume_run="r2"))


def test_a_run_that_is_gone_on_with_keeps_its_own_form(begun: Desk, desk_of: Callable[..., Desk]):
    begun.bucket.put(begun.names.plan, b"{}")
    again = desk_of(resume_run=RUN, instances=[7])
    steps.reserve(again)
    assert again.saved().instances == (1, 2)


def test_hosts_that_do_not_come_are_told_of(cloud: CloudDouble, begun: Desk, group: str):
    cloud.fail(GROUP, "Update", "never ends")
    with pytest.raises(SurroundingsError, match="has 0 hosts and not 1"):
        FaustEngine(hurried(begun), Cell("faust", 1)).start()
    cloud.state.operations.clear()
    set_hosts(begun.means, group, 0)
