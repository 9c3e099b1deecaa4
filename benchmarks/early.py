"""What can be said of a step while its load runs: lost for sure, or decided. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.backlog import Backlog, lower_envelope
from benchmarks.movement import Movement
from benchmarks.verdict import Evidence, Limits, Load, judge

LOST_LAG_S: Final = 30.0
"""R6: three times the tolerated lag time."""
LOST_BLOCKS: Final = 3


def clearly_lost(backlog: Backlog, rate_eps: float, block_s: float) -> str | None:
    """Why a load may be stopped: nobody waits for a verdict that is known.

    Args:
        backlog: since the load began.
        rate_eps: offered events per second.
        block_s: length of a block.

    Returns:
        None while the step may still be held.
    """
    lowest = lower_envelope(backlog, block_s).events[:-1]  # the last block is not over
    if len(lowest) < LOST_BLOCKS:
        return None
    last = lowest[-LOST_BLOCKS:]
    lag_s = float(backlog.events[-1]) / rate_eps
    if lag_s <= LOST_LAG_S or not np.all(np.diff(last) > 0):
        return None
    return f"lag time {lag_s:.0f} s, and the backlog grew over {LOST_BLOCKS} blocks"


def is_decided(moved: Movement, rate_eps: float, limits: Limits) -> bool:
    """Whether the samples of a window decide, if nothing else is wrong with the step."""
    nothing_wrong = Evidence(
        load=Load(rate_eps, rate_eps, 0.0, 0.0, 0),
        slope=moved.slope,
        lag_time=moved.lag_time,
        lowest_backlog=0.0,
        samples_asked=0,
        samples_missed=0,
        sent=0,
        missing=0,
        latencies=0,
        latency_p50_ms=None,
        negative_latencies=0,
    )
    return judge(nothing_wrong, limits).verdict != "inconclusive"
