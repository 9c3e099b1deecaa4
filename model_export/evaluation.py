"""How good scores are, by the protocol of the Fraud Detection Handbook (chapters 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from fraud_core.card_precision import card_precision
from fraud_core.transaction import SECONDS_PER_DAY

Integers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

KNOWN_DAYS: Final = 7
"""The handbook's training week; a longer training window leaves the test rows as they are."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Quality on a test window.

    Attributes:
        auc_roc: area under the ROC curve.
        average_precision: area under the precision-recall curve, as a step function.
        card_precision_100: of the 100 cards with the highest scores of a day, the share that is
            compromised; cards found are left out of later days; mean over the days.
        oracle_card_precision_100: the same of a scorer that knows the truth, so the most possible.
        transactions: rows that were judged.
        frauds: frauds among them.
    """

    auc_roc: float
    average_precision: float
    card_precision_100: float
    oracle_card_precision_100: float
    transactions: int
    frauds: int


def evaluate(day: Integers, customer_id: Integers, fraud: Integers, score: Scores) -> Metrics:
    """Judge scores.

    Args:
        day: number of the day of each transaction.
        customer_id: who pays.
        fraud: 0 or 1; both must occur.
        score: fraud probability, the higher the likelier.
    """
    return Metrics(
        auc_roc=float(roc_auc_score(fraud, score)),
        average_precision=float(average_precision_score(fraud, score)),
        card_precision_100=card_precision(day, customer_id, fraud, score),
        oracle_card_precision_100=card_precision(day, customer_id, fraud, fraud),
        transactions=len(fraud),
        frauds=int(fraud.sum()),
    )


def judged_rows(
    time_s: Integers,
    customer_id: Integers,
    fraud: Integers,
    *,
    first_s: int,
    days: int,
    delay_s: int,
) -> Flags:
    """Rows of the test window that count: cards known to be compromised are left out.

    Known are the cards with a fraud in the week before the label delay, and for each later day
    those whose outcome is known when it begins.

    Args:
        time_s: event times.
        customer_id: who pays.
        fraud: 1 for a fraud.
        first_s: first second of the test window, the begin of a day.
        days: its length.
        delay_s: from a transaction to its outcome.
    """
    judged = np.zeros(len(time_s), np.bool_)
    known_from_s = first_s - delay_s - KNOWN_DAYS * SECONDS_PER_DAY
    for day in range(days):
        begin_s = first_s + day * SECONDS_PER_DAY
        known = (fraud == 1) & (time_s >= known_from_s) & (time_s < begin_s - delay_s)
        today = (time_s >= begin_s) & (time_s < begin_s + SECONDS_PER_DAY) & (fraud >= 0)
        judged |= today & ~np.isin(customer_id, customer_id[known])
    return judged
