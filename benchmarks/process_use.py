"""CPU time and memory of a tree of processes, ended ones included."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import psutil

from benchmarks.programs import session_members
from benchmarks.samples import TreeUse


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """One process at one moment.

    Attributes:
        pid: its id.
        started_s: when it started; tells it from a later process with the same id.
        parent: its parent's id.
        own_s: its own CPU-seconds.
        children_s: CPU-seconds of children that it has waited for, and of theirs.
        memory_bytes: resident set.
    """

    pid: int
    started_s: float
    parent: int
    own_s: float
    children_s: float
    memory_bytes: int


@dataclass(slots=True)
class CpuMeter:
    """Adds up the CPU time of a tree from samples of its processes.

    When a child ends and its parent waits for it, the kernel moves its time to the parent's
    `children_s`: the sum over the living is unchanged. Only a process whose parent is not in the
    tree would take its time with it; the last sample of it is kept.
    """

    _last: dict[tuple[int, float], ProcessSample] = field(default_factory=dict)
    _lost_s: float = 0.0

    def advance(self, samples: Iterable[ProcessSample]) -> TreeUse:
        """Take one sample of every process of the tree."""
        now = {(sample.pid, sample.started_s): sample for sample in samples}
        living = {pid for pid, _ in self._last}
        for key, gone in self._last.items():
            if key not in now and gone.parent not in living:
                self._lost_s += gone.own_s + gone.children_s
        self._last = now
        return TreeUse(
            cpu_s=self._lost_s + sum(one.own_s + one.children_s for one in now.values()),
            memory_bytes=sum(one.memory_bytes for one in now.values()),
            processes=len(now),
        )


ReadProcesses = Callable[[], list[ProcessSample]]
"""Samples of every process of a role."""


def session_samples(session_id: int) -> ReadProcesses:
    """Samples of every process of a session, and of descendants that left it."""
    return lambda: _samples(set(session_members(session_id)) | set(_descendants(session_id)))


def single_samples(pid: int) -> ReadProcesses:
    """Samples of one process and its descendants."""
    return lambda: _samples({pid, *_descendants(pid)})


def listener_on(port: int) -> int | None:
    """The process of this machine that listens on a TCP port; None where it cannot be seen."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        # a socket that is not bound has an empty address
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,):
            return connection.pid
    return None


def own_samples() -> list[ProcessSample]:
    """This process alone."""
    return _samples({os.getpid()})


def _descendants(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def _samples(pids: Iterable[int]) -> list[ProcessSample]:
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            found.append(_sample(psutil.Process(pid)))
    return found


def _sample(process: psutil.Process) -> ProcessSample:
    with process.oneshot():
        times = process.cpu_times()
        return ProcessSample(
            pid=process.pid,
            started_s=process.create_time(),
            parent=process.ppid(),
            own_s=times.user + times.system,
            children_s=times.children_user + times.children_system,
            memory_bytes=process.memory_info().rss,
        )
