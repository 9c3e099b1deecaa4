"""What is past its end: runs' clusters and hosts go, a session's databases stop."""

from __future__ import annotations

from collections.abc import Iterable

from fraud_cloud.contract import Contract
from fraud_cloud.errors import DeniedError, GoneError, RefusedError
from fraud_cloud.inventory import Inventory, take_inventory
from fraud_cloud.purge import Means, take_away
from fraud_cloud.resource import Resource, expired
from fraud_cloud.selection import made_by_runs
from fraud_cloud.services import KAFKA, POSTGRESQL, SERVICES, SPARK

REMEDY = "`make cloud-down` deletes all of it"
_STOPPED = (KAFKA.kind, POSTGRESQL.kind)


def reap(means: Means, now_s: float) -> tuple[Resource, ...]:
    """Take the next step with runs past their end, stop databases, and say what still costs.

    A cluster that takes its time, or may not be listed, keeps no database running.

    Args:
        means: with what.
        now_s: Unix seconds.

    Returns:
        Clusters and groups of runs that are not gone yet: call it again.

    Raises:
        DeniedError: Spark clusters or instance groups may not be listed or changed.
    """
    try:
        return take_away(means, made_by_runs(before_s=now_s))
    finally:
        _stop_databases(means, now_s)


def _stop_databases(means: Means, now_s: float) -> None:
    # A run's clusters are on their way out, and no reason to delete a session.
    services = [one for one in SERVICES if one is not SPARK]
    inventory = take_inventory(means.cloud, means.contract, services)
    over = past_end(inventory, means.contract, now_s)
    for one in to_stop(over):
        _stopped(means, one)
    for denied in inventory.denied:
        means.tell(f"not known: {denied.kind}: {denied.reason}")
    if over:
        names = "".join(f"\n  {one}: {one.status}" for one in over)
        means.tell(f"past the session's end and still billing; {REMEDY}:{names}")


def past_end(inventory: Inventory, contract: Contract, now_s: float) -> tuple[Resource, ...]:
    """What bills and is past its end."""
    return tuple(one for one in inventory.billing() if expired(one, contract, now_s))


def to_stop(over: Iterable[Resource]) -> tuple[Resource, ...]:
    """What costs less when it is stopped: its disk bills on, its data stays."""
    return tuple(one for one in over if one.kind in _STOPPED and one.status == "RUNNING")


def _stopped(means: Means, resource: Resource) -> None:
    try:
        means.tell(f"{resource}: stopping")
        means.cloud.stop(resource)
    except (DeniedError, GoneError, RefusedError) as error:
        # The next round tries again; what else is past its end is not kept from being stopped.
        means.tell(f"{resource}: {error}")
