"""What the label delay does to the quality of a model, as numbers and as a table. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.quality_result import CardPrecision, Estimate, ModelQuality, StepQuality
from benchmarks.quality_text import delay_text, number, percent, thresholds_of, with_interval
from benchmarks.result import RunResult


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class DelayQuality(_Part):
    """One delay on one engine."""

    delay_s: int = Field(description="from a transaction to its outcome")
    run: str
    engine: str
    model: str = Field(description="SHA-256 of the model that was trained with this delay")
    transactions: int
    frauds: int
    auc_roc: Estimate | None
    average_precision: Estimate | None
    card_precision_100: CardPrecision | None
    recall_review: Estimate
    false_positive_share_review: Estimate
    recall_of_scenario: dict[str, Estimate] = Field(description="at the review threshold")
    missed_amount_share: Estimate
    mismatches: int = Field(description="features or scores that differ from the offline ones")


class DelayQualities(_Part):
    """All delays of a plan."""

    schema_version: int = 1
    run: str
    delays: list[DelayQuality]


def delay_of(delay_s: int, result: RunResult, step: StepQuality) -> DelayQuality:
    """The figures of one delay.

    Args:
        delay_s: the delay.
        result: its run.
        step: the quality of one drain of it.
    """
    model: ModelQuality = max(step.models, key=lambda one: one.transactions)
    review, _ = thresholds_of(model)
    checks = [one.check for one in result.drains if one.step == step.step and one.check]
    differing = sum(one.feature_mismatches + one.score_mismatches for one in checks)
    return DelayQuality(
        delay_s=delay_s,
        run=result.run["id"],
        engine=step.engine,
        model=model.model,
        transactions=model.transactions,
        frauds=model.frauds,
        auc_roc=model.auc_roc,
        average_precision=model.average_precision,
        card_precision_100=model.card_precision_100,
        recall_review=review.recall,
        false_positive_share_review=review.false_positive_share,
        recall_of_scenario=review.recall_of_scenario,
        missed_amount_share=review.missed_amount_share,
        mismatches=differing + (step.replay.mismatches or 0),
    )


def delay_table(delays: Sequence[DelayQuality]) -> str:
    """One line for each delay."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("labels\nafter", no_wrap=True)
    for name in (
        *("average precision", "AUC", "card pre-\ncision@100", "(most\npossible)"),
        *("recall at\nreview", "of terminal\nfraud", "false\npositives", "amount\nmissed"),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for one in delays:
        cards = one.card_precision_100
        table.add_row(
            delay_text(one.delay_s),
            with_interval(one.average_precision),
            number(one.auc_roc),
            number(cards.value if cards else None),
            f"({cards.oracle:.3f})" if cards else "",
            number(one.recall_review),
            number(one.recall_of_scenario["2"]),
            percent(one.false_positive_share_review),
            percent(one.missed_amount_share),
        )
    out = io.StringIO()
    Console(file=out, width=120, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n")
