"""Chart of cost: what a million events cost at each rate. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.charts import WIDTH_IN, color_of, from_zero, line_of, mark_of
from benchmarks.cost_answers import fewest, total_provisioned, total_used
from benchmarks.sizing_result import CostResult

_Total = Callable[[Iterable[CostResult]], float | None]
_Line = tuple[str, float | None]
"""Engine and quota of an instance."""

TITLES: Final[tuple[tuple[str, _Total], ...]] = (
    ("Provisioned: what is up", total_provisioned),
    ("Used: CPU time", total_used),
)


def cost_chart(rows: Sequence[CostResult], currency: str) -> Figure:
    """Cost of a million events against rate, each rate with the fewest instances that held it.

    Rates stand side by side: on a scale of numbers half of them would be one spot.
    """
    rates = sorted({row.rate_eps for row in rows})
    lines: list[_Line] = list(dict.fromkeys((row.engine, row.cpu) for row in rows))
    figure = Figure(figsize=(WIDTH_IN, 4.0))
    panels = figure.subplots(1, len(TITLES))
    for axes, (title, total) in zip(panels, TITLES, strict=True):
        for line in lines:
            _draw(axes, _of(rows, line), rates, total, _style(line, lines))
        axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold")
        axes.set_xticks(range(1, len(rates) + 1), [_tick(rows, lines, rate) for rate in rates])
        axes.tick_params(axis="x", labelsize=8.5)
        axes.set_xlabel("records per second; below: instances, in the order of the legend")
        from_zero(axes, right=len(rates) + 0.6, top=1.1 * axes.get_ylim()[1])
    panels[0].set_ylabel(f"{currency} per million records")
    panels[0].legend(handles=_legend(lines), loc="upper right", frameon=False, fontsize=9)
    return figure


def _of(rows: Iterable[CostResult], line: _Line) -> list[CostResult]:
    return [row for row in rows if (row.engine, row.cpu) == line]


def _style(line: _Line, lines: Sequence[_Line]) -> object:
    """Sizes of one engine differ in their dashes."""
    return line_of([one for one in lines if one[0] == line[0]].index(line))


def _draw(
    axes: Axes, rows: Sequence[CostResult], rates: Sequence[float], total: _Total, style: object
) -> None:
    color, mark = color_of(rows[0].engine), mark_of(rows[0].engine)
    points = [
        (place, cost)
        for place, rate in enumerate(rates, start=1)
        if (cost := total(fewest(rows, rate))) is not None
    ]
    places, costs = [place for place, _ in points], [cost for _, cost in points]
    axes.plot(places, costs, color=color, ls=style, lw=1.6, marker=mark, ms=6)


def _tick(rows: Sequence[CostResult], lines: Sequence[_Line], rate_eps: float) -> str:
    counts = []
    for line in lines:
        parts = fewest(_of(rows, line), rate_eps)
        counts.append(f"x{parts[0].instances}" if parts else "-")
    return "\n".join([f"{rate_eps:g}", *counts])


def _legend(lines: Sequence[_Line]) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            color=color_of(line[0]),
            marker=mark_of(line[0]),
            ls=_style(line, lines),
            label=line[0] if line[1] is None else f"{line[0]}, {line[1]:g} core",
        )
        for line in lines
    ]
