"""One load, from its first record to its last answer: keeps the schedule and notes delays."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from producer.ahead import Ahead
from producer.delays import DelayHistogram
from producer.ledger import Ledger
from producer.pacer import Pacer
from producer.progress import Progress, Standing
from producer.schedule import Clock, Schedule
from producer.sender import Flight, Sender
from producer.sources import COLUMNS

_SHORT_S: Final = 0.002
"""Below this the process sleeps: the client's poll counts in whole milliseconds."""
_LONGEST_POLL_S: Final = 0.05
_SENDS_A_POLL: Final = 64
_READY_S: Final = 0.05
"""From the moment that everything is prepared to the first due time."""
_SEQ: Final = COLUMNS.index("seq")


@dataclass(slots=True)
class Totals:
    """What a load did so far. Names and units as in `LoadReport`.

    Attributes:
        handed: records handed to the client.
        overdue: records that were due and not handed over when the load was stopped.
        labels_too_late: outcomes that were read after the transactions that needed them.
    """

    handed: int = 0
    overdue: int = 0
    first_due_ms: int = 0
    last_due_ms: int = 0
    first_seq: int = -1
    last_seq: int = -1
    duration_s: float = 0.0
    delays: DelayHistogram = field(default_factory=DelayHistogram)
    dirty: Counter[str] = field(default_factory=Counter)
    skipped_dirty: int = 0
    blank_lines: int = 0
    labels_too_late: int = 0


class Load:
    """Sends the stream. `stop` may be called at any time, also from a signal handler.

    Attributes:
        totals: what was done.
        is_stopped: True when `stop` was called.
    """

    def __init__(
        self,
        ahead: Ahead,
        sender: Sender,
        ledger: Ledger | None,
        schedule: Schedule,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._ahead = ahead
        self._sender = sender
        self._ledger = ledger
        self._schedule = schedule
        self._clock = clock
        self._progress = progress
        self._pacer = Pacer(math.inf, schedule.rate_eps)
        self._in_flight: deque[Flight] = deque()
        self._stop_at_s = math.inf
        self._behind_ms = 0.0
        self.totals = Totals()
        self.is_stopped = False

    def stop(self) -> None:
        """End the load before the next record."""
        self.is_stopped = True

    def run(self) -> None:
        """Send everything and wait for every answer."""
        self._prepare()
        self._start()
        while (flight := self._next_flight()) is not None:
            self._wait_for_labels(flight.labels_needed)
            self._send_block(flight)
            self._look_around()
        if not self._ahead.is_over:
            due = self._pacer.due_count(self._clock.monotonic_s())
            self.totals.overdue = max(due - self.totals.handed, 0)
        self._sender.flush()
        self._settle()
        self._progress.close()

    def _is_over(self, now_s: float) -> bool:
        return self.is_stopped or self._sender.failure is not None or now_s >= self._stop_at_s

    def _prepare(self) -> None:
        """Have all labels of the first lead acknowledged and their transactions at hand."""
        while not self._is_over(self._clock.monotonic_s()) and self._ahead.wants_more(0.0):
            self._ahead.wait_for_reader(_LONGEST_POLL_S)
            self._ahead.fill(0.0)
            self._sender.poll(0)
            self._progress.note("reading up to the stream's start", self._clock.monotonic_s())
        self._wait_for_labels(self._ahead.labels_needed)

    def _start(self) -> None:
        start_s = self._clock.monotonic_s() + _READY_S
        if self._schedule.start_at_ms is not None:
            start_s = self._clock.wall.monotonic_of_ms(self._schedule.start_at_ms)
        self._pacer = Pacer(start_s, self._schedule.rate_eps)
        self._stop_at_s = start_s + self._schedule.stop_after_s
        self._wait_until(start_s)
        self._progress.begin(start_s)

    def _next_flight(self) -> Flight | None:
        while not self._is_over(now_s := self._clock.monotonic_s()):
            self._ahead.fill(now_s - self._pacer.start_s)
            flight = self._ahead.next_flight()
            if flight is not None or self._ahead.is_over:
                return flight
            self._ahead.wait_for_reader(_LONGEST_POLL_S)  # the files are slower than the schedule
            self._look_around()
        return None

    def _wait_for_labels(self, labels_needed: int) -> None:
        while self._sender.labels_acknowledged < labels_needed:
            if self._is_over(self._clock.monotonic_s()):
                return
            self._sender.poll(_LONGEST_POLL_S)
            self._look_around()

    def _send_block(self, flight: Flight) -> None:
        delays_s: list[float] = []
        for row in range(len(flight.block)):
            now_s = self._clock.monotonic_s()
            due_s = self._pacer.due_s(self.totals.handed, now_s)
            if due_s > now_s:
                self._wait_until(due_s)
            elif row % _SENDS_A_POLL == 0:
                self._sender.poll(0)
            if self._is_over(now_s):
                break
            self._sender.send(flight, row, self._clock.wall.unix_ms(due_s))
            self.totals.handed += 1
            delays_s.append(self._clock.monotonic_s() - due_s if self._schedule.is_paced else 0.0)
        self._note(flight, delays_s)

    def _wait_until(self, due_s: float) -> None:
        while not self._is_over(now_s := self._clock.monotonic_s()) and now_s < due_s:
            left_s = due_s - now_s
            if left_s < _SHORT_S:
                self._sender.poll(0)
                self._clock.sleep(left_s)
                continue
            # where a rate is low, the labels of the next block are due before this record
            self._ahead.fill(now_s - self._pacer.start_s)
            self._look_around()
            self._sender.poll(min(left_s - _SHORT_S / 2, _LONGEST_POLL_S))

    def _note(self, flight: Flight, delays_s: list[float]) -> None:
        """Count a block that was handed over, wholly or in part."""
        totals, block = self.totals, flight.block
        self._in_flight.append(flight)
        totals.delays.add(np.array(delays_s) * 1000)
        totals.skipped_dirty += block.skipped_dirty
        totals.blank_lines += block.blank_lines
        totals.labels_too_late += block.labels_too_late
        if not delays_s:
            return
        if totals.first_seq < 0:
            totals.first_seq = int(block.rows[0, _SEQ])
            totals.first_due_ms = flight.due_ms[0]
        last = len(delays_s) - 1
        totals.last_seq = int(block.rows[last, _SEQ])
        totals.last_due_ms = flight.due_ms[last]
        totals.duration_s = self._clock.monotonic_s() - self._pacer.start_s
        totals.dirty.update(reason for reason in block.reasons[: last + 1] if reason)
        self._behind_ms = delays_s[-1] * 1000

    def _look_around(self) -> None:
        """What is done between two blocks."""
        self._settle()
        now_s = self._clock.monotonic_s()
        if self._progress.is_due(now_s):
            late = self.totals.delays.late
            standing = Standing(
                self._sender.acknowledged, self._schedule.asked, late, self._behind_ms
            )
            self._progress.update(standing, now_s)

    def _settle(self) -> None:
        """Write the ledger rows of blocks that are answered, in the order of sending."""
        while self._in_flight and self._in_flight[0].is_answered:
            flight = self._in_flight.popleft()
            if self._ledger is not None:
                self._ledger.add(flight.ledger_rows())
