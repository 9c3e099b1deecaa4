"""The stream as blocks: rows of the files after the history, with the labels that they need."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fraud_core.course_row import CLEAN
from fraud_core.label_record import encode_label_record
from fraud_core.stream_start import last_second, stream_start
from fraud_core.transaction import REASONS
from fraud_core.transaction_files import DayRows, encode_row
from producer.outcomes import PendingOutcomes

Int64s = NDArray[np.int64]

LOOK_AHEAD_ROWS: Final = 60_000
"""Days are read ahead of the stream up to here, so that an outcome whose row stands days too late
in the files is still published in time: six days of the default simulation, an hour of the course's
files, of which more would not fit into 500 MB."""

EVERYTHING_IS_READ_S: Final = 2**62

COLUMNS: Final = ("seq", "tx_id", "terminal_id", "tx_time_s", "fraud", "scenario", "label_time_s")
"""Columns of `StreamBlock.rows`."""


_REASON_OF: Final[dict[int, str | None]] = {CLEAN: None, **dict(enumerate(REASONS))}


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """Which rows of the files make the stream.

    Attributes:
        history_end_s: the stream starts at the first row after it.
        label_delay_s: from a transaction to its outcome.
        published_until_s: label time up to which engines have or get the outcomes elsewhere.
        block_rows: rows of one block, about 100 ms of the schedule.
        skip: rows left out at the stream's start, as if they had been streamed before.
        limit: most rows of the stream, None for all.
        skip_dirty: leave out rows that the scorers must refuse.
    """

    history_end_s: int
    label_delay_s: int
    published_until_s: int
    block_rows: int
    skip: int = 0
    limit: int | None = None
    skip_dirty: bool = False


@dataclass(frozen=True, slots=True)
class StreamBlock:
    """Rows that follow each other in the stream.

    Attributes:
        labels: values of label records, each with its count of outcomes; they are acknowledged
            before the first of these rows is sent.
        keys: the records' keys.
        values: the records' values.
        rows: int64, shape (n, 7), columns as in `COLUMNS`; -1 where a row could not be read.
        reasons: why the scorers must refuse a row, None for a clean one.
        skipped_dirty: dirty rows left out since the block before.
        blank_lines: lines without a row, met since the block before.
        labels_too_late: outcomes that were read after they were needed, since the block before.
    """

    labels: list[tuple[bytes, int]]
    keys: list[bytes]
    values: list[bytes]
    rows: Int64s
    reasons: list[str | None]
    skipped_dirty: int = 0
    blank_lines: int = 0
    labels_too_late: int = 0

    def __len__(self) -> int:
        return len(self.keys)


def stream_blocks(days: Iterable[DayRows], plan: StreamPlan) -> Iterator[StreamBlock]:
    """Cut the stream out of the files, and decide which outcomes are published before each block.

    Args:
        days: all days of the files, or parts of long ones, from the first.
        plan: what belongs to the stream.
    """
    cutter = _Cutter(plan)
    held = _HeldDays(days)
    while True:
        for day in held.read_ahead():
            cutter.learn(day)
        oldest = held.next_day()
        if oldest is None or cutter.is_done:
            return
        yield from cutter.blocks(oldest, held.read_until_s)
        oldest = day = None  # type: ignore[assignment]  # or both stay in memory with the next day


def _read_until(day: DayRows) -> int:
    """Event time up to which nothing more is to come once this day, or part of a day, is read."""
    dated = day.time_s[day.time_s >= 0]
    # the next part of the day may begin in the second in which this one ends
    return min(int(dated[-1]) - 1, last_second(day.time_s)) if len(dated) else -1


class _HeldDays:
    """Days that were read and not yet streamed.

    Attributes:
        read_until_s: all rows up to this event time were read, but for rows that stand in the
            files days behind their date.
    """

    def __init__(self, days: Iterable[DayRows]) -> None:
        self._days = iter(days)
        self._held: deque[DayRows] = deque()
        self._rows = 0
        self.read_until_s = -1

    def read_ahead(self) -> Iterator[DayRows]:
        """Read on while there is room, and give each new day."""
        while self._rows < LOOK_AHEAD_ROWS and self.read_until_s < EVERYTHING_IS_READ_S:
            day = next(self._days, None)
            if day is None:
                self.read_until_s = EVERYTHING_IS_READ_S
                return
            self.read_until_s = max(self.read_until_s, _read_until(day))
            self._held.append(day)
            self._rows += len(day)
            yield day

    def next_day(self) -> DayRows | None:
        """The oldest day, which is then held no more."""
        if not self._held:
            return None
        self._rows -= len(self._held[0])
        return self._held.popleft()


class _Cutter:
    """Where in the stream we are, and which outcomes wait to be published."""

    def __init__(self, plan: StreamPlan) -> None:
        self._plan = plan
        self._outcomes = PendingOutcomes(
            label_delay_s=plan.label_delay_s, published_until_s=plan.published_until_s
        )
        self._is_started = False
        self._to_skip = plan.skip
        self._given = 0
        self._skipped_dirty = 0
        self._blank_lines = 0

    @property
    def is_done(self) -> bool:
        """True when the limit is reached."""
        return self._plan.limit is not None and self._given >= self._plan.limit

    def learn(self, day: DayRows) -> None:
        """Note the outcomes of a day's clean rows, whether they are streamed or not."""
        known = np.flatnonzero((day.reasons == CLEAN) & (day.fraud >= 0))
        self._outcomes.add(
            tx_id=day.tx_id[known],
            terminal_id=day.terminal_id[known],
            time_s=day.time_s[known],
            fraud=day.fraud[known].astype(np.int64),
        )

    def blocks(self, day: DayRows, read_until_s: int) -> Iterator[StreamBlock]:
        """The blocks of a day; its last one may be short."""
        places = self._chosen(day)
        for first in range(0, len(places), self._plan.block_rows):
            yield self._block(day, places[first : first + self._plan.block_rows], read_until_s)

    def _chosen(self, day: DayRows) -> Int64s:
        """Places of the rows of a day that are streamed."""
        start = self._start(day)
        places = np.arange(start, len(day))
        if start < len(day):
            self._blank_lines += day.blank_lines
        if self._plan.skip_dirty:
            clean = day.reasons[places] == CLEAN
            self._skipped_dirty += int((~clean).sum())
            places = places[clean]
        skipped = min(self._to_skip, len(places))
        self._to_skip -= skipped
        places = places[skipped:]
        if self._plan.limit is not None:
            places = places[: self._plan.limit - self._given]
        self._given += len(places)
        return places

    def _start(self, day: DayRows) -> int:
        """Place of the day's first row of the stream."""
        if self._is_started:
            return 0
        start = stream_start(day, self._plan.history_end_s)
        self._is_started = start is not None
        return len(day) if start is None else start

    def _block(self, day: DayRows, places: Int64s, read_until_s: int) -> StreamBlock:
        labels = self._labels(day, places, read_until_s)
        records = [encode_row(day.lines[place]) for place in places.tolist()]
        block = StreamBlock(
            labels=labels,
            keys=[key for key, _ in records],
            values=[value for _, value in records],
            rows=self._rows(day, places),
            reasons=[_REASON_OF[code] for code in day.reasons[places].tolist()],
            skipped_dirty=self._skipped_dirty,
            blank_lines=self._blank_lines,
            labels_too_late=self._outcomes.too_late,
        )
        self._skipped_dirty = self._blank_lines = self._outcomes.too_late = 0
        return block

    def _labels(self, day: DayRows, places: Int64s, read_until_s: int) -> list[tuple[bytes, int]]:
        """Label records that make the topic complete for the clean rows at these places."""
        times_s = day.time_s[places][day.reasons[places] == CLEAN]
        # no promise beyond what was read: a row of the far future goes out with labels incomplete
        times_s = times_s[times_s <= read_until_s + self._plan.label_delay_s]
        if not len(times_s):
            return []
        records = self._outcomes.take(int(times_s.max()))
        return [(encode_label_record(record), len(record.outcomes)) for record in records]

    def _rows(self, day: DayRows, places: Int64s) -> Int64s:
        time_s, fraud = day.time_s[places], day.fraud[places].astype(np.int64)
        published = (day.reasons[places] == CLEAN) & (fraud >= 0)
        label_time_s = np.where(published, time_s + self._plan.label_delay_s, -1)
        scenario = day.scenario[places].astype(np.int64)
        seq, tx_id, terminal_id = day.seq[places], day.tx_id[places], day.terminal_id[places]
        return np.stack([seq, tx_id, terminal_id, time_s, fraud, scenario, label_time_s], axis=1)
