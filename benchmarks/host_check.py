"""Whether a machine can measure engines elsewhere: its CPU, and its clock against the broker's."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.clock_offset import RoundTrip, offset_of

LARGEST_OFFSET_MS: Final = 25.0
"""Latency is wrong by the offset; p50 of an engine is tens of milliseconds."""
_QUOTA_V2: Final = Path("/sys/fs/cgroup/cpu.max")
_QUOTA_V1: Final = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_PERIOD_V1: Final = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def clock_finding(trips: Sequence[RoundTrip]) -> tuple[str, bool]:
    """What the fastest round trip says of the clock, and whether that is near enough."""
    best = offset_of(trips)
    is_near = abs(best.offset_ms) <= LARGEST_OFFSET_MS
    text = (
        f"the broker's is {best.offset_ms:+.1f} ms off this machine's (fastest of {len(trips)} "
        f"round trips: {best.trip_ms:.1f} ms)"
    )
    remedy = (
        f": every latency would be wrong by that, allowed are {LARGEST_OFFSET_MS:g} ms; have both "
        "follow a time server"
    )
    return text if is_near else text + remedy, is_near


def worker_of(environment: Mapping[str, str]) -> str:
    """The CPU of this machine, as a line."""
    quota = quota_cores()
    held = f", held to {quota:g} by its control group" if quota else ""
    name = environment.get("HOSTNAME") or platform.node()
    return f"{name}, {os.cpu_count()} cores{held}, load {os.getloadavg()[0]:.2f}"


def quota_cores() -> float | None:
    """Cores that the control group of this machine's processes allows; None for all."""
    try:
        if _QUOTA_V2.is_file():
            quota, period = _QUOTA_V2.read_text().split()
            return None if quota == "max" else int(quota) / int(period)
        quota_us = int(_QUOTA_V1.read_text())
        return None if quota_us < 0 else quota_us / int(_PERIOD_V1.read_text())
    except (OSError, ValueError):
        return None
