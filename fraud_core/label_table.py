"""Outcomes at terminals, asked as of any event time, in any order.

Partitions are read one after the other and may stand days of event time apart, so a pointer that
only moves forward gives wrong answers; two binary searches do not care.
"""

from __future__ import annotations

from typing import Final

from fraud_core.features import LONGEST_WINDOW_S, WindowSeries
from fraud_core.history import History
from fraud_core.label_record import LabelRecord
from fraud_core.transaction import SECONDS_PER_DAY

NO_FLOOR: Final = -(2**62)

EVICT_EVERY_S: Final = 7 * SECONDS_PER_DAY
"""Event time between two evictions: walking over every terminal costs milliseconds."""


class BelowFloorError(Exception):
    """A question about a window that was evicted in part: the table must be built again.

    Attributes:
        missing_s: how far the window reaches below what is held.
    """

    def __init__(self, missing_s: int) -> None:
        super().__init__(f"the window reaches {missing_s} s below what is held")
        self.missing_s = missing_s


class LabelTable:
    """Count of transactions and of frauds per terminal whose outcome was known at a time.

    Attributes:
        complete_until_s: outcomes with a label time up to here are all in the table.
    """

    def __init__(self, history: History, *, slack_s: int = 0) -> None:
        """Start with what the history knows.

        Args:
            history: what was known before the stream.
            slack_s: event time that is held beyond what the partitions seen so far need.
        """
        self._slack_s = slack_s
        self._history = history
        self._terminals: dict[int, WindowSeries] = {}
        self._floor_s = NO_FLOOR
        self.complete_until_s = history.complete_until_s

    def add(self, record: LabelRecord) -> None:
        """Take in one record of the labels topic; outcomes that the history has are skipped."""
        end_s = self._history.end_s
        for outcome in record.outcomes:
            if outcome.label_time_s > end_s:
                self._series(outcome.terminal_id).add(outcome.label_time_s, outcome.fraud)
        self.complete_until_s = record.complete_until_s

    def windows(self, terminal_id: int, time_s: int) -> list[int]:
        """Count and frauds with t - W < label time <= t for 1, 7 and 30 days.

        Args:
            terminal_id: where the transaction takes place.
            time_s: its event time.

        Returns:
            count, frauds for each window: six integers.

        Raises:
            BelowFloorError: a part of the longest window was evicted.
        """
        if time_s - LONGEST_WINDOW_S < self._floor_s:
            raise BelowFloorError(self._floor_s - time_s + LONGEST_WINDOW_S)
        return self._series(terminal_id).windows(time_s, NO_FLOOR)

    def evict(self, oldest_s: int) -> None:
        """Forget what no partition can ask for any more.

        Args:
            oldest_s: oldest event time at which one of the partitions stands.
        """
        floor_s = oldest_s - LONGEST_WINDOW_S - self._slack_s
        if floor_s < self._floor_s + EVICT_EVERY_S:
            return
        self._floor_s = floor_s
        for series in self._terminals.values():
            series.drop_until(floor_s)

    def _series(self, terminal_id: int) -> WindowSeries:
        series = self._terminals.get(terminal_id)
        if series is None:
            series = self._terminals[terminal_id] = self._history.terminal(terminal_id)
        return series
