"""Chart of cost: what a million events cost at each rate. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.charts import INK, WIDTH_IN, color_of, from_zero, mark_of
from benchmarks.cost_answers import fewest, total_provisioned, total_used
from benchmarks.sizing_result import CostResult

_USED: Final = (0, (3, 1.5))


def cost_chart(rows: Sequence[CostResult], currency: str) -> Figure:
    """Cost of a million events against rate, each rate with the fewest instances that held it.

    Rates stand side by side: on a scale of numbers half of them would be one spot.
    """
    rates = sorted({row.rate_eps for row in rows})
    figure = Figure(figsize=(WIDTH_IN, 3.8))
    axes = figure.subplots()
    for engine, size in dict.fromkeys((row.engine, row.cpu) for row in rows):
        ours = [row for row in rows if (row.engine, row.cpu) == (engine, size)]
        _draw(axes, ours, rates)
    axes.set_xticks(range(1, len(rates) + 1), [f"{rate:g}" for rate in rates])
    axes.set_xlabel("records per second")
    axes.set_ylabel(f"{currency} per million records")
    from_zero(axes, right=len(rates) + 1.2, top=1.12 * axes.get_ylim()[1])
    axes.legend(handles=_legend(), loc="upper right", frameon=False, fontsize=9)
    return figure


def _draw(axes: Axes, rows: Sequence[CostResult], rates: Sequence[float]) -> None:
    engine, color = rows[0].engine, color_of(rows[0].engine)
    sizes = {row.cpu for row in rows}
    for read, style, fill in ((total_provisioned, "-", True), (total_used, _USED, False)):
        points = [
            (1 + place, total, parts[0].instances)
            for place, rate in enumerate(rates)
            if (parts := fewest(rows, rate)) and (total := read(parts)) is not None
        ]
        axes.plot([x for x, *_ in points], [y for _, y, _ in points], color=color, ls=style, lw=1.6)
        for x, y, count in points:
            face = color if fill else "white"
            axes.plot(x, y, mark_of(engine), ms=6.5, mfc=face, mec=color)
            if fill:
                _note(axes, (x, y), f"x{count}", (0, 7))
        if points and fill:
            size = "" if len(sizes) == 1 and None in sizes else f", {rows[0].cpu or 0:g} core"
            _note(axes, points[-1][:2], f"{engine}{size}", (12, -3))


def _note(axes: Axes, place: tuple[float, float], text: str, offset: tuple[float, float]) -> None:
    axes.annotate(
        text,
        place,
        xytext=offset,
        textcoords="offset points",
        ha="center" if offset[0] == 0 else "left",
        fontsize=8.5,
    )


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], marker="o", color=INK, mfc=INK, label="provisioned: what is up"),
        Line2D([], [], marker="o", color=INK, mfc="white", ls=_USED, label="used: CPU time"),
    ]
