"""What is in the folder, and what of it is ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fraud_cloud.cloud import Cloud
from fraud_cloud.contract import Contract
from fraud_cloud.errors import DeniedError
from fraud_cloud.resource import Resource, owner_of
from fraud_cloud.services import SERVICES, Service


@dataclass(frozen=True)
class Denied:
    """A service that could not be listed: what is there is not known.

    Attributes:
        kind: what it would have listed.
        reason: what the cloud says.
    """

    kind: str
    reason: str


@dataclass(frozen=True)
class Inventory:
    """Everything of a folder, by whose it is.

    Attributes:
        session: ours, and to be deleted.
        standing: ours, and meant to outlive sessions.
        foreign: of others; never touched.
        denied: kinds that could not be listed.
    """

    session: tuple[Resource, ...]
    standing: tuple[Resource, ...]
    foreign: tuple[Resource, ...]
    denied: tuple[Denied, ...] = ()

    def billing(self, *, with_standing: bool = False) -> tuple[Resource, ...]:
        """What of ours costs money.

        Args:
            with_standing: count what outlives sessions too.
        """
        ours = self.session + (self.standing if with_standing else ())
        return tuple(one for one in ours if one.bills)


def take_inventory(
    cloud: Cloud, contract: Contract, services: Sequence[Service] = SERVICES
) -> Inventory:
    """List every service; one that we may not list is named and never called empty.

    Args:
        cloud: the folder.
        contract: names of the labels.
        services: what is listed.
    """
    found: list[Resource] = []
    denied: list[Denied] = []
    for service in services:
        try:
            found.extend(cloud.resources(service))
        except DeniedError as error:
            denied.append(Denied(service.kind, str(error)))
    return sorted_out(found, denied, contract)


def sorted_out(
    found: Iterable[Resource], denied: Iterable[Denied], contract: Contract
) -> Inventory:
    """Divide what was found by owner.

    A disk that a host made for itself has no labels: it belongs to whom the host belongs.
    """
    everything = tuple(found)
    owners = {one.id: owner_of(one, contract) for one in everything}
    by_owner: dict[str, list[Resource]] = {"session": [], "standing": [], "foreign": []}
    for one in everything:
        inherited = [owners[parent] for parent in one.parents if parent in owners]
        owner = owners[one.id]
        if owner == "foreign" and inherited:
            owner = inherited[0]
        by_owner[owner].append(one)
    return Inventory(
        session=tuple(by_owner["session"]),
        standing=tuple(by_owner["standing"]),
        foreign=tuple(by_owner["foreign"]),
        denied=tuple(denied),
    )
