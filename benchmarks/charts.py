"""The report's charts as SVG text, from saved results only."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.backlog import Backlog, lower_envelope
from benchmarks.latency import FloatArray, curve
from benchmarks.result import StepResult

ENGINE_COLORS: Final[Mapping[str, str]] = {
    "faust": "#0f766e",
    "spark": "#c2410c",
    "plain": "#475569",
}
"""Different in lightness too, so that they differ in grey."""
OTHER_COLOR: Final = "#6d28d9"
INK: Final = "#1f2937"
MUTED: Final = "#6b7280"
GRID: Final = "#e5e7eb"
LINE_STYLES: Final = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))

# matplotlib types the keys as one very long Literal
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",  # text stays text: small, sharp, searchable
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True, slots=True)
class StepSeries:
    """What is drawn of a step.

    Attributes:
        result: its numbers.
        backlog: over the whole step; seconds since the first due time.
        latency_ms: of each record due in the window, infinite where it never came out.
        window_s: start and end of the window, seconds since the first due time.
    """

    result: StepResult
    backlog: Backlog
    latency_ms: FloatArray
    window_s: tuple[float, float]


def color_of(engine: str) -> str:
    """The same colour for an engine everywhere."""
    return ENGINE_COLORS.get(engine, OTHER_COLOR)


def backlog_chart(series: Sequence[StepSeries]) -> str:
    """Backlog over time, one panel for each step: a row for each rate, a column for each engine."""
    rates = sorted({one.result.rate_eps for one in series})
    engines = list(dict.fromkeys((one.result.engine, one.result.instances) for one in series))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.4 * len(engines), 2.7 * len(rates)))
        panels = figure.subplots(len(rates), len(engines), squeeze=False, sharex=True, sharey="row")
        for panel in panels.flat:
            panel.set_visible(False)
        for one in series:
            key = (one.result.engine, one.result.instances)
            _draw_backlog(panels[rates.index(one.result.rate_eps), engines.index(key)], one)
        for panel in panels.flat:  # the last thing, because a set limit no longer follows a curve
            panel.set_ylim(bottom=0)
            panel.set_xlim(left=0)
        for panel in panels[:, 0]:
            panel.set_ylabel("backlog, records")
        for panel in panels[-1, :]:
            panel.set_xlabel("seconds since the first record was due")
        return _svg(figure, "Backlog over time, one panel for each engine and rate")


def _draw_backlog(panel: Axes, one: StepSeries) -> None:
    result, (start_s, end_s) = one.result, one.window_s
    color = color_of(result.engine)
    panel.set_visible(True)
    panel.axvspan(start_s, end_s, color="#f3f4f6", lw=0, zorder=0)
    panel.plot(one.backlog.at_s, one.backlog.events, color=color, lw=1.2)
    inside = one.backlog.between(start_s, end_s)
    lowest = lower_envelope(inside)
    panel.plot(lowest.at_s, lowest.events, "o", ms=4, mfc="white", mec=color, mew=1.2)
    if result.backlog_slope_eps is not None and len(lowest.at_s):
        middle = np.median(lowest.events - result.backlog_slope_eps * lowest.at_s)
        ends = np.array([start_s, end_s])
        panel.plot(ends, middle + result.backlog_slope_eps * ends, color=INK, lw=1, ls=(0, (4, 2)))
    panel.set_title(
        f"{result.engine} x{result.instances} at {result.rate_eps:g}/s: {result.verdict}",
        loc="left",
        fontsize=10.5,
        fontweight="bold",
    )
    panel.margins(x=0.01)


def latency_chart(series: Sequence[StepSeries]) -> str:
    """Latency against percentile with a logarithmic tail, one line for each step."""
    rates = sorted({one.result.rate_eps for one in series})
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10.8, 4.2))
        axes = figure.subplots()
        ends: list[tuple[float, float, str, str]] = []
        for one in series:
            slower, latency_ms = curve(one.latency_ms)
            if not len(slower):
                continue
            result, color = one.result, color_of(one.result.engine)
            style = LINE_STYLES[rates.index(result.rate_eps) % len(LINE_STYLES)]
            axes.plot(1 / slower, np.maximum(latency_ms, 0.5), color=color, ls=style, lw=1.8)
            label = f"{result.engine} x{result.instances} at {result.rate_eps:g}/s"
            ends.append((1 / slower[-1], max(latency_ms[-1], 0.5), label, color))
        _latency_axes(axes, ends)
        return _svg(figure, "Latency by percentile, one line for each engine and rate")


def _latency_axes(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    largest = max((end[0] for end in ends), default=100.0)
    marks = [mark for mark in (1, 2, 10, 100, 1_000, 10_000, 100_000) if mark <= largest]
    names = {1: "min", 2: "p50", 10: "p90", 100: "p99", 1_000: "p99.9", 10_000: "p99.99"}
    axes.set_xticks(marks, [names.get(mark, f"p{100 - 100 / mark:g}") for mark in marks])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlim(1, largest * 8)
    axes.set_ylabel("due time to append time, ms")
    low, high = axes.get_ylim()
    for (x, y, label, color), y_text in zip(ends, spread([end[1] for end in ends]), strict=True):
        axes.plot([x, largest * 1.3], [y, y_text], color=color, lw=0.6, ls=(0, (1, 2)))
        axes.text(largest * 1.4, y_text, label, color=color, va="center", fontsize=9.5)
        low, high = min(low, y_text / 1.2), max(high, y_text * 1.2)
    axes.set_ylim(low, high)


def spread(values: Sequence[float], factor: float = 1.35) -> list[float]:
    """Positions near positive values, at least a factor apart, so that labels do not overlap."""
    order = np.argsort(values)
    placed = [0.0] * len(values)
    last = 0.0
    for index in order:
        last = max(values[index], last * factor)
        placed[index] = last
    return placed


def cpu_chart(results: Sequence[StepResult]) -> str:
    """CPU-seconds per million events, one bar for each step."""
    shown = [one for one in results if one.cpu_s_per_million is not None]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10.8, 0.45 * max(len(shown), 1) + 0.7))
        axes = figure.subplots()
        for row, one in enumerate(shown):
            value = one.cpu_s_per_million or 0.0
            is_valid = one.verdict != "invalid"
            color = color_of(one.engine)
            axes.barh(row, value, color=color if is_valid else "white", ec=color, height=0.62)
            axes.annotate(
                f"{value:,.0f}",
                (value, row),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=9.5,
            )
        labels = [f"{one.engine} x{one.instances} at {one.rate_eps:g}/s" for one in shown]
        axes.set_yticks(range(len(shown)), labels)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.invert_yaxis()
        axes.margins(x=0.09)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("CPU-seconds of the engine per million records")
        return _svg(figure, "CPU-seconds per million records")


def _svg(figure: Figure, title: str) -> str:
    """An `<svg>` element to stand inside HTML: no XML head, no fixed size, a title for readers."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?)', r"\1\2", text, count=1)
    return text.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
