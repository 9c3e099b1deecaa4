"""What the double holds: things, jobs, operations under way, and failures to come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

import grpc

from fraud_cloud.services import BUCKET, GROUP, INSTANCE, SERVICE_OF_KIND, Service

How = Literal["denied", "refused", "quota", "answer lost", "operation fails", "never ends"]

CODES = {
    "denied": grpc.StatusCode.PERMISSION_DENIED,
    "refused": grpc.StatusCode.FAILED_PRECONDITION,
    "quota": grpc.StatusCode.RESOURCE_EXHAUSTED,
}


@dataclass
class Fault:
    """A failure to come.

    Attributes:
        kind: of the thing, as in `services.py`, or "job".
        method: of the API's service.
        how: what happens; "answer lost" does what was asked and does not say so.
        times: how often.
        code: of an answer that is lost or refused, where it is not the usual one.
    """

    kind: str
    method: str
    how: How
    times: int = 1
    code: grpc.StatusCode | None = None


@dataclass
class Doing:
    """An operation under way.

    Attributes:
        about: id of the thing.
        kind: of the thing.
        looks: so many looks at it are needed until it ends; each shows it running.
        effect: what it does once that is over; None for one that fails.
        settled: whether what that began is over too.
        began_s: when it began, monotonic seconds; None while it has not.
        error: what it says when it fails.
        done: whether it has ended.
    """

    about: str
    kind: str
    looks: int
    effect: Callable[[], None] | None
    settled: Callable[[], bool] = lambda: True
    began_s: float | None = None
    error: str = ""
    done: bool = False


@dataclass
class State:
    """Everything in the cloud.

    Attributes:
        page: most items of one page of a list.
        looks: so many looks at an operation show it running.
        refuses_no_hosts: whether an instance group may not have a size of 0.
        settles_within_s: an operation whose hosts are not well by then has failed.
        things: messages by kind and id.
        jobs: messages by cluster and id.
        declared: ids of what Terraform's roots declare, by root.
        calls: every request, as (kind, method, message).
        objects: content by bucket and key.
        lock: held while anything is read or changed.
    """

    page: int = 2
    looks: int = 1
    refuses_no_hosts: bool = False
    settles_within_s: float = 120.0
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    operations: dict[str, Doing] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    declared: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    objects: MutableMapping[str, MutableMapping[str, bytes]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _last: int = 0

    def new_id(self, kind: str) -> str:
        """An id that nothing has."""
        self._last += 1
        return f"{kind[:3]}{self._last:017d}"

    def fault(self, kind: str, method: str) -> Fault | None:
        """The next failure of this request, which is then over."""
        for fault in self.faults:
            if (fault.kind, fault.method) == (kind, method) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def of(self, kind: str) -> dict[str, Any]:
        """Things of one kind by id."""
        return self.things.setdefault(kind, {})

    def put(self, service: Service, message: Any, *, root: str = "") -> str:
        """Add one thing; its id is made where it has none."""
        with self.lock:
            if service is not BUCKET and not message.id:
                message.id = self.new_id(service.kind)
            identifier = str(message.name if service is BUCKET else message.id)
            self.of(service.kind)[identifier] = message
            if root:
                self.declared.setdefault(root, []).append(identifier)
            return identifier

    def remove(self, identifier: str) -> None:
        """Remove one thing, and what lives and dies with it."""
        with self.lock:
            group = self.of(GROUP.kind).get(identifier)
            hosts = [] if group is None else [one.id for one in self.hosts_of(group)]
            for things in self.things.values():
                for gone in (identifier, *hosts):
                    things.pop(gone, None)
            self.jobs.pop(identifier, None)

    def hosts_of(self, group: Any) -> list[Any]:
        """Hosts that an instance group has made."""
        start = f"{group.name}-host-"
        return [one for one in self.of(INSTANCE.kind).values() if one.name.startswith(start)]

    def start(self, doing: Doing) -> str:
        """Begin an operation."""
        identifier = self.new_id("operation")
        self.operations[identifier] = doing
        return identifier

    def busy(self, about: str) -> bool:
        """Whether an operation on a thing is under way."""
        return any(one.about == about and not one.done for one in self.operations.values())

    def look(self, doing: Doing) -> None:
        """Let an operation come nearer to its end."""
        if doing.done:
            return
        if doing.looks > 0:
            doing.looks -= 1
            return
        if doing.began_s is None:
            doing.began_s = time.monotonic()
            if doing.effect is not None:
                doing.effect()
        doing.done = doing.settled()
        if not doing.done and time.monotonic() - doing.began_s > self.settles_within_s:
            doing.done, doing.error = True, "hosts did not pass the health check in time"

    def look_at_all(self, kind: str) -> None:
        """A list of a kind is a look at every operation on it."""
        for doing in list(self.operations.values()):
            if doing.kind == kind:
                self.look(doing)

    def names(self, kind: str | None = None) -> set[str]:
        """Names of everything there, or of one kind."""
        with self.lock:
            kinds = SERVICE_OF_KIND if kind is None else (kind,)
            return {one.name for each in kinds for one in self.of(each).values()}

    def everything(self) -> Iterator[tuple[str, Any]]:
        """Kind and message of every thing."""
        for kind, things in self.things.items():
            for message in things.values():
                yield kind, message
