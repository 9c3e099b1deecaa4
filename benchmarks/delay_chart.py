"""The chart of the label delay: what ranks well, against how late outcomes come."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.charts import INK, MUTED, WIDTH_IN, color_of, mark_of
from benchmarks.delay_table import DelayQuality
from benchmarks.quality_result import Estimate
from benchmarks.quality_text import delay_text

Point = tuple[float, Estimate]


def delays_chart(delays: Sequence[DelayQuality]) -> Figure:
    """Average precision and card precision against the delay, with 90 % intervals."""
    figure = Figure(figsize=(WIDTH_IN, 3.8))
    left, right = figure.subplots(1, 2)
    for engine in dict.fromkeys(one.engine for one in delays):
        ours = [one for one in delays if one.engine == engine]
        areas = [(one.delay_s / 3600, one.average_precision) for one in ours]
        cards = [(one.delay_s / 3600, one.card_precision_100) for one in ours]
        _draw(left, [(x, found) for x, found in areas if found], engine)
        _draw(right, [(x, found.value) for x, found in cards if found], engine)
        most = [(x, found.oracle) for x, found in cards if found]
        right.plot([x for x, _ in most], [y for _, y in most], color=MUTED, ls=(0, (4, 2)))
    for panel, name in ((left, "average precision"), (right, "card precision@100")):
        _finish(panel, delays, name)
    right.set_title("dashed: a scorer that knows the truth", loc="right", fontsize=8.5, color=MUTED)
    return figure


def _draw(panel: Axes, points: Sequence[Point], engine: str) -> None:
    shown = [(x, one.value, one) for x, one in points if one.value is not None]
    if not shown:
        return
    hours, values = [x for x, _, _ in shown], [value for _, value, _ in shown]
    below = [value - (value if one.low is None else one.low) for _, value, one in shown]
    above = [(value if one.high is None else one.high) - value for _, value, one in shown]
    panel.errorbar(
        hours,
        values,
        yerr=[below, above],
        color=color_of(engine),
        marker=mark_of(engine),
        capsize=3,
        lw=1.8,
        elinewidth=1,
    )
    for x, value in zip(hours, values, strict=True):
        panel.annotate(
            f"{value:.2f}", (x, value), xytext=(7, 5), textcoords="offset points", fontsize=9
        )


def _finish(panel: Axes, delays: Sequence[DelayQuality], name: str) -> None:
    marks = sorted({one.delay_s for one in delays})
    panel.set_xscale("log")
    panel.set_xticks([one / 3600 for one in marks], [delay_text(one) for one in marks])
    panel.minorticks_off()
    panel.set_ylim(0, 1)
    panel.set_xlabel("from a transaction to its outcome")
    panel.set_title(name, loc="left", fontsize=10, fontweight="bold", color=INK)
    panel.margins(x=0.12)
