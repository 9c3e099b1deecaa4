"""The teardown takes away what bills whatever the bucket says."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.errors import DeniedError, SurroundingsError
from fraud_cloud.purge import Means
from fraud_yandex import steps
from fraud_yandex.desk import Desk
from fraud_yandex.form import COMPARISON_IN_CLOUD, asked_in_cloud
from fraud_yandex.kafka_access import KafkaAccess
from fraud_yandex.names import Names
from fraud_yandex.session import Session, SparkSite
from fraud_yandex.surroundings import Surroundings
from fraud_yandex.worker import Worker
from tests.unit.fraud_cloud.memory_cloud import MemoryCloud, thing
from tests.unit.fraud_yandex.memory_store import MemoryStore, bucket_of

RUN = "first"
SECRET = f"secrets/{RUN}/kafka.env"


@dataclass
class RefusingStore(MemoryStore):
    """One that answers 403, to all requests or to those for some keys.

    Attributes:
        refuses: what those keys begin with; every key begins with nothing.
        deletions: keys whose deletion was asked for.
    """

    refuses: str = ""
    deletions: list[str] = field(default_factory=list)

    def _look_at(self, key):
        if key.startswith(self.refuses):
            raise DeniedError(f"s3://bucket/{key} is answered with 403 Forbidden")

    def get(self, bucket, key):
        self._look_at(key)
        return super().get(bucket, key)

    def delete(self, bucket, key):
        self.deletions.append(key)
        self._look_at(key)
        super().delete(bucket, key)

    def keys(self, bucket, prefix=""):
        self._look_at(prefix)
        return super().keys(bucket, prefix)


@pytest.fixture
def cloud():
    """A run's cluster and the group's hosts."""
    return MemoryCloud().with_things(
        thing("spark-cluster", "spark"), thing("instance-group", "faust", size=2, hosts=2)
    )


@pytest.fixture
def said():
    return []


@pytest.fixture
def desk_with(cloud, said, tmp_path):
    """A desk of the run, with a bucket."""

    def make(store):
        contract = load_contract()
        session = Session(
            folder_id="folder",
            bucket="bucket",
            subnet_id="subnet",
            log_group_id="log",
            faust_group="id-faust",
            faust_workers=4,
            instance_cpu=1.0,
            instance_memory_mb=3072,
            expires_s=None,
            spark=SparkSite("3.5.7", "account", "security-group", ()),
        )
        clock = Clock(lambda: 0.0, lambda _: None)
        means = Means(cloud, contract, clock, Limits(), said.append)
        kafka = KafkaAccess("b:9091", "SASL_SSL", "SCRAM-SHA-512", "user", "secret", "")
        around = Surroundings(contract, session, means, bucket_of(store), kafka, "http://mlflow")
        asked = asked_in_cloud({name: one["default"] for name, one in COMPARISON_IN_CLOUD.items()})
        names = Names(RUN, "bucket", contract)
        return Desk(around, names, asked, 1, Worker(tmp_path), said.append)

    return make


def clean_up(desk):
    for _ in range(10):
        if steps.is_cleaned_up(desk):
            return
    raise AssertionError("something is still there")


def what_bills(cloud):
    return [one.id for one in cloud.things.values() if one.kind != "instance-group" or one.hosts]


def test_a_bucket_that_answers_403_keeps_neither_cluster_nor_host(cloud, desk_with):
    with pytest.raises(SurroundingsError, match=SECRET):
        clean_up(desk_with(RefusingStore()))
    assert what_bills(cloud) == []


def test_the_task_fails_where_the_password_is_left_and_says_what_to_do(desk_with, said):
    store = RefusingStore(refuses=SECRET)
    with pytest.raises(SurroundingsError, match=f"password is still in .*{SECRET}.*delete it"):
        clean_up(desk_with(store))
    assert any("403" in line for line in said)


def test_the_password_goes_though_the_cloud_refuses_to_list(cloud, desk_with, monkeypatch):
    def denied(service):
        raise DeniedError(f"{service.kind}: List is answered with PERMISSION_DENIED")

    store = MemoryStore({SECRET: b"password"})
    desk = desk_with(store)
    monkeypatch.setattr(cloud, "resources", denied)
    with pytest.raises(DeniedError, match="PERMISSION_DENIED"):
        steps.is_cleaned_up(desk)
    assert SECRET not in store.objects


def test_checkpoints_that_cannot_be_deleted_are_told_and_fail_nothing(cloud, desk_with, said):
    store = RefusingStore(refuses="checkpoints/")
    store.objects[SECRET] = b"password"

    clean_up(desk_with(store))

    assert what_bills(cloud) == []
    assert SECRET not in store.objects
    assert any("checkpoints" in line and "403" in line for line in said)
