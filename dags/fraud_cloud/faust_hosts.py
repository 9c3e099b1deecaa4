"""Hosts of the Faust instance group by count."""

from __future__ import annotations

from fraud_cloud.errors import ConfigError, RefusedError, SurroundingsError
from fraud_cloud.purge import Means, empty
from fraud_cloud.resource import Resource
from fraud_cloud.services import GROUP


def set_hosts(means: Means, group_id: str, count: int) -> Resource:
    """Give the group so many running hosts and wait for them.

    A size of 0 that the API refuses becomes a stopped group, and a stopped one is started again.

    Args:
        means: with what.
        group_id: the group.
        count: hosts.

    Returns:
        The group as it is then.

    Raises:
        ConfigError: there is no such group.
        SurroundingsError: it has not so many hosts in time.
    """
    start_s = means.clock.now_s()
    asked = ""
    while True:
        group = _group(means, group_id)
        if is_so(group, count):
            return group
        if means.clock.now_s() - start_s > means.limits.all_s:
            raise SurroundingsError(
                f"{group} has {group.hosts} hosts and not {count} after {means.limits.all_s:g} s"
            )
        if not asked or means.cloud.operation(asked).state != "running":
            asked = _ask(means, group, count) or asked
        means.clock.pause(means.limits.poll_s)


def is_so(group: Resource, count: int) -> bool:
    """Whether a group has as many hosts as it should."""
    if count == 0:
        return group.hosts == 0 and (group.size == 0 or group.status == "STOPPED")
    return group.size == count and group.hosts == count and group.status == "ACTIVE"


def _ask(means: Means, group: Resource, count: int) -> str:
    try:
        if count > 0 and group.status == "STOPPED":
            return means.cloud.start(group)
        if group.size != count:
            means.tell(f"{group}: {group.size} hosts to {count}")
            return means.cloud.resize(group, count) if count > 0 else empty(means, group)
    except RefusedError as error:
        if error.final:
            raise ConfigError(str(error)) from error
        means.tell(f"{group}: {error}; trying again")
    return ""


def _group(means: Means, group_id: str) -> Resource:
    for one in means.cloud.resources(GROUP):
        if one.id == group_id:
            return one
    raise ConfigError(f"there is no instance group {group_id}: is the session up?")
