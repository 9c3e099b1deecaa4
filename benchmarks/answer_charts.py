"""Charts of the answers: instances needed against rate, rate held against instances. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from benchmarks.charts import (
    INK,
    WIDTH_IN,
    color_of,
    from_zero,
    mark_of,
)
from benchmarks.result import AnswerResult, CellResult, KneeResult

_DODGE: Final = 0.12
"""Marks of different engines at one place stand this far apart, in instances."""


def demand_chart(answers: Sequence[AnswerResult], quota: float | None = None) -> Figure:
    """Instances that a rate needs: a step line for each engine.

    Args:
        answers: of one instance size.
        quota: cores of an instance, for a second axis; None for none.
    """
    engines = list(dict.fromkeys(one.engine for one in answers))
    most = max((one.instances or one.extrapolated or 0 for one in answers), default=0)
    figure = Figure(figsize=(WIDTH_IN, 3.4))
    axes = figure.subplots()
    for number, engine in enumerate(engines):
        shift = _DODGE * (number - (len(engines) - 1) / 2)
        ours = sorted((one for one in answers if one.engine == engine), key=_target)
        _draw_demand(axes, ours, shift, most)
    axes.set_xlabel("records per second")
    axes.set_ylabel("instances needed")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    largest = max((one.target_eps for one in answers), default=1.0)
    from_zero(axes, right=largest * 1.25, top=most + (1.6 if _has_none(answers) else 0.9))
    verified = Line2D([], [], marker="o", color=INK, mfc=INK, ls="", label="verified by runs")
    others = Line2D([], [], marker="o", color=INK, mfc="white", ls="", label="not verified")
    beyond = Line2D([], [], marker="P", color=INK, mfc="white", ls=":", label="extrapolated")
    shown = [verified, others, *([beyond] if any(one.extrapolated for one in answers) else [])]
    axes.legend(handles=shown, loc="upper left", frameon=False, fontsize=9)
    if quota is not None:
        to_cores, to_count = partial(np.multiply, quota), partial(np.multiply, 1 / quota)
        cores = axes.secondary_yaxis("right", functions=(to_cores, to_count))
        cores.set_ylabel(f"cores, {quota:g} each")
    return figure


def _target(answer: AnswerResult) -> float:
    return answer.target_eps


def _has_none(answers: Sequence[AnswerResult]) -> bool:
    return any(one.instances is None and one.extrapolated is None for one in answers)


def _draw_demand(axes: Axes, ours: Sequence[AnswerResult], shift: float, most: int) -> None:
    engine = ours[0].engine
    color, mark = color_of(engine), mark_of(engine)
    found = [one for one in ours if one.instances is not None]
    heights = [(one.instances or 0) + shift for one in found]
    targets = [one.target_eps for one in found]
    # the count of a target holds for every lower rate down to the one before
    if found:
        axes.step([0.0, *targets], [heights[0], *heights], where="pre", color=color, lw=1.8)
    for one, height in zip(found, heights, strict=True):
        face = color if one.verified else "white"
        axes.plot(one.target_eps, height, mark, ms=8, mfc=face, mec=color, mew=1.6)
    _draw_extrapolated(axes, ours, shift)
    for one in ours:
        if one.instances is None and one.extrapolated is None:
            axes.plot(one.target_eps, most + 1 + shift, "x", ms=9, mec=color, mew=2)
            _note(axes, one.target_eps, most + 1 + shift, f"{engine}: no count known")
    if found:
        _note(axes, targets[-1], heights[-1], engine, up=shift >= 0)


def _draw_extrapolated(axes: Axes, ours: Sequence[AnswerResult], shift: float) -> None:
    """Counts by the fit, on a dotted line that goes on from the last one that was measured."""
    color = color_of(ours[0].engine)
    beyond = [(one.target_eps, one.extrapolated + shift) for one in ours if one.extrapolated]
    if not beyond:
        return
    last = [(one.target_eps, one.instances + shift) for one in ours if one.instances][-1:]
    xs, ys = [x for x, _ in (*last, *beyond)], [y for _, y in (*last, *beyond)]
    axes.step(xs, ys, where="pre", color=color, lw=1.2, ls=":")
    for x, y in beyond:
        axes.plot(x, y, "P", ms=8, mfc="white", mec=color, mew=1.4)


def _note(axes: Axes, x: float, y: float, text: str, *, up: bool = True) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(9, 5 if up else -5),
        textcoords="offset points",
        va="bottom" if up else "top",
        fontsize=9.5,
    )


def capacity_chart(cells: Sequence[CellResult]) -> Figure:
    """Rate held against instances: a bar from the last rate held to the first one lost."""
    lines = list(dict.fromkeys((cell.engine, cell.cpu) for cell in cells))
    figure = Figure(figsize=(WIDTH_IN, 3.8))
    axes = figure.subplots()
    for number, line in enumerate(lines):
        shift = 1.5 * _DODGE * (number - (len(lines) - 1) / 2)
        ours = sorted((one for one in cells if (one.engine, one.cpu) == line), key=_instances)
        _draw_capacity(axes, ours, shift)
    counts = sorted({cell.instances for cell in cells})
    axes.set_xticks(counts)
    axes.set_xlabel("instances")
    axes.set_ylabel("records per second")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    top = axes.get_ylim()[1]
    from_zero(axes, right=counts[-1] + 0.6, top=top * 1.08)
    axes.legend(handles=_capacity_legend(), loc="upper left", frameon=False, fontsize=9)
    return figure


def _instances(cell: CellResult) -> int:
    return cell.instances


def _draw_capacity(axes: Axes, ours: Sequence[CellResult], shift: float) -> None:
    engine = ours[0].engine
    color = color_of(engine)
    held = [
        (cell.instances + shift, cell.knee_backlog.low_eps)
        for cell in ours
        if cell.knee_backlog and cell.knee_backlog.low_eps is not None
    ]
    axes.plot([x for x, _ in held], [y for _, y in held], color=color, lw=1.2)
    for cell in ours:
        if cell.knee_backlog is not None:
            _interval(axes, cell.instances + shift, cell.knee_backlog, engine)
        if cell.knee_latency is not None:
            at = cell.instances + shift + _DODGE / 3
            _interval(axes, at, cell.knee_latency, engine, thin=True)
    if held:
        axes.annotate(
            f"{engine}, {ours[0].cpu:g} core" if ours[0].size_name else engine,
            held[-1],
            xytext=(30, -2),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
        )


def _interval(axes: Axes, at: float, knee: KneeResult, engine: str, *, thin: bool = False) -> None:
    """A bar from the rate held to the rate lost; an arrow where none was lost."""
    color = color_of(engine)
    low = knee.low_eps or 0.0
    width, style = (1.4, (0, (2, 1.2))) if thin else (5.0, "-")
    if knee.high_eps is not None:
        axes.plot([at, at], [low, knee.high_eps], color=color, lw=width, ls=style)
        axes.plot(at, knee.high_eps, "_", ms=11, mec=color, mew=1.6)
    else:
        axes.plot(at, low * 1.05, "^", ms=6, mfc="white", mec=color)
    face = color if knee.confirmed else "white"
    axes.plot(at, low, mark_of(engine), ms=5 if thin else 8, mfc=face, mec=color, mew=1.5)


def _capacity_legend() -> list[Line2D]:
    return [
        Line2D([], [], color=INK, lw=5, label="backlog: last rate held to first lost"),
        Line2D([], [], color=INK, lw=1.4, ls=(0, (2, 1.2)), label="the same with the latency SLO"),
        Line2D([], [], marker="o", color=INK, mfc=INK, ls="", label="confirmed by repetition"),
        Line2D([], [], marker="o", color=INK, mfc="white", ls="", label="not confirmed"),
        Line2D([], [], marker="^", color=INK, mfc="white", ls="", label="no rate was lost"),
    ]
