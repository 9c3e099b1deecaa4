"""What the samples of single instances say: restarts, kills for memory, throttling. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from benchmarks.instance_samples import InstanceSample
from benchmarks.movement import Window
from benchmarks.result import InstanceUse

UNKNOWN = "unknown"


def by_instance(samples: Sequence[InstanceSample]) -> dict[str, list[InstanceSample]]:
    """The samples of each instance, by name and by time."""
    names = sorted({one.name for one in samples})
    return {name: [one for one in samples if one.name == name] for name in names}


def restarts_of(samples: Sequence[InstanceSample]) -> str | None:
    """Which instances got another process during the step, in words; None where none did."""
    found = []
    for name, ours in by_instance(samples).items():
        pids = list(dict.fromkeys(one.pid for one in ours))
        if len(pids) > 1:
            found.append(f"{name} (process {', then '.join(map(str, pids))})")
    return ", ".join(found) or None


def memory_kills_of(samples: Sequence[InstanceSample]) -> str | None:
    """Which instances the kernel killed for want of memory, in words; None where none."""
    found = []
    for name, ours in by_instance(samples).items():
        kills = _grown([one.counters.oom_kills for one in ours])
        if kills:
            found.append(f"{name} ({kills:g} process{'' if kills == 1 else 'es'})")
    return ", ".join(found) or None


def means_of(samples: Sequence[InstanceSample], *, asked: bool) -> str | None:
    """What held the instances to their size.

    Args:
        samples: of the step.
        asked: a size was asked.

    Returns:
        None where no size was asked; `unknown` where the engine does not say, `none` where one
        instance or more was held by nothing.
    """
    # an instance that was started again is limited again only once it is ready
    last = [ours[-1].limited_by for ours in by_instance(samples).values()]
    return means_told(last, asked=asked)


def means_told(limited_by: Sequence[str], *, asked: bool) -> str | None:
    """The same from what the engine says of each instance."""
    if not asked:
        return None
    if not limited_by:
        return UNKNOWN
    return "none" if "none" in limited_by else ", ".join(sorted(set(limited_by)))


def uses_of(samples: Sequence[InstanceSample], window: Window) -> list[InstanceUse]:
    """Throttling of each instance in the window."""
    found = []
    for name, ours in by_instance(samples).items():
        inside = [one for one in ours if window.start_s <= one.at_s < window.end_s]
        if not inside:
            continue
        periods = _grown([one.counters.periods for one in inside])
        throttled = _grown([one.counters.throttled for one in inside])
        stopped_s = _grown([one.counters.throttled_s for one in inside])
        share = throttled / periods if periods and throttled is not None else None
        found.append(
            InstanceUse(
                name=name,
                limited_by=inside[-1].limited_by,
                throttled_share=None if share is None else round(share, 4),
                throttled_s=None if stopped_s is None else round(stopped_s, 3),
            )
        )
    return found


def _grown(counts: Sequence[float | None]) -> float | None:
    """How much a counter grew; it begins anew where its group was made anew."""
    known = [count for count in counts if count is not None]
    if not known:
        return None
    return sum(after - before if after >= before else after for before, after in pairwise(known))
