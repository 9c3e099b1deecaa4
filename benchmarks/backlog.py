"""How a backlog moves: lower envelope, slope with an interval, lag time. Pure.

The backlog of a batch engine is a saw-tooth, so a line through all samples tilts with the phase of
the batches. The minimum of each block of time is what the engine cannot get rid of; a line through
the minima is the trend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.percentile import nearest_rank

BLOCK_S: Final = 10.0
"""Ten samples of 1 Hz: at least one falls near the low point of a batch of up to 3 s."""
BATCHES_PER_BLOCK: Final = 3
"""A block holds three batches or commits, or its minimum depends on the phase."""
OFTEN_ENOUGH: Final = 1.1
"""A partition with 2.4 records a second rises in nine of ten samples of 1 Hz."""
MIN_BLOCKS: Final = 6
"""Below six blocks the interval of a Theil-Sen slope is wider than any threshold."""
Z_90: Final = 1.6448536269514722
"""Quantile of the normal distribution for a two-sided 90 % interval."""

FloatArray = NDArray[np.float64]
Trend = Literal["growing", "steady", "draining"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """A backlog over time.

    Attributes:
        at_s: time of each sample in seconds, ascending, shape (n,).
        events: records that went in and have not come out, shape (n,).
    """

    at_s: FloatArray
    events: FloatArray

    def between(self, first_s: float, last_s: float) -> Backlog:
        """The samples from a time, included, to another, excluded."""
        kept = (self.at_s >= first_s) & (self.at_s < last_s)
        return Backlog(self.at_s[kept], self.events[kept])


@dataclass(frozen=True, slots=True)
class Slope:
    """Trend of a backlog in events per second, with the ends of its 90 % interval."""

    slope_eps: float
    low_eps: float
    high_eps: float


@dataclass(frozen=True, slots=True)
class LagTime:
    """How long the newest record waits, in seconds.

    Attributes:
        p95_s: 95th percentile over the window.
        low_s: lower end of its 90 % interval.
        high_s: upper end.
        standing_s: lag that never went away in the last half of the window, beyond that of a
            batch: work that the engine had no time for.
    """

    p95_s: float
    low_s: float
    high_s: float
    standing_s: float = 0.0


def batch_interval_s(at_s: FloatArray, outputs: NDArray[np.integer]) -> float:
    """How long an engine puts nothing out between two batches, as far as samples can tell.

    Args:
        at_s: time of each sample, ascending, shape (n,).
        outputs: records out at these times, never falling, shape (n,).

    Returns:
        mean time from one rise to the next, seconds; of 1 Hz samples at least 1. A median could
        not tell 1.3 s from 1 s. With fewer than two rises it is the whole time sampled: nobody
        knows when the next would come.
    """
    rises = at_s[1:][np.diff(outputs) > 0]
    if len(rises) < 2:  # two ends of an interval
        return float(at_s[-1] - at_s[0]) if len(at_s) else 0.0
    return float(rises[-1] - rises[0]) / (len(rises) - 1)


def partitions_interval_s(
    at_s: FloatArray, inputs: NDArray[np.integer], outputs: NDArray[np.integer]
) -> float:
    """How long a partition waits between two batches, where instances take turns.

    Several instances, or one that writes a partition after the other, put something out all the
    time, though each partition waits for its batch.

    Args:
        at_s: time of each sample, ascending, shape (n,).
        inputs: records in by partition, shape (n, partitions).
        outputs: records out by partition, shape (n, partitions or others).

    Returns:
        median over the partitions of the mean time from one rise to the next, seconds; 0 where a
        partition is given a record so seldom that a gap in the outputs says nothing.
    """
    if len(at_s) < 2 or not inputs.size:
        return 0.0
    every_s = float(at_s[-1] - at_s[0]) / (len(at_s) - 1)
    if _usual_gap_s(at_s, inputs) > OFTEN_ENOUGH * every_s:
        return 0.0
    return _usual_gap_s(at_s, outputs)


def _usual_gap_s(at_s: FloatArray, counts: NDArray[np.integer]) -> float:
    used = counts[:, counts[-1] > counts[0]]
    return float(np.median([batch_interval_s(at_s, one) for one in used.T])) if used.size else 0.0


def block_length_s(batch_interval_s: float = 0.0) -> float:
    """Length of the blocks for an engine that commits or emits once in an interval."""
    return max(BLOCK_S, BATCHES_PER_BLOCK * batch_interval_s)


def lower_envelope(backlog: Backlog, block_s: float = BLOCK_S) -> Backlog:
    """The smallest sample of each block, at the time at which it was taken.

    Blocks are counted from the first sample. One without samples is left out: a gap is no zero.
    """
    if len(backlog.at_s) == 0:
        return backlog
    blocks = np.floor((backlog.at_s - backlog.at_s[0]) / block_s).astype(np.int64)
    lowest = [
        int(np.flatnonzero(blocks == block)[np.argmin(backlog.events[blocks == block])])
        for block in np.unique(blocks)
    ]
    return Backlog(backlog.at_s[lowest], backlog.events[lowest])


def theil_sen(points: Backlog) -> Slope | None:
    """Median of the slopes between all pairs, with Sen's 90 % interval.

    Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
    1968; ranks rounded outwards, so that the interval is rather too wide.

    Returns:
        None below `MIN_BLOCKS` points.
    """
    count = len(points.at_s)
    if count < MIN_BLOCKS:
        return None
    first, second = np.triu_indices(count, k=1)
    rises = points.events[second] - points.events[first]
    slopes = np.sort(rises / (points.at_s[second] - points.at_s[first]))
    margin = Z_90 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    rank = max(math.floor((len(slopes) - margin) / 2), 1)
    return Slope(float(np.median(slopes)), float(slopes[rank - 1]), float(slopes[-rank]))


def slope_of(backlog: Backlog, batch_interval_s: float = 0.0) -> Slope | None:
    """Trend of the lower envelope; None where the samples are too few to tell."""
    return theil_sen(lower_envelope(backlog, block_length_s(batch_interval_s)))


def lag_time_s(backlog: Backlog, rate_eps: float, share: float = 0.95) -> float | None:
    """How long the newest record waits at the offered rate: a percentile over the samples."""
    return nearest_rank(backlog.events / rate_eps, share)


def lag_time(
    backlog: Backlog, rate_eps: float, block_s: float = BLOCK_S, interval_s: float = 1.0
) -> LagTime | None:
    """95th percentile of the lag time, and how far it can be trusted.

    The peaks of the blocks stand for it: their relative standard error is taken for its own. Peaks
    that follow each other are alike, so they count as (1 - r) / (1 + r) of their number, r being
    their correlation with the next one (an autoregressive process of order one).

    Args:
        backlog: of the window.
        rate_eps: offered events per second.
        block_s: length of a block.
        interval_s: time between two batches, as `batch_interval_s` gives it.
    """
    p95_s = lag_time_s(backlog, rate_eps)
    if p95_s is None:
        return None
    blocks = np.floor((backlog.at_s - backlog.at_s[0]) / block_s).astype(np.int64)
    peaks = np.array([backlog.events[blocks == block].max() for block in np.unique(blocks)])
    spread = math.exp(Z_90 * _relative_error(peaks))
    standing_s = _standing_lag_s(backlog, rate_eps, interval_s)
    return LagTime(p95_s, p95_s / spread, p95_s * spread, standing_s)


def _standing_lag_s(backlog: Backlog, rate_eps: float, interval_s: float) -> float:
    """Just after a batch the backlog is what came in during it; half a batch more is noise."""
    lowest = float(backlog.events[len(backlog.events) // 2 :].min())
    # the interval of a loop is below 1 s, which samples of 1 Hz cannot tell from 1 s
    return max(lowest / rate_eps - (1.5 * interval_s - 0.5), 0.0)


def _relative_error(values: FloatArray) -> float:
    """Standard error of the mean over the mean, for values that follow each other."""
    mean = float(values.mean())
    if len(values) < 2 or mean <= 0:
        return 0.0
    off = values - mean
    variance = float((off * off).mean())
    if variance == 0:
        return 0.0
    alike = float((off[1:] * off[:-1]).mean()) / variance
    alike = min(max(alike, 0.0), 0.9)
    counted = len(values) * (1 - alike) / (1 + alike)
    return math.sqrt(variance / counted) / mean


def trend(slope_eps: float, rate_eps: float, tolerance_share: float = 0.01) -> Trend:
    """One word for a slope."""
    if slope_eps > tolerance_share * rate_eps:
        return "growing"
    if slope_eps < -tolerance_share * rate_eps:
        return "draining"
    return "steady"
