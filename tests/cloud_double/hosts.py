"""What becomes of the hosts of an instance group: here they only pretend."""

from __future__ import annotations

from typing import Any, Literal, Protocol

Phase = Literal["starting", "running", "stopping", "gone"]


class Hosts(Protocol):
    """Who runs hosts."""

    def made(self, host: Any) -> None:
        """A host is wanted: start it."""

    def ended(self, host: Any) -> None:
        """It is wanted no longer: stop what runs there."""

    def phase(self, host: Any) -> Phase:
        """How far it has come."""


class PretendedHosts:
    """Hosts that run at once and are gone at once."""

    def __init__(self) -> None:
        self._there: set[str] = set()

    def made(self, host: Any) -> None:
        self._there.add(host.id)

    def ended(self, host: Any) -> None:
        self._there.discard(host.id)

    def phase(self, host: Any) -> Phase:
        return "running" if host.id in self._there else "gone"
