"""What went in against what came out: nothing missing, nothing changed. Pure, in numpy.

A record's identity is its source (partition, offset), never its id: files repeat ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.latency import IntArray
from fraud_core.transaction import PROBE_ID_FLOOR

NEVER: Final = np.iinfo(np.int64).max
"""Append time of what never came out."""

_OFFSET_BITS: Final = 48


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the producer sent; arrays of shape (n,), one row for each record.

    Attributes:
        seq: number of the row in the files.
        source: see `source_ids`.
        due_ms: Unix milliseconds.
    """

    seq: IntArray
    source: IntArray
    due_ms: IntArray


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the engine wrote; arrays of shape (m,), one row for each record of both topics.

    Attributes:
        source: see `source_ids`.
        append_ms: the broker's append time, Unix milliseconds.
        is_prediction: False for a dead letter.
        tx_id: -1 for a dead letter.
        labels_complete: False for a dead letter.
        score: float32; NaN for a dead letter.
        features: float64, shape (m, 15); NaN for a dead letter.
        model: SHA-256 of the model as text; empty for a dead letter, and where it is not told.
        customer_id: -1 for a dead letter, and where it is not told.
        cents: amount; -1 for the same.
    """

    source: IntArray
    append_ms: IntArray
    is_prediction: NDArray[np.bool_]
    tx_id: IntArray
    labels_complete: NDArray[np.bool_]
    score: NDArray[np.float32]
    features: NDArray[np.float64]
    model: NDArray[np.object_]
    customer_id: IntArray
    cents: IntArray

    def where(self, kept: NDArray[np.bool_]) -> Outputs:
        """Some of the rows."""
        return Outputs(*(getattr(self, name)[kept] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Reference:
    """What must come out; one row for each clean row of the files.

    Attributes:
        seq: ascending, shape (k,).
        features: float64, shape (k, 15).
        score: float32, shape (k,).
    """

    seq: IntArray
    features: NDArray[np.float64]
    score: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Counts:
    """Records by what became of them."""

    sent: int
    scored: int
    dead_letters: int
    duplicates: int
    missing: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Mismatches:
    """Differences from the reference, in predictions."""

    features: int
    scores: int
    wrongly_answered: int
    labels_incomplete: int


def source_ids(partition: IntArray, offset: IntArray) -> IntArray:
    """One integer for each (partition, offset)."""
    return (partition << _OFFSET_BITS) | offset


def without_probes(outputs: Outputs) -> Outputs:
    """What answers the load; readiness probes are told by their ids."""
    return outputs.where(outputs.tx_id < PROBE_ID_FLOOR)


def count(ledger: Ledger, outputs: Outputs) -> Counts:
    """Missing and duplicate over the set of sources.

    Args:
        ledger: what was sent.
        outputs: what came out, without probes.
    """
    known = np.isin(outputs.source, ledger.source)
    answered = outputs.where(known)
    scored = np.unique(answered.source[answered.is_prediction])
    refused = np.unique(answered.source[~answered.is_prediction])
    distinct = np.union1d(scored, refused)
    return Counts(
        sent=len(ledger.source),
        scored=len(scored),
        dead_letters=len(refused),
        duplicates=len(answered.source) - len(distinct),
        missing=len(ledger.source) - len(distinct),
        unknown=int(np.count_nonzero(~known)),
    )


def first_append_ms(ledger: Ledger, outputs: Outputs) -> IntArray:
    """When each record of the ledger first came out, `NEVER` where it did not; shape (n,)."""
    order = np.lexsort((outputs.append_ms, outputs.source))
    sources, firsts = np.unique(outputs.source[order], return_index=True)
    appended = outputs.append_ms[order][firsts]
    place, found = _places(sources, ledger.source)
    return np.where(found, appended[place] if len(appended) else NEVER, NEVER)


def compare(ledger: Ledger, outputs: Outputs, reference: Reference) -> Mismatches:
    """Every prediction against the offline row of its source, to the bit.

    Args:
        ledger: joins sources to rows of the files.
        outputs: what came out, without probes.
        reference: what must come out.
    """
    seq = seq_of(ledger, outputs)
    place, clean = _places(reference.seq, seq)
    wrong = np.count_nonzero((clean != outputs.is_prediction) & (seq >= 0))
    comparable = clean & outputs.is_prediction
    compared = comparable & outputs.labels_complete
    rows, found = place[compared], outputs.where(compared)
    expected, expected_score = reference.features[rows], reference.score[rows]
    return Mismatches(
        features=int(np.count_nonzero(bits_differ(found.features, expected).any(axis=1))),
        scores=int(np.count_nonzero(bits_differ(found.score, expected_score))),
        wrongly_answered=int(wrong),
        labels_incomplete=int(np.count_nonzero(comparable & ~outputs.labels_complete)),
    )


def seq_of(ledger: Ledger, outputs: Outputs) -> IntArray:
    """Row number of each output's source, -1 where the ledger has none; shape (m,)."""
    return rows_of(ledger.source, ledger.seq, outputs.source)


def rows_of(source: IntArray, seq: IntArray, wanted: IntArray) -> IntArray:
    """Row number of each wanted source, -1 where there is none.

    Args:
        source: of the ledger, shape (n,).
        seq: its row numbers, shape (n,).
        wanted: sources, shape (m,).
    """
    order = np.argsort(source)
    place, found = _places(source[order], wanted)
    numbers = seq[order]
    return np.where(found, numbers[place] if len(numbers) else -1, -1)


def scores_differ(
    first: tuple[IntArray, NDArray[np.float32]], second: tuple[IntArray, NDArray[np.float32]]
) -> int:
    """Rows that two engines scored differently, over the rows that both scored.

    Args:
        first: seq and score of one engine's predictions that had all labels.
        second: the same of the other.
    """
    _, here, there = np.intersect1d(first[0], second[0], return_indices=True)
    return int(np.count_nonzero(bits_differ(first[1][here], second[1][there])))


def _places(ascending: IntArray, wanted: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Index of each wanted value and whether it is there; the index is 0 where it is not."""
    if len(ascending) == 0:
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    found = ascending[place] == wanted
    return np.where(found, place, 0), found


def bits_differ(found: NDArray[np.floating], expected: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Compares bits, not values: -0.0 is not 0.0, and a NaN equals itself."""
    whole = np.int64 if expected.dtype == np.float64 else np.int32
    differ: NDArray[np.bool_] = np.not_equal(
        np.ascontiguousarray(found).view(whole), np.ascontiguousarray(expected).view(whole)
    )
    return differ
