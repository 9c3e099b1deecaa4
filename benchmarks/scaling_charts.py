"""Charts of how capacity grows: rate held against instances, its fit, its efficiency. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from benchmarks.charts import INK, MUTED, WIDTH_IN, color_of, from_zero, mark_of
from benchmarks.sizing_result import CapacityPoint, EstimateResult, FittedPoint, ScalingResult

_DODGE: Final = 0.14
"""Marks of different engines at one count stand this far apart, in instances."""
_BEYOND: Final = (0, (3, 2))
"""A fit where nothing was measured."""


def scaling_chart(found: Sequence[ScalingResult]) -> Figure:
    """Rate held against instances with the fit, and the efficiency beside it."""
    figure = Figure(figsize=(WIDTH_IN, 4.2))
    rates, shares = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1.35, 1]})
    for number, one in enumerate(found):
        shift = _DODGE * (number - (len(found) - 1) / 2)
        _draw_fit(rates, one)
        for point in one.counts:
            _draw_capacity(rates, one, point, shift)
        _draw_efficiency(shares, one, shift)
    _finish_rates(rates, found)
    _finish_shares(shares, found)
    rates.legend(handles=_legend(found), loc="upper left", frameon=False, fontsize=8.5)
    return figure


def name_of(found: ScalingResult, among: Sequence[ScalingResult]) -> str:
    """The engine, and the size of an instance where the engine is there with several."""
    alike = [one for one in among if one.engine == found.engine]
    return found.engine if len(alike) == 1 else f"{found.engine}, {found.cpu or 0:g} core"


def _draw_fit(axes: Axes, found: ScalingResult) -> None:
    color = color_of(found.engine)
    origin = FittedPoint(instances=0, eps=0.0, low_eps=0.0, high_eps=0.0)
    points = [origin, *found.fitted]
    counts = [one.instances for one in points]
    lows, highs = [one.low_eps for one in points], [one.high_eps for one in points]
    axes.fill_between(counts, lows, highs, color=color, alpha=0.13, lw=0)
    inside = [one for one in points if one.instances <= found.largest]
    beyond = [one for one in points if one.instances >= found.largest]
    for part, style in ((inside, "-"), (beyond, _BEYOND)):
        xs, ys = [one.instances for one in part], [one.eps for one in part]
        axes.plot(xs, ys, color=color, lw=1.5, ls=style)


def _draw_capacity(axes: Axes, found: ScalingResult, point: CapacityPoint, shift: float) -> None:
    color, at = color_of(found.engine), point.instances + shift
    axes.plot([at, at], [point.low_eps, point.high_eps], color=color, lw=5, solid_capstyle="butt")
    axes.plot(at, point.high_eps, "_", ms=11, mec=color, mew=1.6)
    face = color if point.confirmed else "white"
    axes.plot(at, point.low_eps, mark_of(found.engine), ms=8, mfc=face, mec=color, mew=1.5)


def _draw_efficiency(axes: Axes, found: ScalingResult, shift: float) -> None:
    color = color_of(found.engine)
    known = [(p.instances + shift, p.efficiency) for p in found.counts if p.efficiency]
    axes.plot([x for x, _ in known], [_number(e.value) for _, e in known], color=color, lw=1.2)
    for at, share in known:
        _interval(axes, at, share, color)
        axes.plot(at, _number(share.value), mark_of(found.engine), ms=7, mfc=color, mec=color)


def _interval(axes: Axes, at: float, share: EstimateResult, color: str) -> None:
    low, high = _number(share.low), _number(share.high)
    if low < high:
        axes.plot([at, at], [low, high], color=color, lw=1.6)
        axes.plot([at, at], [low, high], "_", ms=9, color=color, mew=1.4)


def _number(value: float | None) -> float:
    return value or 0.0


def _finish_rates(axes: Axes, found: Sequence[ScalingResult]) -> None:
    furthest = max(one.fitted[-1].instances for one in found)
    axes.set_xticks(range(furthest + 1))
    axes.set_xlabel("instances")
    axes.set_ylabel("records per second")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    from_zero(axes, right=furthest + 0.8, top=1.25 * axes.get_ylim()[1])
    for one in found:
        last = one.fitted[-1]
        axes.annotate(
            name_of(one, found),
            (last.instances, last.eps),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=9.5,
        )


def _finish_shares(axes: Axes, found: Sequence[ScalingResult]) -> None:
    largest = max(one.largest for one in found)
    axes.axhline(1.0, color=MUTED, lw=1, ls=(0, (4, 2)))
    axes.set_xticks(range(largest + 1))
    axes.set_xlabel("instances")
    axes.set_ylabel("efficiency")
    top = max([1.2, *(_number(p.efficiency.high) for o in found for p in o.counts if p.efficiency)])
    from_zero(axes, right=largest + 0.8, top=top * 1.06)


def _legend(found: Sequence[ScalingResult]) -> list[Line2D | Patch]:
    fits = {"line": "line through the origin", "usl": "Universal Scalability Law"}
    law = " and ".join(dict.fromkeys(fits[one.law] for one in found))
    return [
        Line2D([], [], color=INK, lw=5, label="last rate held to first lost"),
        Line2D([], [], color=INK, lw=1.5, label=law),
        Line2D([], [], color=INK, lw=1.5, ls=_BEYOND, label="the same, not measured there"),
        Patch(facecolor=INK, alpha=0.13, label="interval of the fit"),
    ]
