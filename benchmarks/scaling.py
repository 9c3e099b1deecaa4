"""How capacity grows with the number of instances: efficiency, a line, the scalability law. Pure.

A capacity is an interval, from the highest rate that was held to the lowest that was lost. Fits go
through its geometric middle; what follows from them carries the interval along.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["line", "usl"]
"""A line through the origin, or the Universal Scalability Law."""

COUNTS_OF_USL: Final = 4
"""The law has three parameters: with three counts it would fit anything."""
REACH: Final = 2
"""A fit is asked for at most twice the largest count that was measured."""
DRAWS: Final = 500
_SEED: Final = 1
_ENDS: Final = (0.05, 0.95)
"""Of the 90 % intervals."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the interval that it lies in; an end may be infinite."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """The rate that a number of instances holds.

    Attributes:
        instances: how many.
        low_eps: highest rate held, events per second; above zero.
        high_eps: lowest rate lost.
    """

    instances: int
    low_eps: float
    high_eps: float

    @property
    def middle_eps(self) -> float:
        """Rates are searched by ratios, so their middle is the geometric one."""
        return math.sqrt(self.low_eps * self.high_eps)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The rate that a fit gives a number of instances."""

    instances: int
    eps: Estimate


@dataclass(frozen=True, slots=True)
class Scaling:
    """How the capacity of one engine grows.

    Attributes:
        law: what was fitted.
        eps_per_instance: slope of the line; in the law the rate of the first instance.
        r_squared: share of the spread of the capacities that the fit explains; None for one count.
        contention: share of the work that waits for others (a); None for a line.
        coherence: cost of each pair of instances (b); None for a line.
        peak_instances: count above which more instances hold less; infinite where b is zero, None
            for a line.
        fitted: rate of each count up to twice the largest that was measured.
    """

    law: Law
    eps_per_instance: Estimate
    r_squared: float | None
    contention: Estimate | None
    coherence: Estimate | None
    peak_instances: Estimate | None
    fitted: tuple[Fitted, ...]


def efficiencies(capacities: Iterable[Capacity]) -> dict[int, Estimate]:
    """E(N) = C(N) / (N C(1)) by count; empty where one instance was not measured.

    The ends are those of both intervals at their worst: one instance has exactly 1.
    """
    by_count = {one.instances: one for one in capacities}
    single = by_count.get(1)
    if single is None:
        return {}
    found = {
        count: Estimate(
            one.middle_eps / (count * single.middle_eps),
            one.low_eps / (count * single.high_eps),
            one.high_eps / (count * single.low_eps),
        )
        for count, one in sorted(by_count.items())
    }
    return found | {1: Estimate(1.0, 1.0, 1.0)}


def scaling(capacities: Sequence[Capacity]) -> Scaling | None:
    """The law from four counts, a line through the origin below; None where nothing is known."""
    if not capacities:
        return None
    ordered = sorted(capacities, key=lambda one: one.instances)
    return usl(ordered) if len(ordered) >= COUNTS_OF_USL else line(ordered)


def line(capacities: Sequence[Capacity]) -> Scaling:
    """A line through the origin by least squares, with R2.

    The slope rises with each capacity, so its ends are the slopes through all lower and all upper
    ends. R2 is about the mean: of a line through the origin that about zero is near one for
    anything that is positive.
    """
    counts = np.array([one.instances for one in capacities], np.float64)
    slopes = [
        float(counts @ ends / (counts @ counts))
        for ends in (_middles(capacities), _lows(capacities), _highs(capacities))
    ]
    slope = Estimate(*slopes)
    return Scaling(
        law="line",
        eps_per_instance=slope,
        r_squared=_r_squared(_middles(capacities), slope.value * counts),
        contention=None,
        coherence=None,
        peak_instances=None,
        fitted=tuple(
            Fitted(count, Estimate(slope.value * count, slope.low * count, slope.high * count))
            for count in _counts_within_reach(capacities)
        ),
    )


def usl(capacities: Sequence[Capacity]) -> Scaling:
    """Gunther's law, C(N) = g N / (1 + a (N - 1) + b N (N - 1)), with a and b not negative.

    N. J. Gunther, "A General Theory of Computational Scalability Based on Rational Functions"
    (2008). Intervals come from a bootstrap: each draw multiplies the fitted capacities by residuals
    of the fit, drawn with replacement, and by a place within the interval of the capacity.
    """
    counts = np.array([one.instances for one in capacities], np.float64)
    found = _fit(counts, _middles(capacities)[None, :])
    fitted = found.at(counts)[0]
    draws = _bootstrap(capacities, counts, fitted)
    reach = np.array(_counts_within_reach(capacities), np.float64)
    rates = [
        _estimate(float(value), drawn)
        for value, drawn in zip(found.at(reach)[0], draws.at(reach).T, strict=True)
    ]
    return Scaling(
        law="usl",
        eps_per_instance=_estimate(float(found.first_eps[0]), draws.first_eps),
        r_squared=_r_squared(_middles(capacities), fitted),
        contention=_estimate(float(found.contention[0]), draws.contention),
        coherence=_estimate(float(found.coherence[0]), draws.coherence),
        peak_instances=_estimate(float(found.peak_instances()[0]), draws.peak_instances()),
        fitted=tuple(Fitted(int(n), eps) for n, eps in zip(reach, rates, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class _Laws:
    """Parameters of the law, one fit in each row."""

    first_eps: _Floats
    contention: _Floats
    coherence: _Floats

    def peak_instances(self) -> _Floats:
        turning = self.coherence > 0
        share = np.maximum(1 - self.contention, 0) / np.where(turning, self.coherence, 1)
        return np.where(turning, np.maximum(np.sqrt(share), 1.0), np.inf)

    def at(self, counts: _Floats) -> _Floats:
        """Rates: a row for each fit, a column for each count."""
        a, b, first = (one[:, None] for one in (self.contention, self.coherence, self.first_eps))
        return first * counts / (1 + a * (counts - 1) + b * counts * (counts - 1))


def _fit(counts: _Floats, rates_eps: _Floats) -> _Laws:
    """Least squares of the relative error, bounded below by zero, of each row of rates.

    N / C(N) is linear in (1, a, b) / g. Multiplied by the measured C(N) / N its error is relative,
    which suits intervals of one ratio. A bound is either reached or does not matter, so the best of
    the fits with either parameter left out is the bounded one; that without both always exists.
    """
    columns = np.stack([np.ones_like(counts), counts - 1, counts * (counts - 1)], axis=1)
    weighted = columns * (rates_eps / counts)[:, :, None]
    best = np.zeros((len(rates_eps), 3))
    best_error = np.full(len(rates_eps), np.inf)
    for kept in ([0], [0, 1], [0, 2], [0, 1, 2]):
        solved = np.zeros_like(best)
        solved[:, kept] = (np.linalg.pinv(weighted[:, :, kept]) @ np.ones((len(counts), 1)))[..., 0]
        error = np.sum(((weighted @ solved[:, :, None])[..., 0] - 1) ** 2, axis=1)
        is_better = (solved[:, 0] > 0) & (solved >= 0).all(axis=1) & (error < best_error)
        best[is_better], best_error[is_better] = solved[is_better], error[is_better]
    return _Laws(1 / best[:, 0], best[:, 1] / best[:, 0], best[:, 2] / best[:, 0])


def _bootstrap(capacities: Sequence[Capacity], counts: _Floats, fitted: _Floats) -> _Laws:
    random = np.random.default_rng(_SEED)
    residuals = np.log(_middles(capacities) / fitted)
    # four counts leave one degree of freedom: residuals are far smaller than the errors were
    residuals *= math.sqrt(len(counts) / max(len(counts) - 3, 1))
    half_widths = np.log(_highs(capacities) / _lows(capacities)) / 2
    shape = (DRAWS, len(counts))
    moved = random.choice(residuals, shape) + random.uniform(-1, 1, shape) * half_widths
    return _fit(counts, fitted * np.exp(moved))


def _estimate(value: float, draws: _Floats) -> Estimate:
    # a peak may be infinite, so nothing is interpolated
    ordered = np.sort(draws)
    low, high = (float(ordered[round(share * (len(ordered) - 1))]) for share in _ENDS)
    return Estimate(value, min(low, value), max(high, value))


def _counts_within_reach(capacities: Iterable[Capacity]) -> range:
    return range(1, REACH * max(one.instances for one in capacities) + 1)


def _r_squared(measured: _Floats, fitted: _Floats) -> float | None:
    spread = float(np.sum((measured - measured.mean()) ** 2))
    return 1 - float(np.sum((measured - fitted) ** 2)) / spread if spread > 0 else None


def _middles(capacities: Iterable[Capacity]) -> _Floats:
    return np.array([one.middle_eps for one in capacities])


def _lows(capacities: Iterable[Capacity]) -> _Floats:
    return np.array([one.low_eps for one in capacities])


def _highs(capacities: Iterable[Capacity]) -> _Floats:
    return np.array([one.high_eps for one in capacities])
