"""Charts of the quality of a model: precision against recall, calibration, cards of each day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.charts import GRID, INK, MUTED, WIDTH_IN, Chart, color_of, line_of, mark_of
from benchmarks.quality_result import ModelQuality, RunQuality
from benchmarks.quality_text import longest_steps, span_of, told_apart
from fraud_core.transaction import SECONDS_PER_DAY, format_time

_SCENARIO_NAMES: Final = {"1": "high amount", "2": "terminal", "3": "stolen card"}
_FACES: Final = ("#0b4f4a", "#8fbfb8")
_BAR: Final = 0.38

Told = tuple[str, str, ModelQuality]
"""Engine for the colour, name, figures."""


def quality_charts(quality: RunQuality | None) -> Iterator[Chart]:
    """What a run has data for."""
    told = told_of(quality) if quality else []
    if not told:
        return
    spans = "; ".join(dict.fromkeys(span_of(model) for _, _, model in told))
    yield Chart(
        "quality",
        "Quality of the model",
        f"{spans}. Left: precision against recall, marks at the thresholds review and block. "
        "Middle: share of frauds among transactions of about the same score; on the diagonal a "
        "score is a probability. Right: frauds found by kind, with 90 % intervals.",
        partial(figures_chart, told),
    )
    if any(model.card_precision_100 for _, _, model in told):
        yield Chart(
            "quality-days",
            "Compromised cards among the 100 with the highest scores of each day",
            "A card that was found is left out of later days. Dashed: a scorer that knows the "
            "truth, so the most possible.",
            partial(days_chart, told),
        )


def told_of(quality: RunQuality) -> list[Told]:
    """The models that are drawn; engines with equal figures are one line."""
    engines = {one.engine for one in longest_steps(quality)}
    told = []
    for name, model in told_apart(quality):
        if model.frauds:
            engine = next((one for one in sorted(engines) if name.startswith(one)), "")
            told.append((engine, name, model))
    return told


def figures_chart(told: Sequence[Told]) -> Figure:
    """Three panels: precision and recall, calibration, recall by kind of fraud."""
    figure = Figure(figsize=(WIDTH_IN, 3.7))
    curve, calibration, kinds = figure.subplots(1, 3)
    for place, (engine, name, model) in enumerate(told):
        color, style = color_of(engine), line_of(place)
        _draw_curve(curve, model, color, style, name)
        _draw_calibration(calibration, model, color, mark_of(engine))
    _finish_curve(curve, told)
    _finish_calibration(calibration)
    _draw_kinds(kinds, told[0][2])
    return figure


def _draw_curve(panel: Axes, model: ModelQuality, color: str, style: object, name: str) -> None:
    recall = [point.recall for point in model.curve]
    precision = [point.precision for point in model.curve]
    panel.plot(recall, precision, color=color, ls=style, lw=1.8, label=name)
    for at in model.thresholds:
        if at.recall.value is not None and at.precision.value is not None:
            panel.plot(at.recall.value, at.precision.value, "o", color=color, ms=6)
            panel.annotate(
                f"{at.name} {at.threshold:g}",
                (at.recall.value, at.precision.value),
                xytext=(-6, -10),
                textcoords="offset points",
                ha="right",
                fontsize=8.5,
            )


def _finish_curve(panel: Axes, told: Sequence[Told]) -> None:
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.02)
    panel.set_xlabel("recall")
    panel.set_ylabel("precision")
    panel.set_title(_areas(told[0][2]), loc="left", fontsize=10, fontweight="bold")
    panel.legend(loc="lower left", frameon=False, fontsize=8.5)


def _areas(model: ModelQuality) -> str:
    found = model.average_precision
    return f"average precision {found.value:.3f}" if found and found.value is not None else ""


def _draw_calibration(panel: Axes, model: ModelQuality, color: str, mark: str) -> None:
    bins = model.calibration.bins if model.calibration else []
    # a bin without frauds has no place on a logarithmic axis
    shown = [one for one in bins if one.fraud_share > 0 and one.score_mean > 0]
    panel.plot(
        [one.score_mean for one in shown],
        [one.fraud_share for one in shown],
        mark,
        color=color,
        ms=5,
    )


def _finish_calibration(panel: Axes) -> None:
    panel.plot([1e-4, 1], [1e-4, 1], color=MUTED, lw=1, ls=(0, (4, 2)))
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel("mean score")
    panel.set_ylabel("share of frauds")
    panel.set_title("calibration", loc="left", fontsize=10, fontweight="bold")


def _draw_kinds(panel: Axes, model: ModelQuality) -> None:
    places = np.arange(len(_SCENARIO_NAMES))
    for number, at in enumerate(model.thresholds):
        found = [at.recall_of_scenario[name] for name in _SCENARIO_NAMES]
        values = np.array([one.value or 0.0 for one in found])
        lows = np.array([one.value or 0.0 if one.low is None else one.low for one in found])
        highs = np.array([one.value or 0.0 if one.high is None else one.high for one in found])
        panel.bar(
            places + (number - 0.5) * _BAR,
            values,
            _BAR,
            color=_FACES[number % len(_FACES)],
            yerr=np.clip([values - lows, highs - values], 0, None),
            ecolor=INK,
            capsize=2,
            label=f"{at.name} {at.threshold:g}",
        )
    panel.set_xticks(places, list(_SCENARIO_NAMES.values()))
    panel.set_ylim(0, 1.25)
    panel.grid(visible=False, axis="x")
    panel.set_title("recall by kind of fraud", loc="left", fontsize=10, fontweight="bold")
    panel.legend(loc="upper right", ncols=2, frameon=False, fontsize=8.5)


def days_chart(told: Sequence[Told]) -> Figure:
    """Card precision of each whole day, and the most possible."""
    figure = Figure(figsize=(WIDTH_IN, 2.9))
    axes = figure.subplots()
    for place, (engine, name, model) in enumerate(told):
        cards = model.card_precision_100
        if cards is None:
            continue
        days = [one.day for one in cards.daily]
        values = [one.value for one in cards.daily]
        axes.plot(days, values, marker=mark_of(engine), color=color_of(engine), ls=line_of(place))
        axes.plot(days, [one.oracle for one in cards.daily], color=MUTED, ls=(0, (4, 2)))
        axes.annotate(name, (days[-1], values[-1]), xytext=(6, 0), textcoords="offset points")
        axes.set_xticks(days, [_date(day) for day in days], rotation=0, fontsize=8)
    axes.set_ylim(0, 1)
    axes.margins(x=0.12)
    axes.set_ylabel("card precision@100")
    axes.grid(color=GRID)
    return figure


def _date(day: int) -> str:
    return format_time(day * SECONDS_PER_DAY)[5:10]
