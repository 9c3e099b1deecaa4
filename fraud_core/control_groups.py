"""Where the kernel's control groups are, and what one of them has counted. Linux only.

Version 1 mounts a hierarchy for each controller or two (`cpu,cpuacct`), version 2 one for all of
them; a machine may have both. Source: the kernel's admin guide, cgroup-v1 and cgroup-v2.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
MEMBERS_FILE: Final = "cgroup.procs"
_CPU: Final = "cpu"
_MEMORY: Final = "memory"
_ESCAPED: Final = re.compile(r"\\(\d{3})")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted tree of groups.

    Attributes:
        version: 1 or 2.
        controllers: of version 1; version 2 says them in each group.
        root: the group that is seen at the mount point, `/` but in some containers.
        mount: where it is seen.
    """

    version: int
    controllers: frozenset[str]
    root: str
    mount: Path

    def folder(self, group: str) -> Path:
        """Where a group is seen; the mount point for a group outside of what is mounted."""
        inside = group.removeprefix(self.root.rstrip("/")) if group.startswith(self.root) else ""
        return self.mount if ".." in inside else self.mount / inside.lstrip("/")


@dataclass(frozen=True, slots=True)
class GroupCounters:
    """What the kernel has counted in the groups of a process since they were made.

    Attributes:
        periods: CPU periods in which it had work; None where no quota is set.
        throttled: how many of these it used its quota up in.
        throttled_s: how long it had to wait for the next one, summed over its threads' CPUs.
        oom_kills: processes that were killed for want of memory; None where it is not counted.
    """

    periods: int | None
    throttled: int | None
    throttled_s: float | None
    oom_kills: int | None


def hierarchies(mountinfo: str) -> list[Hierarchy]:
    """The hierarchies that a process sees, from its /proc/PID/mountinfo."""
    found = []
    for line in mountinfo.splitlines():
        place, _, kind = line.partition(" - ")
        fields, (name, _, options) = place.split(" "), kind.split(" ", maxsplit=2)
        if name in {"cgroup", "cgroup2"}:
            version = 2 if name == "cgroup2" else 1
            controllers = frozenset(options.split(",")) if version == 1 else frozenset[str]()
            root, mount = _plain(fields[3]), Path(_plain(fields[4]))
            found.append(Hierarchy(version, controllers, root, mount))
    return found


def _plain(text: str) -> str:
    r"""A path of mountinfo: it writes a blank as \040."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)


def folders_of(membership: str, found: Iterable[Hierarchy]) -> dict[str, Path]:
    """The groups of a process, from its /proc/PID/cgroup.

    Returns:
        `cpu` and `memory` -> its folder in version 1; an empty name -> that of version 2.
    """
    lines = [line.split(":", maxsplit=2) for line in membership.splitlines()]
    folders = {}
    for hierarchy in found:
        for number, controllers, group in lines:
            names = {name for name in controllers.split(",") if name}
            if hierarchy.version == 2 and number == "0" and not names:
                folders[""] = hierarchy.folder(group)
            for name in names & hierarchy.controllers & {_CPU, _MEMORY}:
                folders[name] = hierarchy.folder(group)
    return folders


def folders_of_process(pid: int | str = "self", proc: Path = PROC) -> dict[str, Path]:
    """The groups of a process that runs; none where there are no groups or no such process."""
    with contextlib.suppress(OSError):
        found = hierarchies((proc / "self" / "mountinfo").read_text())
        return folders_of((proc / str(pid) / "cgroup").read_text(), found)
    return {}


def counters(folders: dict[str, Path]) -> GroupCounters:
    """What the groups of a process have counted; a group that is gone tells nothing."""
    cpu = _numbers(folders.get(_CPU, folders.get("")), "cpu.stat")
    memory = _numbers(folders.get(_MEMORY), "memory.oom_control")
    memory = memory or _numbers(folders.get(""), "memory.events")
    throttled_s = None
    if "throttled_time" in cpu:
        throttled_s = cpu["throttled_time"] / 1e9  # version 1: nanoseconds
    elif "throttled_usec" in cpu:
        throttled_s = cpu["throttled_usec"] / 1e6
    return GroupCounters(
        periods=cpu.get("nr_periods"),
        throttled=cpu.get("nr_throttled"),
        throttled_s=throttled_s,
        oom_kills=memory.get("oom_kill"),
    )


def _numbers(folder: Path | None, name: str) -> dict[str, int]:
    """A file of lines like `nr_throttled 12`; nothing where it is not there."""
    if folder is None:
        return {}
    with contextlib.suppress(OSError):
        pairs = [line.split() for line in (folder / name).read_text().splitlines()]
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
    return {}


def members(folder: Path) -> list[int]:
    """Processes in a group; none where it is gone."""
    with contextlib.suppress(OSError):
        return [int(line) for line in (folder / MEMBERS_FILE).read_text().split()]
    return []


def family(pid: int, proc: Path = PROC) -> list[int]:
    """A process and its descendants that run, parents before children."""
    children: dict[int, list[int]] = {}
    for place in proc.iterdir():
        if place.name.isdigit() and (parent := _stat(int(place.name), proc)[1]) is not None:
            children.setdefault(parent, []).append(int(place.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def started_ticks(pid: int, proc: Path = PROC) -> int | None:
    """When a process started, in clock ticks since boot; None where it does not run.

    With its id it names a process for good: ids are used again.
    """
    return _stat(pid, proc)[0]


def _stat(pid: int, proc: Path) -> tuple[int | None, int | None]:
    """(start in ticks, parent's id) of a process; None where it does not run."""
    try:
        # the name stands in brackets and may hold blanks and brackets itself
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None, None
    return (None, None) if fields[0] in {"Z", "X"} else (int(fields[19]), int(fields[1]))
