"""CPU and memory of each role in the window of a step, and of the machine. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.movement import Window
from benchmarks.result import HostUse, RoleUse
from benchmarks.samples import (
    ENGINE,
    HOST_BUSY,
    HOST_STEAL,
    INSTANCES,
    OffsetSample,
    UseSample,
)

MIB = 1024 * 1024


def uses_by_role(uses: Sequence[UseSample], window: Window) -> dict[str, RoleUse]:
    """What each role used; an engine that does not tell its instances is all instances."""
    roles = sorted({sample.role for sample in uses} - {HOST_BUSY, HOST_STEAL})
    use = {role: used for role in roles if (used := use_of(uses, role, window))}
    if INSTANCES not in roles and ENGINE in use:
        use[INSTANCES] = use[ENGINE]
    return use


def use_of(uses: Sequence[UseSample], role: str, window: Window) -> RoleUse | None:
    """What a role used in the window; None where it was not seen at both ends of it."""
    samples = [sample for sample in uses if sample.role == role]
    seconds = _used_s(samples, window)
    inside = [one.use for one in samples if window.start_s <= one.at_s < window.end_s]
    if seconds is None or not inside:
        return None
    return RoleUse(
        cpu_s=round(seconds, 3),
        cores=round(seconds / window.length_s, 4),
        memory_peak_mib=round(max(use.memory_bytes for use in inside) / MIB, 1),
        processes_max=max(use.processes for use in inside),
    )


def cpu_s_per_million(
    role: RoleUse | None, offsets: Sequence[OffsetSample], window: Window
) -> float | None:
    """CPU-seconds of a role for each million of outputs of the window."""
    if role is None or not offsets:
        return None
    at_s = [sample.at_s for sample in offsets]
    out = [sample.totals.outputs for sample in offsets]
    start, end = np.interp([window.start_s, window.end_s], at_s, out)
    return round(role.cpu_s / (end - start) * 1e6, 1) if end > start else None


def host_use(uses: Sequence[UseSample], cores: int, window: Window) -> HostUse | None:
    """The machine in the window; None where it was not seen at both ends of it."""
    used = [
        _used_s([sample for sample in uses if sample.role == role], window)
        for role in (HOST_BUSY, HOST_STEAL)
    ]
    busy_s, steal_s = used
    if busy_s is None or steal_s is None:
        return None
    all_s = cores * window.length_s
    return HostUse(busy_share=round(busy_s / all_s, 4), steal_share=round(steal_s / all_s, 4))


def _used_s(samples: Sequence[UseSample], window: Window) -> float | None:
    """CPU-seconds in the window, between the samples around its ends on a straight line."""
    at_s = [sample.at_s for sample in samples]
    # a counter may be read once more than a second after the end of the window, never much later
    if not at_s or at_s[0] > window.start_s or at_s[-1] < window.end_s - 2:
        return None
    cpu_s = [sample.use.cpu_s for sample in samples]
    start, end = np.interp([window.start_s, window.end_s], at_s, cpu_s)
    return float(end - start)
