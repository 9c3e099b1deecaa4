from __future__ import annotations

from collections.abc import Iterable

import pytest

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.errors import DeniedError
from fraud_cloud.purge import Means
from fraud_cloud.reaping import reap
from fraud_cloud.resource import Resource
from fraud_cloud.services import KAFKA, POSTGRESQL, SPARK, Service
from tests.unit.fraud_cloud.memory_cloud import LABELS, MemoryCloud, thing

NOW_S = 2000.0
OVER = LABELS | {load_contract().expires_label: "1000"}
DATABASES = ["id-kafka", "id-postgresql"]


class SilentAboutSpark(MemoryCloud):
    """A cloud that does not let us list Spark clusters."""

    def resources(self, service: Service) -> Iterable[Resource]:
        if service is SPARK:
            raise DeniedError("spark-cluster: List is answered with PERMISSION_DENIED")
        return super().resources(service)


def past_its_end(cloud: MemoryCloud) -> MemoryCloud:
    return cloud.with_things(
        thing(SPARK.kind, "spark", labels=OVER),
        thing(KAFKA.kind, "kafka", labels=OVER),
        thing(POSTGRESQL.kind, "postgresql", labels=OVER),
        thing(KAFKA.kind, "current"),
    )


def means(cloud: MemoryCloud) -> Means:
    clock = Clock(lambda: 0.0, lambda _: None)
    return Means(cloud, load_contract(), clock, Limits(), lambda _: None)


def test_databases_stop_while_a_cluster_is_being_deleted():
    cloud = past_its_end(MemoryCloud(waits={"id-spark": 100}))
    assert [one.id for one in reap(means(cloud), NOW_S)] == ["id-spark"]
    assert cloud.stops == DATABASES


def test_databases_stop_though_clusters_may_not_be_listed():
    cloud = past_its_end(SilentAboutSpark())
    with pytest.raises(DeniedError, match="PERMISSION_DENIED"):
        reap(means(cloud), NOW_S)
    assert cloud.stops == DATABASES


def test_what_is_stopped_is_not_asked_to_stop_again():
    cloud = past_its_end(MemoryCloud())
    while reap(means(cloud), NOW_S):
        pass
    reap(means(cloud), NOW_S)
    assert cloud.deletions == ["id-spark"]
    assert cloud.stops == DATABASES
