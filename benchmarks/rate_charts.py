"""Charts against the rate: latency, CPU, and the verdict of every cell. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from benchmarks.charts import (
    GRID,
    INK,
    MUTED,
    WIDTH_IN,
    color_of,
    from_zero,
    line_of,
    mark_of,
)
from benchmarks.result import CellResult, StepResult, cell_title
from benchmarks.verdict import Verdict

ROOM_ABOVE: Final = 1.5
"""Factor between the largest latency or its limit and the end of the axis."""
BAND_COLOR: Final = "#d1d5db"
VERDICT_FACES: Final[Mapping[Verdict, tuple[str, str, str, str]]] = {
    "sustainable": ("#d3eadf", INK, "held", "✓"),
    "unsustainable": ("#7f1d1d", "white", "lost", "✗"),
    "inconclusive": ("#d9b44a", INK, "open", "?"),
    "invalid": ("white", MUTED, "inv.", "○"),
}
"""Face, ink, word and sign; their lightness differs, so they can be told apart in grey."""
WORDS_UP_TO: Final = 30
"""With more columns than this a word is wider than its field, and a sign stands there."""


def latency_rate_chart(
    steps: Sequence[StepResult], cells: Sequence[CellResult], slo_ms: float
) -> Figure:
    """p50 and p99 against rate, a panel for each cell, with the SLO and the band of the knee.

    The latencies of engines lie powers of ten apart, so their axis is logarithmic.
    """
    columns = 2 if len(cells) in {2, 4} else min(len(cells), 3)
    rows = math.ceil(len(cells) / columns)
    figure = Figure(figsize=(WIDTH_IN, 2.9 * rows + 0.4))
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for panel in panels.flat[len(cells) :]:
        panel.set_visible(False)
    top_ms = _latency_top(steps, slo_ms)
    for panel, cell in zip(panels.flat, cells, strict=False):
        ours = [step for step in steps if step.cell == cell.id]
        _draw_latency(panel, cell, ours, top_ms)
        panel.axhline(slo_ms, color=INK, lw=1, ls=(0, (4, 2)))
        panel.annotate(
            f"SLO {slo_ms:g} ms",
            (0, slo_ms),
            xytext=(3, 3),
            textcoords="offset points",
            fontsize=8.5,
        )
        panel.set_title(cell_title(cell), loc="left", fontsize=10, fontweight="bold")
        panel.set_xlim(0)
        panel.set_yscale("log")
        panel.set_ylim(_latency_bottom(steps, slo_ms), top_ms)
        panel.yaxis.set_major_formatter("{x:g}")
    for panel in panels[:, 0]:
        panel.set_ylabel("due to append, ms")
    for panel in panels[-1, :]:
        panel.set_xlabel("records per second")
    figure.legend(
        handles=_latency_legend(), loc="outside upper right", ncols=4, frameon=False, fontsize=9
    )
    return figure


def _latency_top(steps: Sequence[StepResult], slo_ms: float) -> float:
    p99s = [step.latency_ms.p99 for step in steps if step.latency_ms and step.latency_ms.p99]
    return max([*p99s, slo_ms]) * ROOM_ABOVE


def _latency_bottom(steps: Sequence[StepResult], slo_ms: float) -> float:
    """The power of ten below everything."""
    p50s = [step.latency_ms.p50 for step in steps if step.latency_ms and step.latency_ms.p50]
    return math.pow(10, math.floor(math.log10(min([*p50s, slo_ms]))))


def _draw_latency(
    panel: Axes, cell: CellResult, steps: Sequence[StepResult], top_ms: float
) -> None:
    color, mark = color_of(cell.engine), mark_of(cell.engine)
    knee = cell.knee_backlog
    if knee and knee.low_eps is not None and knee.high_eps is not None:
        panel.axvspan(knee.low_eps, knee.high_eps, color=BAND_COLOR, lw=0, zorder=0)
    for name, width, style, size in (("p50", 1.2, (0, (3, 1.5)), 4), ("p99", 1.8, "-", 6)):
        points = [(step, _shown_ms(step, name, top_ms)) for step in steps if step.latency_ms]
        medians = medians_by_rate([(s.rate_eps, ms) for s, ms in points if _is_valid(s)])
        panel.plot(list(medians), list(medians.values()), color=color, lw=width, ls=style)
        for step, shown_ms in points:
            beyond = shown_ms >= top_ms
            face = color if _is_valid(step) else "white"
            shape = "^" if beyond else mark
            panel.plot(step.rate_eps, shown_ms, shape, ms=size, mfc=face, mec=color, clip_on=False)


def _is_valid(step: StepResult) -> bool:
    return step.verdict != "invalid"


def _shown_ms(step: StepResult, name: str, top_ms: float) -> float:
    """Where a percentile is drawn; one that was never reached lies above every limit."""
    value_ms = getattr(step.latency_ms, name)
    return top_ms if value_ms is None else min(value_ms, top_ms)


def medians_by_rate(points: Sequence[tuple[float, float]]) -> dict[float, float]:
    """The median over repetitions of each rate, rates rising."""
    return {
        rate: statistics.median(y for x, y in points if x == rate)
        for rate in sorted({x for x, _ in points})
    }


def _latency_legend() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=INK, lw=1.8, label="p99"),
        Line2D([], [], color=INK, lw=1.2, ls=(0, (3, 1.5)), label="p50"),
        Patch(facecolor=BAND_COLOR, label="the backlog starts to grow here"),
        Line2D([], [], marker="^", color=INK, ls="", label="above the axis"),
    ]


def cpu_rate_chart(steps: Sequence[StepResult]) -> Figure:
    """CPU-seconds per million records against rate, a line for each cell."""
    figure = Figure(figsize=(WIDTH_IN, 3.8))
    axes = figure.subplots()
    shown = [step for step in steps if step.cpu_s_per_million is not None]
    for cell in dict.fromkeys(step.cell for step in shown):
        ours = [step for step in shown if step.cell == cell]
        engine = ours[0].engine
        color, mark = color_of(engine), mark_of(engine)
        valid = [(one.rate_eps, one.cpu_s_per_million or 0.0) for one in ours if _is_valid(one)]
        medians = medians_by_rate(valid)
        label = cell_title(ours[0])
        style = line_of(ours[0].instances - 1)
        axes.plot(list(medians), list(medians.values()), color=color, ls=style, lw=1.6)
        axes.plot([], [], color=color, ls=style, marker=mark, label=label)
        for one in ours:
            face = color if _is_valid(one) else "white"
            axes.plot(one.rate_eps, one.cpu_s_per_million or 0.0, mark, ms=5.5, mfc=face, mec=color)
    axes.set_xlabel("records per second")
    axes.set_ylabel("CPU-seconds per million records")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    from_zero(axes)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9.5, handlelength=4)
    return figure


def verdict_map(steps: Sequence[StepResult]) -> Figure:
    """What came of each instance count at each rate, a block for each engine."""
    engines = list(dict.fromkeys(step.engine for step in steps))
    rates = sorted({step.rate_eps for step in steps})
    counts = {one: sorted({_row(s) for s in steps if s.engine == one}) for one in engines}
    rows = [len(counts[engine]) for engine in engines]
    figure = Figure(figsize=(WIDTH_IN, 0.5 * sum(rows) + 0.55 * len(engines) + 0.5))
    panels = figure.subplots(
        len(engines), 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": rows}
    )
    for panel, engine in zip(panels.flat, engines, strict=True):
        for row, count in enumerate(counts[engine]):
            for column, rate in enumerate(rates):
                key = (engine, count, rate)
                found = [s for s in steps if (s.engine, _row(s), s.rate_eps) == key]
                if found:
                    _draw_verdict(panel, (column, row), found, wide=len(rates) <= WORDS_UP_TO)
        _map_axes(panel, engine, [_row_name(one) for one in counts[engine]], rates)
    panels[-1, 0].set_xlabel("records per second")
    return figure


def _row(step: StepResult) -> tuple[int, float]:
    """Instances, and their size where the campaign has several."""
    return step.instances, (step.cpu or 0.0) if step.size_name else 0.0


def _row_name(row: tuple[int, float]) -> str:
    count, cpu = row
    return f"x{count}" + (f" of {cpu:g}" if cpu else "")


def majority(steps: Sequence[StepResult]) -> Verdict:
    """The verdict of most steps of one rate that are valid; a tie is no decision."""
    votes = [step.verdict for step in steps if _is_valid(step)]
    if not votes:
        return "invalid"
    first, *others = statistics.multimode(votes)
    return "inconclusive" if others else first


def _draw_verdict(
    panel: Axes, place: tuple[int, int], steps: Sequence[StepResult], *, wide: bool
) -> None:
    verdict = majority(steps)
    face, ink, word, sign = VERDICT_FACES[verdict]
    column, row = place
    hollow = verdict == "invalid"
    panel.add_patch(
        Rectangle(
            (column + 0.04, row + 0.06),
            0.92,
            0.88,
            fc=face,
            ec=MUTED if hollow else face,
            ls=(0, (2, 1.5)) if hollow else "-",
        )
    )
    agreeing = sum(step.verdict == verdict for step in steps)
    count = f"\n{agreeing} of {len(steps)}" if len(steps) > 1 else ""
    text = f"{word}{count}" if wide else sign
    panel.text(column + 0.5, row + 0.5, text, color=ink, ha="center", va="center", fontsize=8)


def _map_axes(panel: Axes, engine: str, rows: Sequence[str], rates: Sequence[float]) -> None:
    panel.set_xlim(0, len(rates))
    panel.set_ylim(0, len(rows))
    rotation = 0 if len(rates) <= 16 else 60
    size = 10 if len(rates) <= WORDS_UP_TO else 8
    panel.set_xticks(
        [column + 0.5 for column in range(len(rates))],
        [f"{rate:g}" for rate in rates],
        rotation=rotation,
        fontsize=size,
    )
    panel.set_yticks([row + 0.5 for row in range(len(rows))], rows)
    panel.tick_params(length=0)
    panel.grid(visible=False)
    for side in ("left", "bottom"):
        panel.spines[side].set_color(GRID)
    panel.set_title(engine, loc="left", fontsize=10, fontweight="bold")
