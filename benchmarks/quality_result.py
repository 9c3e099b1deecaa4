"""The quality of a run's model as it is written and read: `quality.json`. Pure.

`null` means not measured; the reason stands in `why` beside it. Shares are between 0 and 1.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.outcomes import View

QUALITY_SCHEMA: Final = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Estimate(_Part):
    """A figure with the interval that 90 % of the bootstrap's turns lie in."""

    value: float | None
    low: float | None = None
    high: float | None = None


class ThresholdQuality(_Part):
    """What a threshold of the model does; a transaction is flagged from it up."""

    name: str = Field(description="review or block")
    threshold: float
    alerts: int = Field(description="transactions flagged")
    alerts_a_day: float | None = Field(description="over the whole days")
    precision: Estimate = Field(description="share of frauds among the flagged")
    recall: Estimate = Field(description="share of the frauds that are flagged")
    false_positive_share: Estimate = Field(description="share of the good that are flagged")
    recall_of_scenario: dict[str, Estimate] = Field(description="recall by kind of fraud")
    missed_per_100: Estimate = Field(description="frauds not flagged, per 100 transactions")
    missed_amount: Estimate = Field(description="sum of the frauds that are not flagged")
    missed_amount_share: Estimate = Field(description="of the sum of all frauds")


class DayCards(_Part):
    """The 100 cards with the highest scores of one day."""

    day: int = Field(description="days since 1970-01-01")
    value: float
    oracle: float


class CardPrecision(_Part):
    """The 100 cards with the highest scores of each day."""

    value: Estimate = Field(description="share of them that is compromised, mean of the days")
    oracle: float = Field(description="the same of a scorer that knows the truth")
    days: int = Field(description="whole days; the interval is over them")
    daily: list[DayCards]


class CurvePoint(_Part):
    """What one threshold would do."""

    threshold: float
    recall: float
    precision: float


class CalibrationBin(_Part):
    """Transactions with scores from low to below high."""

    low: float
    high: float
    rows: int
    score_mean: float
    fraud_share: float


class Calibration(_Part):
    """Scores as probabilities."""

    score_mean: float = Field(description="over all transactions")
    fraud_share: float = Field(description="what it should be")
    error: float = Field(description="mean distance of both over the bins, weighed by rows")
    bins: list[CalibrationBin]


class Drift(_Part):
    """How far a column has moved from the training window."""

    column: str
    psi: float = Field(description="population stability index")
    rows: int = Field(description="size of the sample")
    says: str = Field(description="stable, watch, moved, or too few to say")


class Replay(_Part):
    """Features of a sample of customers against the offline computation."""

    rows: int = Field(0, description="predictions compared; those without all labels are not")
    mismatches: int | None = Field(None, description="with another bit in any of 15 features")
    customers_share: float
    why: str = Field("", description="why nothing was compared")


class ModelQuality(_Part):
    """One model in one step."""

    model: str = Field(description="SHA-256 of model.onnx")
    transactions: int = Field(description="with a prediction and an outcome that counts")
    frauds: int
    customers: int
    outcome_unknown: int = Field(description="predictions whose outcome does not count, or never")
    labels_incomplete: int = Field(description="predictions made without all labels")
    first_s: int = Field(description="first event time, seconds since 1970-01-01 UTC")
    last_s: int
    days: int = Field(description="whole event days")
    auc_roc: Estimate | None
    average_precision: Estimate | None
    card_precision_100: CardPrecision | None
    fraud_share: Estimate
    thresholds: list[ThresholdQuality]
    curve: list[CurvePoint] = Field(description="precision against recall, thresholds falling")
    calibration: Calibration | None
    drift: list[Drift]
    limits_broken: list[str] = Field(description="limits of the bank that are not met, in words")
    why: list[str] = Field(description="what could not be measured, and why")


class StepQuality(_Part):
    """All predictions of one step or drain."""

    step: str
    cell: str
    title: str = Field(description="its cell for people, with the size where there are several")
    engine: str
    instances: int
    rate_eps: float | None = Field(description="null: a drain")
    sent: int = Field(description="records in the ledger")
    predicted: int = Field(description="of these, with a prediction")
    frauds_not_scored: int = Field(description="frauds without a prediction")
    models: list[ModelQuality]
    replay: Replay


class QualityLimits(_Part):
    """What the bank allows."""

    declined_good_share: float = Field(0.05, description="good transactions that are blocked")
    missed_per_100: float = Field(2.0, description="frauds approved, per 100 transactions")


class RunQuality(_Part):
    """The quality of a run."""

    schema_version: int = QUALITY_SCHEMA
    run: str
    view: View
    limits: QualityLimits
    label_delay_s: int | None = Field(description="from a transaction to its outcome")
    offline: dict[str, Any] = Field(description="what the artifact says of its test week")
    steps: list[StepQuality]
    engines_differ: dict[str, int] = Field(
        description="scores that differ between the longest steps of two engines"
    )
    left_out: list[str] = Field(description="steps that hold nothing to judge, and why")
