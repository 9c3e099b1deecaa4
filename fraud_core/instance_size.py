"""The size of an instance, CPU quota and memory, and what holds its processes to it.

A limit is put on an instance once it is ready, so that every engine starts at full speed and only
what it does with records is measured under the limit. Processes that an instance starts later are
born into it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from fraud_core import control_groups, systemd_scope
from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.limit_folders import LimitFolder, parents_of_version_2, version_1, version_2

Means = Literal["cgroup2", "cgroup1", "systemd", "none"]

SMALLEST_CORES: Final = 0.01
"""The kernel takes no quota below 1 ms of a period of 100 ms."""
SMALLEST_MEMORY_MB: Final = 16
_PREFIX: Final = "streamgauge"
_ROUNDS: Final = 20
_SEEN_AFTER_S: Final = 0.05
_TRY: Final[tuple[Means, ...]] = ("cgroup2", "cgroup1", "systemd")


@dataclass(frozen=True, slots=True)
class InstanceSize:
    """What one instance may use.

    Attributes:
        cpu_cores: its CPU quota; None for none.
        memory_bytes: its memory; None for as much as there is.
    """

    cpu_cores: float | None = None
    memory_bytes: int | None = None

    @classmethod
    def from_options(cls, cpu: float | None, memory_mb: int | None) -> InstanceSize:
        """A size as `--cpu` and `--memory-mb` give it.

        Raises:
            ConfigError: less than the kernel can hold a process to.
        """
        if cpu is not None and cpu < SMALLEST_CORES:
            raise ConfigError(f"--cpu {cpu:g}: a quota has at least {SMALLEST_CORES:g} core")
        if memory_mb is not None and memory_mb < SMALLEST_MEMORY_MB:
            raise ConfigError(
                f"--memory-mb {memory_mb}: an instance needs at least {SMALLEST_MEMORY_MB} MB"
            )
        return cls(cpu, None if memory_mb is None else memory_mb * 1_000_000)

    @property
    def is_limited(self) -> bool:
        """True where there is anything to hold."""
        return self.cpu_cores is not None or self.memory_bytes is not None

    def state_bytes(self, runtime_bytes: int) -> int | None:
        """What is left for the state; None where nothing limits it.

        None too where not even the runtime fits, which is refused once the instance is ready.

        Args:
            runtime_bytes: what an instance takes without any state.
        """
        if self.memory_bytes is None or self.memory_bytes <= runtime_bytes:
            return None
        return self.memory_bytes - runtime_bytes


@functools.cache
def choose_means() -> Means:
    """The first means that really holds a process here; it is tried, not guessed."""
    return next((means for means in _TRY if _works(means)), "none")


def _works(means: Means) -> bool:
    try:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    except OSError:
        return False
    limit = None
    try:
        # the smallest: a group above us may have a quota, and takes no larger one below it
        limit = InstanceLimit("try", InstanceSize(cpu_cores=SMALLEST_CORES), means)
        limit.hold(child.pid)
    except SurroundingsError:
        return False
    finally:
        child.communicate()
        if limit is not None:
            limit.remove()
    return True


class InstanceLimit:
    """Holds the processes of one instance to its size.

    Attributes:
        name: of the instance.
        size: what it may use.
        means: what holds it; `none` where nothing can, or there is nothing to hold.
    """

    def __init__(self, name: str, size: InstanceSize, means: Means | None = None) -> None:
        """Nothing is limited yet.

        Args:
            name: of the instance: letters, digits, `-`.
            size: what it may use.
            means: what holds it; chosen by trial where None.
        """
        self.name, self.size = name, size
        self.means: Means = (means or choose_means()) if size.is_limited else "none"
        self._unit = f"{_PREFIX}-{_owner()}-{name}"
        self._folders: list[LimitFolder] | None = None

    def hold(self, pid: int) -> None:
        """Put a process and all its descendants under the limit; those that ended are left out.

        May be repeated, also with another process after a restart of the instance.

        Raises:
            SurroundingsError: the means does not work here.
            ConfigError: the instance holds more memory already than it may.
        """
        if self.means == "none" or not _runs(pid):
            return
        self._refuse_too_small(pid)
        if self.means == "systemd":
            _hold_in_scope(f"{self._unit}.scope", self.size, pid)
            return
        if self._folders is None:
            self._folders = _folders(self.means, self.size, self._unit)
            _remove_stale({folder.path.parent for folder in self._folders})
        for folder in self._folders:
            _make(folder)
            _move_family(pid, folder.path)

    def remove(self) -> None:
        """Let go of what still runs, and remove the groups; a scope ends with its last process."""
        for folder in self._folders or ():
            for pid in control_groups.members(folder.path):
                with contextlib.suppress(OSError):
                    _enter(pid, folder.home)
            with contextlib.suppress(OSError):
                folder.path.rmdir()

    def _refuse_too_small(self, pid: int) -> None:
        limit_bytes = self.size.memory_bytes
        if limit_bytes is None:
            return
        held_bytes = sum(_memory_bytes(one) for one in control_groups.family(pid))
        if held_bytes > limit_bytes:
            raise ConfigError(
                f"{self.name} holds {held_bytes / 1e6:.0f} MB once it is ready, and --memory-mb "
                f"gives it {limit_bytes / 1e6:.0f}: give it more"
            )


def _runs(pid: int) -> bool:
    return control_groups.started_ticks(pid) is not None


def _owner() -> str:
    """This process, for good: its groups are stale once it is gone."""
    return f"{os.getpid()}-{control_groups.started_ticks(os.getpid())}"


def _folders(means: Means, size: InstanceSize, name: str) -> list[LimitFolder]:
    own = control_groups.folders_of_process()
    asked = {
        controller
        for controller, limit in (("cpu", size.cpu_cores), ("memory", size.memory_bytes))
        if limit is not None
    }
    if means == "cgroup1":
        if missing := asked - set(own):
            raise SurroundingsError(f"no {' and '.join(missing)} control group: {_REMEDY}")
        return version_1(name, size.cpu_cores, size.memory_bytes, own)
    for parent in parents_of_version_2(own[""], asked) if "" in own else ():
        if os.access(parent, os.W_OK):
            return version_2(name, size.cpu_cores, size.memory_bytes, parent, own[""])
    raise SurroundingsError(f"no control group gives us {' and '.join(sorted(asked))}: {_REMEDY}")


_REMEDY: Final = "leave cpu and memory_mb out, or run where control groups may be written"


def _make(folder: LimitFolder) -> None:
    try:
        folder.path.mkdir(exist_ok=True)
    except OSError as error:
        raise SurroundingsError(f"{folder.path}: {error.strerror}: {_REMEDY}") from None
    for setting in folder.settings:
        try:
            (folder.path / setting.file).write_text(setting.value)
        except OSError as error:
            if setting.needed:
                raise SurroundingsError(
                    f"{folder.path / setting.file} does not take {setting.value} "
                    f"({error.strerror}): {_REMEDY}"
                ) from None


def _move_family(pid: int, group: Path) -> None:
    """Move a process and its descendants; once more while new ones were born outside."""
    for _ in range(_ROUNDS):
        outside = set(control_groups.family(pid)) - set(control_groups.members(group))
        if not any([_moved(one, group) for one in sorted(outside)]):  # noqa: C419  # all move
            return


def _moved(pid: int, group: Path) -> bool:
    """True where a process was moved; False where it ended meanwhile."""
    try:
        _enter(pid, group)
    except OSError as error:
        if error.errno == errno.ESRCH or not _runs(pid):
            return False
        raise SurroundingsError(
            f"process {pid} cannot enter {group} ({error.strerror}): {_REMEDY}"
        ) from None
    return True


def _enter(pid: int, group: Path) -> None:
    (group / control_groups.MEMBERS_FILE).write_text(str(pid))


def _remove_stale(parents: set[Path]) -> None:
    """Remove the empty groups of programs that were killed before they could."""
    for parent in parents:
        for group in parent.glob(f"{_PREFIX}-*"):
            _, pid, ticks, *_ = (*group.name.split("-"), "", "")
            if pid.isdigit() and str(control_groups.started_ticks(int(pid))) != ticks:
                with contextlib.suppress(OSError):  # a process of it still runs
                    group.rmdir()


def _hold_in_scope(unit: str, size: InstanceSize, pid: int) -> None:
    pids = control_groups.family(pid)
    if not systemd_scope.ask(systemd_scope.attach_command(unit, pids)):
        start = systemd_scope.start_command(unit, pids, size.cpu_cores, size.memory_bytes)
        if not systemd_scope.ask(start):
            raise SurroundingsError(f"systemd makes no scope for process {pid}: {_REMEDY}")
    if not _seen(lambda: _is_held(unit, size, pids)):
        raise SurroundingsError(f"the scope {unit} holds process {pid} to nothing: {_REMEDY}")


def _is_held(unit: str, size: InstanceSize, pids: Sequence[int]) -> bool:
    """True where every process is in the scope, and the kernel knows the limits."""
    needed = [("cpu.max", size.cpu_cores), ("memory.max", size.memory_bytes)]
    for pid in filter(_runs, pids):
        group = control_groups.folders_of_process(pid).get("")
        if group is None or group.name != unit:
            return False
        for name, limit in needed:
            found = group / name
            if limit is not None and (not found.exists() or found.read_text().startswith("max")):
                return False
    return True


def _seen(is_so: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Wait until something is so; False where it is not after a time."""
    deadline_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(_SEEN_AFTER_S)
    return True


def _memory_bytes(pid: int) -> int:
    """Memory of a process; pages that it shares count in part (Pss)."""
    with contextlib.suppress(OSError):
        for line in (control_groups.PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            name, _, amount = line.partition(":")
            if name == "Pss":
                return int(amount.split()[0]) * 1024
    return 0
