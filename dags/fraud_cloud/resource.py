"""Things in the cloud as values, and whose they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fraud_cloud.contract import Contract

Owner = Literal["session", "standing", "foreign"]


@dataclass(frozen=True)
class Resource:
    """One thing that a list of the API holds.

    Attributes:
        kind: as in `services.py`.
        id: the API's name for it; a bucket's is its name.
        name: the name that people gave.
        labels: its labels, or a bucket's tags.
        status: as the API says it; empty where a kind has none.
        health: the same.
        version: of the software that runs there; empty where the API says none.
        bills: whether it costs money while it exists.
        size: hosts that an instance group should have; None for everything else.
        hosts: hosts that it has.
        parents: ids of what it belongs to: the hosts of a disk.
    """

    kind: str
    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    health: str = ""
    version: str = ""
    bills: bool = False
    size: int | None = None
    hosts: int = 0
    parents: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Kind, name and id, as in messages."""
        return f"{self.kind} {self.name or '(no name)'} ({self.id})"


@dataclass(frozen=True)
class Job:
    """One job of a Spark cluster.

    Attributes:
        id: the API's name for it.
        name: the name that its creator gave.
        status: as the API says it.
    """

    id: str
    name: str
    status: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ("ERROR", "DONE", "CANCELLED")


def owner_of(resource: Resource, contract: Contract) -> Owner:
    """Whose it is, by its labels: a session's, what outlives sessions, or somebody else's."""
    if resource.labels.get(contract.project_label) != contract.project:
        return "foreign"
    run = resource.labels.get(contract.run_label)
    return "standing" if run == contract.standing_run else "session"


def end_s(labels: Mapping[str, str], contract: Contract) -> float:
    """When something expires, Unix seconds; infinite where its label is no number."""
    end = labels.get(contract.expires_label, "")
    return int(end) if end.isascii() and end.isdigit() else math.inf


def expired(resource: Resource, contract: Contract, now_s: float) -> bool:
    """Whether it is ours and its end is over.

    A label that is no number is no end: it is never deleted for it.

    Args:
        resource: what is asked about.
        contract: names of the labels.
        now_s: Unix seconds.
    """
    if owner_of(resource, contract) == "foreign":
        return False
    return end_s(resource.labels, contract) < now_s
