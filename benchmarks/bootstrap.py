"""How far a figure might be off: customers are drawn anew, with all their transactions. Pure.

Frauds of one card belong together, so rows are not drawn one by one: the intervals would be too
narrow. Efron, Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from benchmarks.latency import FloatArray, IntArray
from benchmarks.quality_result import Estimate

TURNS: Final = 200
"""The ends of a 90 % interval are then the 10th value from either side."""
_SEED: Final = 20180408
"""Any; the same run gives the same intervals."""
_ENDS: Final = (5.0, 95.0)


def draws(count: int, turns: int = TURNS) -> Iterator[IntArray]:
    """How often each of so many things is drawn, in each turn."""
    maker = np.random.default_rng(_SEED)
    for _ in range(turns):
        yield np.bincount(maker.integers(0, count, count), minlength=count)


def estimate(value: float, turns: FloatArray) -> Estimate:
    """A figure with its interval; without one where turns gave nothing.

    Args:
        value: of what was measured; NaN for none.
        turns: the same of each turn, shape (turns,).
    """
    if not np.isfinite(value):
        return Estimate(value=None)
    finite = turns[np.isfinite(turns)]
    if len(finite) < len(turns) // 2 or not len(finite):
        return Estimate(value=_rounded(value))
    low, high = np.percentile(finite, _ENDS)
    return Estimate(value=_rounded(value), low=_rounded(float(low)), high=_rounded(float(high)))


def mean_of_days(days: FloatArray) -> Estimate:
    """The mean over days, with days drawn anew."""
    turns = np.array([times @ days / len(days) for times in draws(len(days))])
    return estimate(float(days.mean()), turns if len(days) > 1 else np.empty(0))


def _rounded(value: float) -> float:
    return round(value, 6)
