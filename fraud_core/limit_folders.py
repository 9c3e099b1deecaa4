"""Which groups hold an instance to its size, and what is written into them. Pure but for trying.

The period of the quota is the kernel's usual 100 ms: with 0.05 core an instance that is busy runs
for 5 ms and then stands still for 95 ms. That is what such a quota is wherever it is rented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PERIOD_US: Final = 100_000
"""cpu.cfs_period_us and cpu.max: the kernel's default."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value for one file of a group.

    Attributes:
        file: its name.
        value: what is written.
        needed: False for what not every kernel has.
    """

    file: str
    value: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class LimitFolder:
    """A group to be made for an instance.

    Attributes:
        path: its folder.
        home: the group to which what still runs goes back at the end.
        settings: in the order in which they are written.
    """

    path: Path
    home: Path
    settings: tuple[Setting, ...]


def version_1(
    name: str, cpu_cores: float | None, memory_bytes: int | None, own: Mapping[str, Path]
) -> list[LimitFolder]:
    """One folder for each limit, inside of our own group: a limit above it holds on.

    Args:
        name: of the new groups.
        cpu_cores: the quota, None for none.
        memory_bytes: the limit, None for none.
        own: controller -> our own group; `KeyError` where one that is needed is not mounted.
    """
    made: dict[Path, tuple[Setting, ...]] = {}
    if cpu_cores is not None:
        made[own["cpu"]] = (
            Setting("cpu.cfs_period_us", str(PERIOD_US)),
            Setting("cpu.cfs_quota_us", str(_quota_us(cpu_cores))),
        )
    if memory_bytes is not None:
        made[own["memory"]] = (
            *made.get(own["memory"], ()),
            Setting("memory.limit_in_bytes", str(memory_bytes)),
            # without it what is over the limit is swapped out where the machine has swap
            Setting("memory.memsw.limit_in_bytes", str(memory_bytes), needed=False),
            # what it holds when it enters counts too
            Setting("memory.move_charge_at_immigrate", "1", needed=False),
        )
    return [LimitFolder(home / name, home, settings) for home, settings in made.items()]


def version_2(
    name: str, cpu_cores: float | None, memory_bytes: int | None, parent: Path, own: Path
) -> list[LimitFolder]:
    """One folder for all limits.

    Args:
        name: of the new group.
        cpu_cores: the quota, None for none.
        memory_bytes: the limit, None for none.
        parent: a group that gives its children the controllers; it holds no process itself.
        own: our own group.
    """
    settings: list[Setting] = []
    if cpu_cores is not None:
        settings.append(Setting("cpu.max", f"{_quota_us(cpu_cores)} {PERIOD_US}"))
    if memory_bytes is not None:
        settings += [
            Setting("memory.max", str(memory_bytes)),
            Setting("memory.swap.max", "0", needed=False),
            # an instance lives or dies as a whole
            Setting("memory.oom.group", "1", needed=False),
        ]
    return [LimitFolder(parent / name, own, tuple(settings))]


def parents_of_version_2(own: Path, controllers: set[str]) -> Iterator[Path]:
    """Groups from our own up that give their children some controllers, the nearest first.

    Our own holds processes, so the kernel lets it give none (but the root); a group above does.
    """
    for group in (own, *own.parents):
        try:
            given = (group / "cgroup.subtree_control").read_text().split()
        except OSError:
            return  # above the mount point, or there is no such hierarchy
        if controllers <= set(given):
            yield group


def _quota_us(cpu_cores: float) -> int:
    return round(cpu_cores * PERIOD_US)
