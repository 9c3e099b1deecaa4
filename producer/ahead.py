"""Blocks whose labels are published and whose transactions are not due yet."""

from __future__ import annotations

from collections import deque

from producer.reader import BlockReader
from producer.schedule import Clock, Schedule
from producer.sender import Flight, Sender


class Ahead:
    """Takes blocks from the reader one lead before they are due, and publishes their labels."""

    def __init__(
        self, reader: BlockReader, sender: Sender, schedule: Schedule, clock: Clock
    ) -> None:
        self._reader = reader
        self._sender = sender
        self._schedule = schedule
        self._clock = clock
        self._flights: deque[Flight] = deque()
        self._read_rows = 0
        self._waiting_rows = 0

    @property
    def is_over(self) -> bool:
        """True when the stream has ended and every block was given out."""
        return self._reader.has_ended and not self._flights

    @property
    def labels_needed(self) -> int:
        """Label records that were handed over for the blocks taken so far."""
        return self._flights[-1].labels_needed if self._flights else 0

    def wants_more(self, elapsed_s: float) -> bool:
        """True when another block should have been taken by now."""
        return not self._reader.has_ended and self._schedule.wants_more(
            elapsed_s=elapsed_s, read_rows=self._read_rows, waiting_rows=self._waiting_rows
        )

    def fill(self, elapsed_s: float) -> None:
        """Take what the schedule wants, as far as the reader has it."""
        while self.wants_more(elapsed_s) and self._reader.is_ready():
            block = self._reader.next_block()
            if block is None:
                return
            labels_needed = self._sender.publish(block.labels, self._clock.unix_ms())
            self._flights.append(Flight(block, labels_needed))
            self._read_rows += len(block)
            self._waiting_rows += len(block)

    def wait_for_reader(self, timeout_s: float) -> None:
        """Return when the reader has something, or after a time."""
        self._reader.is_ready(timeout_s)

    def next_flight(self) -> Flight | None:
        """The next block, None if none is there yet."""
        if not self._flights:
            return None
        self._waiting_rows -= len(self._flights[0].block)
        return self._flights.popleft()
