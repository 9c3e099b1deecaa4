"""Predictions joined with what became of their transactions, and which of that counts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.latency import IntArray
from fraud_core.transaction import SECONDS_PER_DAY

View = Literal["settled", "as-of"]
"""All outcomes of the load, or only those that were known by its last event time."""

_BEGINS_WITHIN_S = 3600
"""A stream whose first row comes later after the history's end began in the middle of a day."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The ledger; int64 arrays of shape (n,).

    Attributes:
        seq: number of the row in the files.
        source: see `parity.source_ids`.
        fraud: 0, 1 or -1 (unknown).
        scenario: 0 for none, else its number; -1 where it is unknown.
        time_s: event time, -1 where it cannot be read.
        label_time_s: event time from which the outcome is known, -1 where it never is.
    """

    seq: IntArray
    source: IntArray
    fraud: IntArray
    scenario: IntArray
    time_s: IntArray
    label_time_s: IntArray


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions; arrays of shape (m,).

    Attributes:
        source: see `parity.source_ids`.
        append_ms: when it was written, Unix milliseconds.
        labels_complete: True where all labels were there.
        score: float32.
        customer_id: who pays.
        cents: amount.
        model: place of the model in a list, from 0.
    """

    source: IntArray
    append_ms: IntArray
    labels_complete: NDArray[np.bool_]
    score: NDArray[np.float32]
    customer_id: IntArray
    cents: IntArray
    model: IntArray


@dataclass(frozen=True, slots=True)
class Judged:
    """Transactions with their score and their outcome, in the order of sending; shape (k,).

    Attributes:
        fraud: 0, 1 or -1 (unknown).
    """

    seq: IntArray
    time_s: IntArray
    label_time_s: IntArray
    customer_id: IntArray
    cents: IntArray
    scenario: IntArray
    fraud: IntArray
    score: NDArray[np.float64]
    model: IntArray
    labels_complete: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.seq)

    def where(self, kept: NDArray[Any]) -> Judged:
        """Some of the rows."""
        return Judged(*(getattr(self, field.name)[kept] for field in fields(self)))

    @property
    def day(self) -> IntArray:
        """Days since 1970-01-01."""
        return self.time_s // SECONDS_PER_DAY

    @property
    def last_s(self) -> int:
        """The last event time; there must be a row."""
        return int(self.time_s.max())


def join(sent: Sent, predicted: Predicted) -> tuple[Judged, int]:
    """Every transaction that has a prediction, with the first one that was written.

    Returns:
        the transactions, and how many predictions have no transaction in the ledger.
    """
    order = np.lexsort((predicted.append_ms, predicted.source))
    source, first = np.unique(predicted.source[order], return_index=True)
    order = order[first]
    at = np.argsort(sent.source)
    ours = sent.source[at]
    place = np.minimum(np.searchsorted(ours, source), max(len(ours) - 1, 0))
    known = ours[place] == source if len(ours) else np.zeros(len(source), np.bool_)
    rows, answers = at[place[known]], order[known]
    in_order = np.argsort(sent.seq[rows])
    rows, answers = rows[in_order], answers[in_order]
    judged = Judged(
        seq=sent.seq[rows],
        time_s=sent.time_s[rows],
        label_time_s=sent.label_time_s[rows],
        customer_id=predicted.customer_id[answers],
        cents=predicted.cents[answers],
        scenario=sent.scenario[rows],
        fraud=sent.fraud[rows],
        score=predicted.score[answers].astype(np.float64),
        model=predicted.model[answers],
        labels_complete=predicted.labels_complete[answers],
    )
    return judged, int(np.count_nonzero(~known))


def by_model(judged: Judged, models: list[str]) -> Iterator[tuple[str, Judged]]:
    """The transactions that each model scored."""
    for place, name in enumerate(models):
        ours = judged.where(judged.model == place)
        if len(ours):
            yield name, ours


def known_until_s(judged: Judged, view: View) -> int:
    """Event time up to which the outcome of every transaction counts in a view.

    Args:
        judged: at least one transaction.
        view: what counts.
    """
    return judged.last_s if view == "settled" else judged.last_s - _delay_s(judged)


def _delay_s(judged: Judged) -> int:
    labelled = judged.label_time_s >= 0
    waits = judged.label_time_s[labelled] - judged.time_s[labelled]
    return int(waits.max(initial=0))


def counted(judged: Judged, view: View) -> Judged:
    """The transactions whose outcome counts."""
    kept = judged.fraud >= 0
    if view == "as-of":
        last_s = judged.time_s.max(initial=0)
        kept &= (judged.label_time_s >= 0) & (judged.label_time_s <= last_s)
    return judged.where(kept)


def whole_days(judged: Judged, stream_begin_s: int, until_s: int) -> IntArray:
    """Days of which every transaction was sent and counts.

    Args:
        judged: all transactions of the load.
        stream_begin_s: first second after the history.
        until_s: what happened later does not count.

    Returns:
        numbers of days, ascending.
    """
    first_s = int(judged.time_s.min())
    from_start = first_s - stream_begin_s <= _BEGINS_WITHIN_S
    begin_s = min(stream_begin_s, first_s) if from_start else first_s
    first = -(-begin_s // SECONDS_PER_DAY)
    behind = until_s // SECONDS_PER_DAY
    days: IntArray = np.unique(judged.day)
    return days[(days >= first) & (days < behind)]
