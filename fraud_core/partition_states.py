"""The states that one process holds, each brought to the offset at which it is asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from fraud_core.errors import LogError
from fraud_core.history import History
from fraud_core.partition_state import PartitionState
from fraud_core.snapshots import Snapshots
from fraud_core.transaction import DateRange, Rejected, decode
from fraud_core.transaction_log import TransactionLog

_log = logging.getLogger(__name__)


class PartitionStates:
    """One `PartitionState` for each partition that this process has met."""

    def __init__(
        self,
        log: TransactionLog,
        history: History,
        dates: DateRange,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Note the number of partitions: keys move between them when it changes.

        Args:
            log: the transactions topic.
            history: what was known before the stream.
            dates: event times that are possible.
            snapshots: where states are kept; None to read the log from its start each time.
        """
        self._log = log
        self._snapshots = snapshots
        self._history = history
        self._dates = dates
        self._partition_count = log.partition_count()
        self._states: dict[int, PartitionState] = {}

    def stands_at(self, partition: int, offset: int) -> bool:
        """True when the next record of the partition can be taken in without catching up."""
        state = self._states.get(partition)
        return offset == (state.next_offset if state else 0)

    def position(self, partition: int) -> int | None:
        """Offset at which the state of a partition stands; None where there is none yet."""
        state = self._states.get(partition)
        return state.next_offset if state else None

    def at(self, partition: int, offset: int) -> PartitionState:
        """The state of a partition at an offset, caught up from the log where it is not there.

        Raises:
            LogError: the log does not hold what is needed, or the topic has grown partitions.
        """
        state = self._states.get(partition)
        if state is None or offset < state.next_offset:
            self._check_count(partition)
            state = self._states[partition] = PartitionState(self._history)
        if state.next_offset < offset:
            state = self._states[partition] = self._nearest(state, partition, offset)
            self._catch_up(state, partition, offset)
        return state

    def keep(self, partitions: Iterable[int]) -> None:
        """Write snapshots of those partitions for which it is time."""
        if self._snapshots is not None:
            self._snapshots.consider({one: self._states[one] for one in partitions})

    def close(self) -> None:
        """Disconnect from the log, and finish the snapshot that is being written."""
        self._log.close()
        if self._snapshots is not None:
            self._snapshots.wait_written()

    def _nearest(self, state: PartitionState, partition: int, offset: int) -> PartitionState:
        """The state itself, or the one of a snapshot that is nearer to an offset."""
        if self._snapshots is None:
            return state
        point = self._snapshots.nearest(partition, above=state.next_offset, at_most=offset)
        if point is None:
            return state
        _log.info("snapshot read partition=%d at=%d", partition, point.next_offset)
        return PartitionState(self._history, point)

    def _catch_up(self, state: PartitionState, partition: int, offset: int) -> None:
        first = state.next_offset
        for record in self._log.read(partition, first, offset):
            try:
                state.advance(decode(record.key, record.value, self._dates), record.offset)
            except Rejected:
                state.pass_over(record.offset)
        state.next_offset = offset  # the log may have gaps below it
        _log.info("caught up partition=%d from=%d to=%d", partition, first, offset)

    def _check_count(self, partition: int) -> None:
        count = self._log.partition_count()
        if count != self._partition_count or partition >= count:
            message = (
                f"the transactions topic had {self._partition_count} partitions at start and has "
                f"{count} now: customers change partitions with that, so their windows would be "
                "wrong; use a fresh topic with the number of partitions that is needed"
            )
            raise LogError(message)
