"""What stands in a transactions topic that goes on from step to step, and where a load goes on."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.samples import INPUTS, EndOffsets
from fraud_core.client import message_or_raise
from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import PARTITIONS, TopicNames
from fraud_core.transaction import PROBE_ID_FLOOR, DateRange, Rejected, decode

_RECORDS_A_POLL: Final = 5000
_PROGRESS_WITHIN_S: Final = 30.0


@dataclass(slots=True)
class SentRows:
    """Which rows of the files stand in the log, from the `seq` that each record carries.

    Attributes:
        count: records of loads.
        first_seq: lowest number of a row.
        last_seq: highest number of a row.
        foreign: records that neither a load nor a readiness probe wrote.
        newest_s: event time of the newest clean record of each partition.
        newest_ids: row number and transaction id of the same records.
    """

    count: int = 0
    first_seq: int = -1
    last_seq: int = -1
    foreign: int = 0
    newest_s: dict[int, int] = field(default_factory=dict)
    newest_ids: dict[int, tuple[int, int]] = field(default_factory=dict)
    _sum: int = 0

    def note(self, seq: int) -> None:
        """Take in one row."""
        self.first_seq = min(self.first_seq, seq) if self.count else seq
        self.last_seq = max(self.last_seq, seq)
        self.count += 1
        self._sum += seq

    @property
    def to_skip(self) -> int:
        """How many rows of the stream the next load leaves out: an earlier one sent them."""
        return self.last_seq - self.first_seq + 1 if self.count else 0

    @property
    def is_whole(self) -> bool:
        """True where each row from the first to the last is there once and nothing else is.

        Then what the files say offline is what an engine must say of the log.
        """
        all_once = 2 * self._sum == (self.first_seq + self.last_seq) * self.count
        return not self.foreign and self.count == self.to_skip and (all_once or not self.count)

    def time_s(self, otherwise_s: int) -> int:
        """Event time at which the log stands; a single record of another year does not move it.

        Args:
            otherwise_s: where the log is empty.
        """
        return int(statistics.median(self.newest_s.values())) if self.newest_s else otherwise_s


class InputLog:
    """Reads a transactions topic on, from where it stopped before.

    Attributes:
        rows: what was read so far.
    """

    def __init__(self, settings: KafkaSettings, names: TopicNames, dates: DateRange) -> None:
        """Nothing is read yet.

        Args:
            settings: how to reach the broker.
            names: the topics.
            dates: which event times a clean record may have.
        """
        self.rows = SentRows()
        self._settings, self._topic, self._dates = settings, names.transactions, dates
        self._next = dict.fromkeys(range(PARTITIONS), 0)

    def read_to(self, ends: EndOffsets) -> SentRows:
        """Read up to given end offsets.

        Raises:
            ConfigError: the log does not begin at its first record.
            SurroundingsError: the broker stops giving records.
        """
        wanted = {
            partition: end
            for (topic, partition), end in ends.items()
            if topic == INPUTS and end > self._next[partition]
        }
        if wanted:
            self._read(wanted)
        return self.rows

    def _read(self, wanted: dict[int, int]) -> None:
        consumer = Consumer(self._settings.as_consumer("benchmark"))
        try:
            for partition in wanted:
                self._refuse_late_start(consumer, partition)
            places = [TopicPartition(self._topic, p, self._next[p]) for p in wanted]
            consumer.assign(places)
            self._read_all(consumer, dict(wanted))
        finally:
            consumer.close()

    def _refuse_late_start(self, consumer: Consumer, partition: int) -> None:
        place = TopicPartition(self._topic, partition)
        low = consumer.get_watermark_offsets(place, timeout=_PROGRESS_WITHIN_S)[0]
        if low > 0:
            raise ConfigError(
                f"{self._topic} partition {partition} begins at offset {low}: records were "
                "deleted, so nobody can say where a load goes on; make topics with another prefix"
            )

    def _read_all(self, consumer: Consumer, wanted: dict[int, int]) -> None:
        deadline_s = time.monotonic() + _PROGRESS_WITHIN_S
        while wanted:
            messages = consumer.consume(_RECORDS_A_POLL, timeout=0.5)
            if messages:
                deadline_s = time.monotonic() + _PROGRESS_WITHIN_S
            elif time.monotonic() > deadline_s:
                raise SurroundingsError(
                    f"{self._topic} gives no records although it holds them: check the broker's log"
                )
            for message in messages:
                self._note(message_or_raise(message), wanted)

    def _note(self, message: Message, wanted: dict[int, int]) -> None:
        partition, offset = int(message.partition() or 0), int(message.offset() or 0)
        if offset >= wanted.get(partition, 0):
            return
        note(self.rows, message, self._dates)
        self._next[partition] = offset + 1
        if offset == wanted[partition] - 1:
            del wanted[partition]


def note(rows: SentRows, message: Message, dates: DateRange) -> None:
    """Take in one record of the log.

    Args:
        rows: what was read before it.
        message: of the transactions topic.
        dates: which event times a clean record may have.
    """
    key = message.key()
    seq = dict[str, Any](message.headers() or []).get("seq", b"")
    if not seq.isdigit():
        rows.foreign += not (key and key.isdigit() and int(key) >= PROBE_ID_FLOOR)
        return
    rows.note(int(seq))
    try:
        transaction = decode(key, message.value(), dates)
    except Rejected:
        return
    partition = int(message.partition() or 0)
    rows.newest_s[partition] = transaction.time_s
    rows.newest_ids[partition] = (int(seq), transaction.tx_id)
