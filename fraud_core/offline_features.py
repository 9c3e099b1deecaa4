"""The 15 features over a whole table, in numpy; bit for bit those of `fraud_core.features`.

A customer whose times never go back is answered by sorting, cumulative sums and binary search.
One with late rows is answered by comparing every row with every row before it, which is the rule
of the contract written down as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fraud_core.features import (
    EPOCH_WEEKDAY,
    FEATURE_NAMES,
    FIRST_WEEKEND_DAY,
    KEPT_S,
    LAST_NIGHT_HOUR,
    LONGEST_WINDOW_S,
    WINDOWS_S,
)
from fraud_core.transaction import SECONDS_PER_DAY

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FeatureTable = npt.NDArray[np.float64]

_FIRST_CUSTOMER_COLUMN: Final = 3
_FIRST_TERMINAL_COLUMN: Final = 9
_LARGEST_COMPARISON: Final = 4_000_000
"""Pairs of rows compared at once: keeps a customer with very many rows below 100 MB."""


@dataclass(frozen=True, slots=True)
class TransactionTable:
    """Clean transactions in the order of the log; arrays of one length.

    Attributes:
        time_s: event times, seconds since 1970-01-01 UTC.
        customer_id: who pays.
        terminal_id: where.
        cents: amounts.
        accept: False where a row is scored and then forgotten (it is at or before the end of the
            history, but behind it in the log).
    """

    time_s: Integers
    customer_id: Integers
    terminal_id: Integers
    cents: Integers
    accept: Flags

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True)
class OutcomeTable:
    """Outcomes in any order; arrays of one length.

    Attributes:
        terminal_id: where the transaction took place.
        label_time_s: event time from which the outcome is known.
        fraud: 1 for a fraud, 0 for none.
    """

    terminal_id: Integers
    label_time_s: Integers
    fraud: Integers

    def __len__(self) -> int:
        return len(self.label_time_s)


def offline_features(table: TransactionTable, outcomes: OutcomeTable) -> FeatureTable:
    """The features of every row of a table.

    Args:
        table: clean rows in the order of the log, with all that their windows reach back to.
        outcomes: all that become known up to the newest row.

    Returns:
        float64, shape (n, 15), columns as in `FEATURE_NAMES`.
    """
    features = np.empty((len(table), len(FEATURE_NAMES)), np.float64)
    day, second = np.divmod(table.time_s, SECONDS_PER_DAY)
    features[:, 0] = table.cents / 100
    features[:, 1] = (day + EPOCH_WEEKDAY) % 7 >= FIRST_WEEKEND_DAY
    features[:, 2] = second // 3600 <= LAST_NIGHT_HOUR
    _fill_customer_columns(features, table)
    _fill_terminal_columns(features, table, outcomes)
    return features


def _fill_customer_columns(features: FeatureTable, table: TransactionTable) -> None:
    order = np.lexsort((table.time_s, table.customer_id))
    groups = _Groups(table.customer_id[order], table.time_s[order])
    sums = np.concatenate([[0], np.cumsum(table.cents[order])])
    behind = np.arange(1, len(table) + 1)
    for column, window_s in enumerate(WINDOWS_S):
        start = groups.behind(groups.rank, groups.time_s - window_s)
        _put(features, order, column, behind - start, sums[behind] - sums[start])
    for rows in _late_customers(table):
        _fill_late_customer(features, table, rows)


def _put(
    features: FeatureTable, rows: Integers, column: int, count: Integers, cents: Integers
) -> None:
    first = _FIRST_CUSTOMER_COLUMN + 2 * column
    features[rows, first] = count
    features[rows, first + 1] = cents / (100 * count)


def _late_customers(table: TransactionTable) -> list[Integers]:
    """The rows, in the order of the log, of each customer whose times go back or are forgotten."""
    order = np.argsort(table.customer_id, kind="stable")
    customer, time_s = table.customer_id[order], table.time_s[order]
    goes_back = (customer[1:] == customer[:-1]) & (time_s[1:] < time_s[:-1])
    late = np.union1d(customer[1:][goes_back], table.customer_id[~table.accept])
    low, high = np.searchsorted(customer, late), np.searchsorted(customer, late, side="right")
    return [order[first:behind] for first, behind in zip(low, high, strict=True)]


def _fill_late_customer(features: FeatureTable, table: TransactionTable, rows: Integers) -> None:
    time_s, cents, accept = table.time_s[rows], table.cents[rows], table.accept[rows]
    accepted_s = np.where(accept, time_s, -KEPT_S)
    newest_s = np.maximum.accumulate(np.concatenate([[-KEPT_S], accepted_s]))[:-1]
    step = max(1, _LARGEST_COMPARISON // len(rows))
    for low in range(0, len(rows), step):
        some = slice(low, low + step)
        now_s = time_s[some, None]
        before = np.arange(len(rows)) < np.arange(len(rows))[some, None]
        held = before & accept & (time_s > newest_s[some, None] - KEPT_S) & (time_s <= now_s)
        for column, window_s in enumerate(WINDOWS_S):
            seen = held & (time_s > now_s - window_s)
            count, total = 1 + seen.sum(axis=1), cents[some] + seen @ cents
            _put(features, rows[some], column, count, total)


def _fill_terminal_columns(
    features: FeatureTable, table: TransactionTable, outcomes: OutcomeTable
) -> None:
    order = np.lexsort((outcomes.label_time_s, outcomes.terminal_id))
    groups = _Groups(outcomes.terminal_id[order], outcomes.label_time_s[order])
    frauds = np.concatenate([[0], np.cumsum(outcomes.fraud[order])])
    rank = groups.rank_of(table.terminal_id)
    end = groups.behind(rank, table.time_s)
    for column, window_s in enumerate(WINDOWS_S):
        start = groups.behind(rank, table.time_s - window_s)
        count, fraud = end - start, frauds[end] - frauds[start]
        first = _FIRST_TERMINAL_COLUMN + 2 * column
        features[:, first] = count
        features[:, first + 1] = fraud / np.maximum(count, 1)


class _Groups:
    """Times sorted within sorted groups, and binary search in all groups at once.

    A group's rank and a time make one number, because numpy searches one sorted array only.
    """

    def __init__(self, ids: Integers, time_s: Integers) -> None:
        self.time_s = time_s
        self._ids, self.rank = np.unique(ids, return_inverse=True)
        self._earliest_s = int(time_s.min(initial=0)) - LONGEST_WINDOW_S - 1
        self._span_s = int(time_s.max(initial=0)) - self._earliest_s + 2
        self._keys = self.rank * self._span_s + (time_s - self._earliest_s)

    def rank_of(self, ids: Integers) -> Integers:
        """Rank of each group, -1 where there is none."""
        if not len(self._ids):
            return np.full(len(ids), -1)
        place = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return np.where(self._ids[place] == ids, place, -1)

    def behind(self, rank: Integers, time_s: Integers) -> Integers:
        """How many entries of all groups are at or before a time of a group."""
        inside = np.clip(time_s - self._earliest_s, 0, self._span_s - 1)
        return np.searchsorted(self._keys, rank * self._span_s + inside, side="right")
