"""Card precision at k: how many of the cards that investigators look at are compromised.

Source: Fraud Detection Handbook, chapter 4 (card precision top-k).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

CARDS_A_DAY: Final = 100
"""Cards that investigators can check in a day."""


def card_precision(
    day: Integers,
    customer_id: Integers,
    fraud: Integers,
    score: npt.NDArray[Any],
    *,
    cards: int = CARDS_A_DAY,
) -> float:
    """Mean over the days of the share of compromised cards among the k with the highest scores.

    Args:
        day: number of the day of each transaction.
        customer_id: who pays.
        fraud: 0 or 1.
        score: the higher the likelier a fraud.
        cards: k.
    """
    return float(np.mean(daily_card_precision(day, customer_id, fraud, score, cards=cards)))


def daily_card_precision(
    day: Integers,
    customer_id: Integers,
    fraud: Integers,
    score: npt.NDArray[Any],
    *,
    cards: int = CARDS_A_DAY,
) -> npt.NDArray[np.float64]:
    """The same of each day, in the order of days; cards found are left out of later days."""
    order = np.argsort(day, kind="stable")
    days, first = np.unique(day[order], return_index=True)
    found = np.zeros(0, np.int64)
    precisions = []
    for rows in np.split(order, first[1:]) if len(days) else []:
        today = rows[~np.isin(customer_id[rows], found)]
        card, place = np.unique(customer_id[today], return_inverse=True)
        highest = np.full(len(card), -np.inf)
        np.maximum.at(highest, place, score[today])
        compromised = np.zeros(len(card), np.bool_)
        np.logical_or.at(compromised, place, fraud[today] == 1)
        top = np.argsort(-highest, kind="stable")[:cards]
        hits = card[top][compromised[top]]
        precisions.append(len(hits) / cards)
        found = np.concatenate([found, hits])
    return np.array(precisions)
