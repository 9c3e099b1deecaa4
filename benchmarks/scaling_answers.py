"""Scaling of each engine from the knees of its cells, in numbers and in words. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from benchmarks.result import CellResult
from benchmarks.scaling import Capacity, Estimate, Scaling, efficiencies, scaling
from benchmarks.sizing_result import (
    CapacityPoint,
    EstimateResult,
    FittedPoint,
    ScalingResult,
)

WIDEST: Final = 2.0
"""A knee wider than this ratio is where the rates of a plan are far apart: it is no capacity."""
WIDEST_TOLD: Final = 1.6
"""An efficiency known less well than this is in the tables but in no sentence."""
_HALF_WIDTH: Final = 0.005


def scalings(cells: Iterable[CellResult]) -> list[ScalingResult]:
    """Of each engine and instance size with at least two counts whose knee has both ends."""
    groups: dict[tuple[str, float | None, int | None], list[CellResult]] = {}
    for cell in cells:
        if _capacity(cell) is not None:
            groups.setdefault((cell.engine, cell.cpu, cell.memory_mb), []).append(cell)
    return [_scaling(group) for group in groups.values() if len(group) > 1]


def enough_instances(found: ScalingResult, rate_eps: float) -> int | None:
    """The smallest count beyond the measured ones whose fitted rate has another below its interval.

    None where none within twice the measured counts has.
    """
    for one in found.fitted:
        if one.instances > found.largest and one.low_eps >= rate_eps:
            return one.instances
    return None


def short_sentence(found: ScalingResult) -> str:
    """The rates that are held, and how well the largest count does; for a headline."""
    last = found.counts[-1]
    words = _words_of_counts(found.engine, found.cpu, found.counts)
    share = last.efficiency
    if share is None or (share.high or 0) > WIDEST_TOLD * (share.low or 0):
        return f"{words}."
    return f"{words}: an efficiency of {share.value:.2f} with {last.instances}."


def _capacity(cell: CellResult) -> Capacity | None:
    knee = cell.knee_backlog
    if knee is None or knee.low_eps is None or knee.high_eps is None:
        return None
    if knee.high_eps > WIDEST * knee.low_eps:
        return None
    return Capacity(cell.instances, knee.low_eps, knee.high_eps)


def _scaling(cells: Sequence[CellResult]) -> ScalingResult:
    ordered = sorted(cells, key=lambda cell: cell.instances)
    capacities = [one for cell in ordered if (one := _capacity(cell)) is not None]
    fit = scaling(capacities)
    assert fit is not None  # noqa: S101  # there are at least two
    shares = efficiencies(capacities)
    points = [
        _point(cell, one, shares.get(one.instances))
        for cell, one in zip(ordered, capacities, strict=True)
    ]
    slope = _result(fit.eps_per_instance, 1)
    assert slope is not None  # noqa: S101  # a fit has one
    return ScalingResult(
        engine=ordered[0].engine,
        cpu=ordered[0].cpu,
        memory_mb=ordered[0].memory_mb,
        counts=points,
        law=fit.law,
        eps_per_instance=slope,
        r_squared=None if fit.r_squared is None else round(fit.r_squared, 4),
        contention=_result(fit.contention, 4),
        coherence=_result(fit.coherence, 5),
        peak_instances=_result(fit.peak_instances, 1),
        fitted=_fitted(fit),
        sentence=_sentence(ordered[0], capacities, shares, fit),
    )


def _fitted(fit: Scaling) -> list[FittedPoint]:
    return [
        FittedPoint(
            instances=one.instances,
            eps=round(one.eps.value, 1),
            low_eps=round(one.eps.low, 1),
            high_eps=round(one.eps.high, 1),
        )
        for one in fit.fitted
    ]


def _point(cell: CellResult, capacity: Capacity, share: Estimate | None) -> CapacityPoint:
    return CapacityPoint(
        instances=capacity.instances,
        low_eps=capacity.low_eps,
        high_eps=capacity.high_eps,
        confirmed=bool(cell.knee_backlog and cell.knee_backlog.confirmed),
        efficiency=_result(share, 3),
    )


def _result(found: Estimate | None, digits: int) -> EstimateResult | None:
    if found is None:
        return None
    values = [
        None if math.isinf(one) else round(one, digits)
        for one in (found.value, found.low, found.high)
    ]
    return EstimateResult(value=values[0], low=values[1], high=values[2])


def _sentence(
    cell: CellResult,
    capacities: Sequence[Capacity],
    shares: Mapping[int, Estimate],
    fit: Scaling,
) -> str:
    words = [_words_of_counts(cell.engine, cell.cpu, capacities)]
    told = {count: one for count, one in shares.items() if one.high <= WIDEST_TOLD * one.low}
    words += [
        f"{count} hold {count * one.value:.2f} times what one holds (efficiency {_interval(one)})"
        for count, one in told.items()
        if count > 1
    ]
    if len(told) < len(shares):
        words.append("the rates are too far apart to tell every efficiency")
    words.append(_words_of_line(fit) if fit.law == "line" else _words_of_usl(fit))
    return "; ".join(words) + "."


def _words_of_counts(
    engine: str, cpu: float | None, points: Sequence[Capacity | CapacityPoint]
) -> str:
    held = _listed([f"{one.low_eps:,.0f}" for one in points])
    counts = _listed([str(one.instances) for one in points])
    size = "" if cpu is None else f" of {cpu:g} core"
    return f"{engine} holds {held} events/s with {counts} instances{size}"


def _words_of_line(fit: Scaling) -> str:
    slope, r_squared = fit.eps_per_instance, fit.r_squared
    told = "" if r_squared is None else f", R² {r_squared:.3f}"
    return f"each instance adds {slope.value:,.0f} ({slope.low:,.0f} to {slope.high:,.0f}{told})"


def _words_of_usl(fit: Scaling) -> str:
    assert fit.contention is not None and fit.coherence is not None  # noqa: S101, PT018
    assert fit.peak_instances is not None  # noqa: S101
    a, b, peak = fit.contention, fit.coherence, fit.peak_instances
    reach = fit.fitted[-1].instances
    most = (
        f"more than about {peak.value:.0f} instances hold less"
        if peak.value <= reach
        else f"no peak up to {reach} instances"
    )
    return (
        f"contention {a.value:.1%} ({a.low:.1%} to {a.high:.1%}), "
        f"coherence {b.value:.2%} ({b.low:.2%} to {b.high:.2%}); {most}"
    )


def _interval(one: Estimate) -> str:
    if one.high - one.low < _HALF_WIDTH:
        return f"{one.value:.2f}"
    return f"{one.value:.2f}, between {one.low:.2f} and {one.high:.2f}"


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
