"""Charts of single steps: backlog over time, latency by percentile, CPU for each. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.backlog import lower_envelope, trend
from benchmarks.charts import (
    INK,
    SHADE,
    WIDTH_IN,
    StepSeries,
    color_of,
    from_zero,
    line_of,
    spread,
)
from benchmarks.latency import curve
from benchmarks.result import StepResult, cell_title

COLUMNS: Final = 4
"""Panels beside each other: at 1280 pixels each is 280 wide, and its title still fits."""


def backlog_grid(series: Sequence[StepSeries]) -> Figure:
    """Backlog over time, one panel for each step: a row for each rate, a column for each cell."""
    rates = sorted({one.result.rate_eps for one in series})
    cells = list(dict.fromkeys(one.result.cell for one in series))
    figure = Figure(figsize=(WIDTH_IN / 2 * max(len(cells), 1), 2.7 * len(rates)))
    panels = figure.subplots(len(rates), len(cells), squeeze=False, sharex=True, sharey="row")
    for panel in panels.flat:
        panel.set_visible(False)
    for one in series:
        panel = panels[rates.index(one.result.rate_eps), cells.index(one.result.cell)]
        _draw_backlog(panel, one)
        panel.set_title(_heading(one.result), loc="left", fontsize=10.5, fontweight="bold")
    _finish(panels)
    return figure


def backlog_panels(series: Sequence[StepSeries]) -> Figure:
    """Backlog over time of all steps of one cell, in rows of small panels, rates rising."""
    ordered = sorted(series, key=lambda one: (one.result.rate_eps, one.result.repetition))
    rows = math.ceil(len(ordered) / COLUMNS)
    figure = Figure(figsize=(WIDTH_IN, 2.1 * rows + 0.3))
    panels = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True)
    for panel in panels.flat[len(ordered) :]:
        panel.set_visible(False)
    for panel, one in zip(panels.flat, ordered, strict=False):
        _draw_backlog(panel, one)
        panel.set_title(_short_heading(one.result), loc="left", fontsize=9, fontweight="bold")
        panel.tick_params(labelsize=8.5, labelbottom=True)
    _finish(panels)
    return figure


def _heading(result: StepResult) -> str:
    return f"{cell_title(result)} at {result.rate_eps:g}/s: {result.verdict}"


def _short_heading(result: StepResult) -> str:
    slope_eps = result.backlog_slope_eps
    word = "" if slope_eps is None else f"\n{trend(slope_eps, result.rate_eps)} {slope_eps:+.1f}/s"
    return f"{result.rate_eps:g}/s: {result.verdict}{word}"


def _finish(panels: np.ndarray) -> None:
    for panel in panels.flat:
        from_zero(panel)
    for panel in panels[:, 0]:
        panel.set_ylabel("backlog, records")
    for panel in panels[-1, :]:
        panel.set_xlabel("seconds since the start")


def _draw_backlog(panel: Axes, one: StepSeries) -> None:
    result, (start_s, end_s) = one.result, one.window_s
    color = color_of(result.engine)
    is_valid = result.verdict != "invalid"
    panel.set_visible(True)
    panel.axvspan(start_s, end_s, color=SHADE, lw=0, zorder=0)
    style = "-" if is_valid else (0, (2, 1.5))
    panel.plot(one.backlog.at_s, one.backlog.events, color=color, lw=1.2, ls=style)
    inside = one.backlog.between(start_s, end_s)
    lowest = lower_envelope(inside, one.block_s)
    face = color if is_valid else "white"
    panel.plot(lowest.at_s, lowest.events, "o", ms=3.5, mfc=face, mec=color, mew=1.0)
    if result.backlog_slope_eps is not None and len(lowest.at_s):
        middle = np.median(lowest.events - result.backlog_slope_eps * lowest.at_s)
        ends = np.array([start_s, end_s])
        panel.plot(ends, middle + result.backlog_slope_eps * ends, color=INK, lw=1, ls=(0, (4, 2)))
    panel.margins(x=0.01)


def latency_percentiles(series: Sequence[StepSeries]) -> Figure:
    """Latency against percentile with a logarithmic tail, one line for each step."""
    rates = sorted({one.result.rate_eps for one in series})
    figure = Figure(figsize=(WIDTH_IN, 4.2))
    axes = figure.subplots()
    ends: list[tuple[float, float, str, str]] = []
    for one in series:
        slower, latency_ms = curve(one.latency_ms)
        if not len(slower):
            continue
        result, color = one.result, color_of(one.result.engine)
        style = line_of(rates.index(result.rate_eps))
        axes.plot(1 / slower, np.maximum(latency_ms, 0.5), color=color, ls=style, lw=1.8)
        label = f"{cell_title(result)} at {result.rate_eps:g}/s"
        ends.append((1 / slower[-1], max(latency_ms[-1], 0.5), label, color))
    _latency_axes(axes, ends)
    return figure


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
        axes.text(largest * 1.4, y_text, label, color=INK, va="center", fontsize=9.5)
        low, high = min(low, y_text / 1.2), max(high, y_text * 1.2)
    axes.set_ylim(low, high)


def cpu_bars(results: Sequence[StepResult]) -> Figure:
    """CPU-seconds per million events, one bar for each step."""
    shown = [one for one in results if one.cpu_s_per_million is not None]
    figure = Figure(figsize=(WIDTH_IN, 0.45 * max(len(shown), 1) + 0.7))
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
    labels = [f"{cell_title(one)} at {one.rate_eps:g}/s" for one in shown]
    axes.set_yticks(range(len(shown)), labels)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.invert_yaxis()
    axes.margins(x=0.09)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("CPU-seconds of the engine per million records")
    return figure
