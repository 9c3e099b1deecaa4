"""Leftovers of every kind, what stays and what is of others, and what must be left of it."""

from __future__ import annotations

from fraud_cloud.services import (
    AIRFLOW,
    BUCKET,
    GATEWAY,
    INSTANCE,
    KAFKA,
    NETWORK,
    POSTGRESQL,
    SECRET,
    SERVICES,
    SPARK,
    SUBNET,
)
from tests.cloud_double.double import CloudDouble

SESSION = (KAFKA, POSTGRESQL, AIRFLOW, INSTANCE, GATEWAY, SUBNET, SECRET)
CLUSTER_OF_A_RUN = "of-a-run"
STANDING_BUCKET, OTHERS_BUCKET = "standing-bucket", "others-bucket"
_OBJECTS = 5


def fill(cloud: CloudDouble, *, hosts: int = 2) -> None:
    """A session that is up, what stays, leftovers of every kind, and others'.

    Args:
        cloud: gets all of it.
        hosts: of the session's Faust group.
    """
    for service in SESSION:
        cloud.add(service, f"session-{service.kind}", root="session")
    cloud.add_group("session-faust", hosts=hosts, root="session")
    for service in SERVICES:
        if service is not BUCKET:
            cloud.add(service, f"lost-{service.kind}", cloud.labels("older"))
        cloud.add(service, f"others-{service.kind}", {})
    for service in (BUCKET, NETWORK, SECRET):
        cloud.add(service, f"standing-{service.kind}", cloud.standing(), root="persistent")
    for bucket in (STANDING_BUCKET, OTHERS_BUCKET):
        cloud.state.objects[bucket] = {f"runs/{number}": b"x" for number in range(_OBJECTS)}


def plant_failures(cloud: CloudDouble) -> None:
    """What a cloud does once: Terraform fails, a deletion fails, an answer is lost."""
    cloud.terraform.fails["destroy"] = 1
    cloud.fail(SPARK, "Delete", "operation fails")
    cloud.fail(KAFKA, "Delete", "answer lost")


def left(cloud: CloudDouble, start: str) -> set[str]:
    """Names that begin so."""
    return {name for name in cloud.state.names() if name.startswith(start)}


def of_sessions(cloud: CloudDouble) -> set[str]:
    """Whatever must be gone."""
    starts = ("session-", "lost-", CLUSTER_OF_A_RUN)
    return set().union(*(left(cloud, start) for start in starts))


def require_others_untouched(cloud: CloudDouble) -> None:
    """Each of theirs is there, a cluster without our label too, and their bucket is full."""
    assert len(left(cloud, "others-")) == len(SERVICES)
    assert len(cloud.state.objects[OTHERS_BUCKET]) == _OBJECTS


def require_standing_untouched(cloud: CloudDouble) -> None:
    """What outlives sessions is there, with what it holds."""
    assert left(cloud, "standing-") == {STANDING_BUCKET, "standing-network", "standing-secret"}
    assert len(cloud.state.objects[STANDING_BUCKET]) == _OBJECTS


def require_standing_gone(cloud: CloudDouble) -> None:
    """It is not, and its bucket was emptied before."""
    assert left(cloud, "standing-") == set()
    assert len(cloud.state.objects[STANDING_BUCKET]) == 0
