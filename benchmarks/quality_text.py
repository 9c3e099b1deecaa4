"""The quality of a run for people: a line for each step, then what its thresholds do. Pure."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.quality import BLOCK, REVIEW
from benchmarks.quality_result import (
    Estimate,
    ModelQuality,
    RunQuality,
    StepQuality,
    ThresholdQuality,
)
from fraud_core.transaction import SECONDS_PER_DAY, format_time

_WIDTH: Final = 120
_MODEL_SHOWN: Final = 8
_VIEWS: Final = {
    "settled": "settled: every outcome of the load",
    "as-of": "as-of: only outcomes that were known by the last event time",
}


def quality_text(quality: RunQuality) -> str:
    """All of it as text."""
    out = io.StringIO()
    console = Console(file=out, width=_WIDTH, highlight=False, markup=False)
    console.print(headline_of(quality), soft_wrap=True)
    console.print(_overview(quality.steps))
    for names, model in told_apart(quality):
        console.print()
        console.print(f"{names}, model {model.model[:_MODEL_SHOWN]}, {span_of(model)}")
        if model.transactions:
            console.print(_thresholds(model))
        for line in remarks_of(model):
            console.print(line, soft_wrap=True)
    console.print()
    for line in checks_of(quality):
        console.print(line, soft_wrap=True)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip()


def headline_of(quality: RunQuality) -> str:
    """Which run, and which outcomes count."""
    delay_s = quality.label_delay_s
    labels = f"; labels come after {delay_text(delay_s)}" if delay_s else ""
    return f"run {quality.run}, {_VIEWS[quality.view]}{labels}"


def delay_text(delay_s: int) -> str:
    """`6 h` or `7 days`."""
    if delay_s % SECONDS_PER_DAY:
        return f"{delay_s / 3600:g} h"
    days = delay_s // SECONDS_PER_DAY
    return "1 day" if days == 1 else f"{days} days"


def title_of(step: StepQuality) -> str:
    """`faust x1 @ 400/s`, or `faust x1 drain`."""
    how = "drain" if step.rate_eps is None else f"@ {step.rate_eps:g}/s"
    return f"{step.title} {how}"


def longest_steps(quality: RunQuality) -> list[StepQuality]:
    """Of each engine the step with the most predictions."""
    by_engine = {one.engine: one for one in sorted(quality.steps, key=lambda one: one.predicted)}
    return [by_engine[name] for name in sorted(by_engine)]


def told_apart(quality: RunQuality) -> Iterator[tuple[str, ModelQuality]]:
    """The models of the longest steps with their names; those with equal figures are one."""
    told: list[tuple[list[str], ModelQuality]] = []
    for step in longest_steps(quality):
        for model in step.models:
            same = next((names for names, one in told if one == model), None)
            if same is None:
                told.append(([title_of(step)], model))
            else:
                same.append(title_of(step))
    for names, model in told:
        yield " and ".join(names), model


def span_of(model: ModelQuality) -> str:
    """Which event time, how many transactions and frauds."""
    return (
        f"{format_time(model.first_s)} to {format_time(model.last_s)}: {model.transactions:,} "
        f"transactions, {model.frauds:,} frauds"
    )


def _overview(steps: Sequence[StepQuality]) -> Table:
    table = _table("step", "model")
    for name in (
        *("trans-\nactions", "whole\ndays", "AUC", "average\nprecision", "card pre-\ncision@100"),
        *("(most\npossible)", "good\ndeclined", "frauds missed\nper 100", "limits"),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for step in steps:
        for model in step.models:
            review, block = thresholds_of(model)
            cards = model.card_precision_100
            table.add_row(
                title_of(step),
                model.model[:_MODEL_SHOWN],
                f"{model.transactions:,}",
                str(model.days),
                number(model.auc_roc),
                number(model.average_precision),
                number(cards.value if cards else None),
                f"({cards.oracle:.3f})" if cards else "",
                percent(block.false_positive_share),
                number(review.missed_per_100, 2),
                "not met" if model.limits_broken else "met" if model.transactions else "-",
            )
    return table


def thresholds_of(model: ModelQuality) -> tuple[ThresholdQuality, ThresholdQuality]:
    """Review and block."""
    by_name = {one.name: one for one in model.thresholds}
    return by_name[REVIEW], by_name[BLOCK]


_ROWS: Final[tuple[tuple[str, Callable[[ThresholdQuality], str]], ...]] = (
    ("alerts", lambda at: f"{at.alerts:,}"),
    ("alerts a day", lambda at: "-" if at.alerts_a_day is None else f"{at.alerts_a_day:,.1f}"),
    ("precision", lambda at: with_interval(at.precision)),
    ("recall", lambda at: with_interval(at.recall)),
    ("false positives", lambda at: percents(at.false_positive_share)),
    ("recall: high amount", lambda at: with_interval(at.recall_of_scenario["1"])),
    ("recall: terminal", lambda at: with_interval(at.recall_of_scenario["2"])),
    ("recall: stolen card", lambda at: with_interval(at.recall_of_scenario["3"])),
    ("frauds missed per 100", lambda at: with_interval(at.missed_per_100)),
    ("amount missed", lambda at: _amount(at)),
)


def _thresholds(model: ModelQuality) -> Table:
    table = _table("")
    for at in model.thresholds:
        table.add_column(f"{at.name}: {at.threshold:g} and above", no_wrap=True)
    for name, text in _ROWS:
        table.add_row(name, *(text(at) for at in model.thresholds))
    return table


def _amount(at: ThresholdQuality) -> str:
    if at.missed_amount.value is None:
        return "-"
    return f"{at.missed_amount.value:,.0f} ({percent(at.missed_amount_share)} of all fraud)"


def remarks_of(model: ModelQuality) -> list[str]:
    """Intervals of the rankings, calibration, drift, and what could not be measured."""
    lines = []
    if model.average_precision:
        lines.append(
            f"AUC {with_interval(model.auc_roc)}, average precision "
            f"{with_interval(model.average_precision)}; 90 % of the bootstrap, customers drawn anew"
        )
    if model.card_precision_100:
        lines.append(
            f"card precision@100 {with_interval(model.card_precision_100.value)} over "
            f"{model.card_precision_100.days} whole days; a scorer that knows the truth has "
            f"{model.card_precision_100.oracle:.3f}"
        )
    if model.fraud_share.value is not None:
        lines.append(
            f"{100 * model.fraud_share.value:.2f} frauds in 100 transactions: to approve them all "
            "would miss so many"
        )
    if model.calibration:
        lines.append(
            f"calibration: mean score {model.calibration.score_mean:.4f}, share of frauds "
            f"{model.calibration.fraud_share:.4f}, mean distance {model.calibration.error:.4f}"
        )
    if model.drift:
        lines.append(_drift_line(model))
    if model.labels_incomplete:
        lines.append(f"{model.labels_incomplete:,} predictions were made without all labels")
    return lines + [f"limit not met: {one}" for one in model.limits_broken] + model.why


def _drift_line(model: ModelQuality) -> str:
    score = next((one for one in model.drift if one.column == "fraud_probability"), None)
    features = [one for one in model.drift if one is not score]
    parts = []
    if score:
        parts.append(f"of the scores {score.psi:.4f} over {score.rows:,} rows, {score.says}")
    if features:
        worst = features[0]
        parts.append(
            f"of the features at most {worst.psi:.4f} ({worst.column}) over {worst.rows:,} rows, "
            f"{worst.says}"
        )
    return f"PSI against the training window: {'; '.join(parts)}"


def checks_of(quality: RunQuality) -> list[str]:
    """Replay, engines against each other, what was not scored."""
    lines = []
    for step in quality.steps:
        replay = step.replay
        if replay.mismatches is None:
            lines.append(f"{title_of(step)}: features not recomputed: {replay.why}")
        else:
            lines.append(
                f"{title_of(step)}: features of {replay.customers_share:.0%} of the customers "
                f"computed again offline: {replay.mismatches} of {replay.rows:,} rows differ"
            )
        if step.frauds_not_scored:
            lines.append(f"{title_of(step)}: {step.frauds_not_scored:,} frauds have no prediction")
    for pair, count in quality.engines_differ.items():
        said = "equal to the bit" if count == 0 else f"{count:,} differ"
        lines.append(f"scores of {pair}: {said}")
    return lines + quality.left_out


def number(figure: Estimate | None, digits: int = 3) -> str:
    """`0.751`, or a dash."""
    return "-" if figure is None or figure.value is None else f"{figure.value:.{digits}f}"


def percent(figure: Estimate | None) -> str:
    """`0.27 %`, or a dash."""
    return "-" if figure is None or figure.value is None else f"{figure.value * 100:.2f} %"


def with_interval(figure: Estimate | None) -> str:
    """`0.751 (0.740 to 0.763)`."""
    if figure is None or figure.low is None or figure.high is None:
        return number(figure)
    return f"{number(figure)} ({figure.low:.3f} to {figure.high:.3f})"


def percents(figure: Estimate) -> str:
    """`0.27 % (0.25 to 0.29)`."""
    if figure.low is None or figure.high is None:
        return percent(figure)
    return f"{percent(figure)} ({figure.low * 100:.2f} to {figure.high * 100:.2f})"


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    return table
