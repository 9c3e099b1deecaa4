"""Latency from the due time to the broker's append time of the output. Pure.

Due time, not send time: a stall of the generator or of the engine is counted against every record
that had to wait for it (coordinated omission). A record that never came out counts as infinite, so
overload cannot hide by losing its tail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.percentile import nearest_rank

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Percentiles in milliseconds; infinite where the record at that rank never came out.

    Attributes:
        count: records due in the window.
        negative: of these, how many came out before they were due: the clocks disagree.
        never_out: of these, how many never came out.
    """

    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    count: int
    negative: int
    never_out: int


def latencies_ms(due_ms: IntArray, append_ms: IntArray, *, never: int) -> FloatArray:
    """Latency of each record.

    Args:
        due_ms: due time of each record, Unix milliseconds, shape (n,).
        append_ms: append time of its first output, or `never`, shape (n,).
        never: what stands where there is no output.

    Returns:
        float64, shape (n,); infinity where there is no output.
    """
    return np.where(append_ms == never, np.inf, (append_ms - due_ms).astype(np.float64))


def summarize(latency_ms: FloatArray) -> LatencySummary | None:
    """Percentiles over all records; None where none was due."""
    if len(latency_ms) == 0:
        return None
    p50, p90, p95, p99, p999, largest = (
        nearest_rank(latency_ms, share) or 0.0 for share in (0.5, 0.9, 0.95, 0.99, 0.999, 1.0)
    )
    return LatencySummary(
        *(p50, p90, p95, p99, p999, largest),
        count=len(latency_ms),
        negative=int(np.count_nonzero(latency_ms < 0)),
        never_out=int(np.count_nonzero(np.isinf(latency_ms))),
    )


def curve(latency_ms: FloatArray, points: int = 200) -> tuple[FloatArray, FloatArray]:
    """Latency against the share of records that are slower, for a chart with a logarithmic tail.

    Args:
        latency_ms: in any order, infinity allowed, shape (n,).
        points: at most how many to give.

    Returns:
        share slower (1 ... 1/n, descending) and latency in ms (ascending), finite points only.
    """
    ordered = np.sort(latency_ms)
    count = len(ordered)
    if count == 0:
        return np.empty(0), np.empty(0)
    slower = np.geomspace(1.0, 1.0 / count, num=min(points, count))
    ranks = np.clip(np.ceil((1.0 - slower) * count).astype(np.int64), 0, count - 1)
    finite = np.isfinite(ordered[ranks])
    return slower[finite], ordered[ranks][finite]


def finite_or_none(value_ms: float) -> float | None:
    """JSON has no infinity: a percentile that lies on a lost record is null."""
    return value_ms if math.isfinite(value_ms) else None
