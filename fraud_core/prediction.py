"""What a scorer writes: a prediction for a transaction, a dead letter for anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import orjson

from fraud_core.artifact import Thresholds
from fraud_core.features import FEATURE_NAMES, FEATURES_VERSION
from fraud_core.transaction import Rejected, Transaction
from fraud_core.transaction_log import InputRecord

SCHEMA: Final = 1

Decision = Literal["approve", "review", "block"]
Headers = list[tuple[str, str | bytes | None]]
"""As confluent-kafka takes them; ours are all bytes."""

AMOUNT: Final = FEATURE_NAMES.index("TX_AMOUNT")
COUNT_1D: Final = FEATURE_NAMES.index("CUSTOMER_ID_NB_TX_1DAY_WINDOW")
COUNT_30D: Final = FEATURE_NAMES.index("CUSTOMER_ID_NB_TX_30DAY_WINDOW")
HABIT_30D: Final = FEATURE_NAMES.index("CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW")
RISK_7D: Final = FEATURE_NAMES.index("TERMINAL_ID_RISK_7DAY_WINDOW")
RISK_30D: Final = FEATURE_NAMES.index("TERMINAL_ID_RISK_30DAY_WINDOW")

HIGH_AMOUNT: Final = 220.0
"""Amounts above it are frauds of the handbook's first scenario."""
ABOVE_HABIT: Final = 3.0
"""Times the customer's average of 30 days; the handbook's third scenario multiplies by five."""
HIGH_VELOCITY: Final = 3.0
"""Times the customer's usual number of transactions a day."""


class OutputRecord(NamedTuple):
    """A record to be written.

    Attributes:
        topic: the predictions or the dead-letters topic.
        key: the input's.
        value: JSON of a prediction, or the input's bytes.
        headers: where it comes from, and why.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Identity:
    """Who scores.

    Attributes:
        engine: for example "faust".
        instance: which of its instances.
    """

    engine: str
    instance: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all predictions of a scorer share.

    Attributes:
        identity: who scores.
        model_sha256: the model.
        thresholds: where a probability becomes a decision.
    """

    identity: Identity
    model_sha256: str
    thresholds: Thresholds


class Scored(NamedTuple):
    """A transaction with its answer.

    Attributes:
        transaction: as read.
        features: 15 numbers in the order of FEATURE_NAMES.
        probability: the model's answer, a float32 as float.
        labels_complete: False when the labels topic was behind.
        late: True when it is older than what came before it.
    """

    transaction: Transaction
    features: list[float]
    probability: float
    labels_complete: bool
    late: bool


def decide(probability: float, thresholds: Thresholds) -> Decision:
    """Approve below the review threshold, block from the block threshold up."""
    if probability < thresholds.review:
        return "approve"
    return "review" if probability < thresholds.block else "block"


def reason_codes(features: list[float]) -> list[str]:
    """Rules on the features that tell a person why; they do not explain the model."""
    codes = []
    if features[AMOUNT] > HIGH_AMOUNT:
        codes.append("AMOUNT_VERY_HIGH")
    if features[AMOUNT] > ABOVE_HABIT * features[HABIT_30D]:
        codes.append("AMOUNT_ABOVE_HABIT")
    if features[RISK_7D] > 0 or features[RISK_30D] > 0:
        codes.append("TERMINAL_RECENT_FRAUD")
    if features[COUNT_1D] > HIGH_VELOCITY * max(1.0, features[COUNT_30D] / 30):
        codes.append("VELOCITY_HIGH")
    return codes


def prediction_record(
    topic: str, record: InputRecord, scored: Scored, stamp: Stamp, scored_ms: int
) -> OutputRecord:
    """The prediction of one transaction.

    Args:
        topic: the predictions topic.
        record: the input.
        scored: its answer.
        stamp: what all predictions share.
        scored_ms: wall clock, Unix milliseconds.
    """
    transaction = scored.transaction
    decision = decide(scored.probability, stamp.thresholds)
    value = {
        "schema": SCHEMA,
        "tx_id": transaction.tx_id,
        "tx_datetime": transaction.tx_datetime,
        "customer_id": transaction.customer_id,
        "terminal_id": transaction.terminal_id,
        "tx_amount": transaction.amount,
        "fraud_probability": scored.probability,
        "decision": decision,
        "reasons": [] if decision == "approve" else reason_codes(scored.features),
        "features": scored.features,
        "model": stamp.model_sha256,
        "features_version": FEATURES_VERSION,
        "labels_complete": scored.labels_complete,
        "late": scored.late,
        "engine": stamp.identity.engine,
        "instance": stamp.identity.instance,
        "source": {"partition": record.partition, "offset": record.offset},
        "due_ms": record.timestamp_ms,
        "scored_ms": scored_ms,
    }
    return OutputRecord(topic, record.key, orjson.dumps(value), _source(record))


def dead_letter_record(topic: str, record: InputRecord, rejected: Rejected) -> OutputRecord:
    """The dead letter of one record that is no transaction: its bytes as they were, and why."""
    headers = [
        ("reason", rejected.reason.encode()),
        ("detail", rejected.detail.encode("utf-8", "backslashreplace")),
        *_source(record),
    ]
    return OutputRecord(topic, record.key, record.value, headers)


def _source(record: InputRecord) -> Headers:
    return [
        ("src_partition", b"%d" % record.partition),
        ("src_offset", b"%d" % record.offset),
        ("due_ms", b"%d" % record.timestamp_ms),
    ]
