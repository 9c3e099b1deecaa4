"""Which outcomes the labels topic still lacks, and the records that bring it up to a time."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from tempfile import TemporaryFile
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fraud_core.label_record import LabelRecord, Outcome

Int64s = NDArray[np.int64]

SPILL_ROWS: Final = 50_000
"""From here up a stretch of the files waits in a temporary file; simulated days do not."""

_COLUMNS: Final = 4

LARGEST_RECORD_OUTCOMES: Final = 20_000
"""An outcome takes up to 60 bytes of JSON, so a record stays well under the topic's 4 MiB."""


class PendingOutcomes:
    """Outcomes of transactions that were read, until they are published in the order of label time.

    They wait for the label delay: a week of the course's files is 11 million outcomes, 350 MB,
    which is why long stretches wait on disk.

    Attributes:
        complete_until_s: every outcome known so far with a label time up to here was taken.
        too_late: outcomes that became known after their label time was declared complete; whoever
            reads it may set it back to 0.
    """

    def __init__(self, *, label_delay_s: int, published_until_s: int) -> None:
        """Begin after what engines know already.

        Args:
            label_delay_s: from a transaction to its outcome.
            published_until_s: the history's end, or where an earlier publisher stopped; outcomes
                with a label time up to here are left out.
        """
        self._delay_s = label_delay_s
        self._published_until_s = published_until_s
        self._blocks: list[_Block] = []
        self.complete_until_s = published_until_s
        self.too_late = 0

    def add(self, *, tx_id: Int64s, terminal_id: Int64s, time_s: Int64s, fraud: Int64s) -> None:
        """Take in the outcomes of clean transactions, four arrays of one length, in any order."""
        keep = time_s + self._delay_s > self._published_until_s
        if not keep.any():
            return
        self.too_late += int((time_s[keep] + self._delay_s <= self.complete_until_s).sum())
        columns = [column[keep] for column in (time_s, tx_id, terminal_id, fraud)]
        self._blocks.append(_Block(np.stack(columns, axis=1)))

    def take(self, until_s: int) -> list[LabelRecord]:
        """The records that make the topic complete up to a label time.

        An outcome that was read too late comes at once. Nothing new gives no record, and
        `complete_until_s` never moves back.
        """
        target_s = max(until_s, self.complete_until_s)
        taken = [block.take(target_s - self._delay_s) for block in self._blocks]
        self._blocks = [block for block in self._blocks if len(block)]
        rows = np.concatenate(taken) if taken else _NO_ROWS
        if not len(rows) and target_s == self.complete_until_s:
            return []
        before_s, self.complete_until_s = self.complete_until_s, target_s
        return self._records(rows[np.argsort(rows[:, 0], kind="stable")], before_s, target_s)

    def _records(self, rows: Int64s, before_s: int, target_s: int) -> list[LabelRecord]:
        label_time_s = rows[:, 0] + self._delay_s
        records = []
        for first, end in pairwise(_cuts(label_time_s)):
            last_s = int(label_time_s[end - 1]) if end < len(rows) else target_s
            # all of one label time are in one record, so each prefix is complete up to its last
            records.append(LabelRecord(max(last_s, before_s), self._outcomes(rows[first:end])))
        return records or [LabelRecord(target_s, [])]

    def _outcomes(self, rows: Int64s) -> list[Outcome]:
        return [
            Outcome(tx_id, terminal_id, time_s, time_s + self._delay_s, fraud)
            for time_s, tx_id, terminal_id, fraud in rows.tolist()
        ]


_NO_ROWS: Final = np.empty((0, _COLUMNS), dtype=np.int64)


class _Block:
    """Outcomes of one stretch of the files, by time; taken from the front."""

    def __init__(self, rows: Int64s) -> None:
        """Take over rows (time, tx_id, terminal, fraud), int64, shape (n, 4), n > 0."""
        in_order = rows[np.argsort(rows[:, 0], kind="stable")]
        self._rows = _on_disk(in_order) if len(rows) >= SPILL_ROWS else in_order
        self._first = 0
        self._earliest_s = int(in_order[0, 0])

    def __len__(self) -> int:
        return len(self._rows) - self._first

    def take(self, until_s: int) -> Int64s:
        """The rows with time <= until_s that were not taken before, int64, shape (n, 4)."""
        if until_s < self._earliest_s:
            return _NO_ROWS  # without a look into the file, which would bring it into memory
        first = self._first
        self._first = bisect_right(self._rows[:, 0], until_s, lo=first)
        return np.array(self._rows[first : self._first])


def _on_disk(rows: Int64s) -> Int64s:
    """The same rows in a temporary file, which is gone with the last reference to them."""
    with TemporaryFile() as file:
        rows.tofile(file)
        return np.memmap(file, dtype=np.int64, mode="r", shape=rows.shape)


def _cuts(label_time_s: Int64s) -> list[int]:
    """Places to cut at, so that equal label times stay together and records stay small."""
    cuts = [0]
    while cuts[-1] < len(label_time_s):
        place = cuts[-1] + LARGEST_RECORD_OUTCOMES
        if place >= len(label_time_s):
            cuts.append(len(label_time_s))
        else:
            last_s = label_time_s[place - 1]
            cuts.append(int(np.searchsorted(label_time_s, last_s, side="right")))
    return cuts
