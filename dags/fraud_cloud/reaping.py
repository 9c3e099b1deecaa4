"""What is past its end: runs' clusters and hosts go, a session's databases stop."""

from __future__ import annotations

from collections.abc import Iterable

from fraud_cloud.errors import DeniedError, GoneError, RefusedError
from fraud_cloud.inventory import Inventory, take_inventory
from fraud_cloud.purge import Means, purge
from fraud_cloud.resource import Resource, expired
from fraud_cloud.selection import made_by_runs
from fraud_cloud.services import KAFKA, POSTGRESQL

REMEDY = "`make cloud-down` deletes all of it"
_STOPPED = (KAFKA.kind, POSTGRESQL.kind)


def reap(means: Means, now_s: float) -> tuple[Resource, ...]:
    """Purge what is past its end, stop what can be stopped, and say what still costs.

    Args:
        means: with what.
        now_s: Unix seconds.

    Returns:
        What is past its end and bills on.

    Raises:
        DeniedError: Spark clusters or instance groups may not be listed or changed.
        LeftoversError: a cluster is still there when the time is over.
    """
    purge(means, made_by_runs(before_s=now_s))
    inventory = take_inventory(means.cloud, means.contract)
    over = past_end(means, inventory, now_s)
    for one in to_stop(over):
        _stopped(means, one)
    for denied in inventory.denied:
        means.tell(f"not known: {denied.kind}: {denied.reason}")
    if over:
        names = "".join(f"\n  {one}" for one in over)
        means.tell(f"past the session's end and still billing; {REMEDY}:{names}")
    return over


def past_end(means: Means, inventory: Inventory, now_s: float) -> tuple[Resource, ...]:
    """What bills and is past its end."""
    return tuple(one for one in inventory.billing() if expired(one, means.contract, now_s))


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
