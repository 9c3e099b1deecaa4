"""A systemd scope around processes that run already, through the user's own systemd.

For a machine where control groups may not be written, but a user's systemd may be asked. It moves
processes that belong to the user only, and limits only with the controllers that it was given, so
`InstanceLimit` looks whether the scope really holds them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Final

_ASK: Final = (
    *("busctl", "--user", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1"),
    "org.freedesktop.systemd1.Manager",
)
_WITHIN_S: Final = 10.0


def start_command(
    unit: str, pids: Sequence[int], cpu_cores: float | None, memory_bytes: int | None
) -> list[str]:
    """The call that makes a scope and moves processes into it; its limits are in the same call."""
    properties: list[list[str]] = [["PIDs", "au", str(len(pids)), *map(str, pids)]]
    if cpu_cores is not None:
        properties.append(["CPUQuotaPerSecUSec", "t", str(round(cpu_cores * 1_000_000))])
    if memory_bytes is not None:
        properties += [["MemoryMax", "t", str(memory_bytes)], ["MemorySwapMax", "t", "0"]]
    words = [word for one in properties for word in one]
    # the last 0: no further units are made with it
    return [
        *(*_ASK, "StartTransientUnit", "ssa(sv)a(sa(sv))"),
        *(unit, "replace", str(len(properties)), *words, "0"),
    ]


def attach_command(unit: str, pids: Sequence[int]) -> list[str]:
    """The call that moves more processes into a scope that is there."""
    words = [unit, "", str(len(pids)), *map(str, pids)]
    return [*_ASK, "AttachProcessesToUnit", "ssau", *words]


def ask(command: Sequence[str]) -> bool:
    """True where systemd did what it was asked."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
