"""Reading a stretch of one partition again: the log is the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from fraud_core.client import client_error, message_or_raise
from fraud_core.errors import BrokerUnreachableError, LogError
from fraud_core.kafka import KafkaSettings

_POLL_S = 0.1
_RECORDS_A_POLL = 1000
_ANSWER_WITHIN_S = 30.0


class InputRecord(NamedTuple):
    """A record of the transactions topic, as any engine hands it over.

    Attributes:
        partition: where it stands.
        offset: where it stands.
        timestamp_ms: its timestamp, which is its due time.
        key: bytes or None.
        value: bytes or None.
    """

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


class TransactionLog:
    """The transactions topic, read by offset; joins no group and commits nothing."""

    def __init__(
        self, consumer: Consumer, topic: str, bootstrap_servers: str, clock: Callable[[], float]
    ) -> None:
        """Wrap a client.

        Args:
            consumer: a client of its own, with `enable.partition.eof`.
            topic: the transactions topic.
            bootstrap_servers: named in errors.
            clock: monotonic seconds.
        """
        self._consumer = consumer
        self._topic = topic
        self._bootstrap_servers = bootstrap_servers
        self._clock = clock

    @classmethod
    def open(
        cls, settings: KafkaSettings, topic: str, clock: Callable[[], float]
    ) -> TransactionLog:
        """Connect."""
        consumer = Consumer(settings.as_consumer("catch-up", enable_partition_eof=True))
        return cls(consumer, topic, settings.bootstrap_servers, clock)

    def partition_count(self) -> int:
        """Partitions of the topic.

        Raises:
            BrokerUnreachableError: nobody answers.
            LogError: the topic is not there.
        """
        try:
            metadata = self._consumer.list_topics(self._topic, timeout=10)
        except KafkaException as error:
            raise self._unreachable(str(error.args[0])) from None
        found = metadata.topics[self._topic]
        if found.error is not None:
            raise client_error(found.error, self._topic)
        return len(found.partitions)

    def read(self, partition: int, first: int, end: int) -> Iterator[InputRecord]:
        """The records with first <= offset < end, in order.

        It ends by the consumer's position: offsets may have gaps.

        Raises:
            LogError: the log starts above `first` or stops below `end`.
            BrokerUnreachableError: no answer for 30 s.
        """
        self._check_start(partition, first)
        self._consumer.assign([TopicPartition(self._topic, partition, first)])
        try:
            yield from self._records_below(end, partition)
        finally:
            self._consumer.unassign()  # or it goes on fetching what nobody will ask for

    def _records_below(self, end: int, partition: int) -> Iterator[InputRecord]:
        deadline = self._clock() + _ANSWER_WITHIN_S
        while True:
            messages = self._consumer.consume(_RECORDS_A_POLL, _POLL_S)
            for message in messages:
                if self._position(message, end) >= end:
                    return
                yield input_record(message)
            if messages:
                deadline = self._clock() + _ANSWER_WITHIN_S
            elif self._clock() > deadline:
                raise self._unreachable(f"no record of partition {partition} for 30 s")

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def _check_start(self, partition: int, first: int) -> None:
        place = TopicPartition(self._topic, partition)
        try:
            low, _ = self._consumer.get_watermark_offsets(place, timeout=10)
        except KafkaException as error:
            raise self._unreachable(str(error.args[0])) from None
        if low > first:
            message = (
                f"partition {partition} of {self._topic} starts at offset {low}, the state needs "
                f"{first}: its retention deleted records; set retention.ms=-1 and start again from "
                "an artifact whose history ends later"
            )
            raise LogError(message)

    def _position(self, message: Message, end: int) -> int:
        """Offset at which the log stands: a record's own, or the end of the partition."""
        error = message.error()
        offset = message.offset() or 0
        if error is None:
            return offset
        if error.code() != KafkaError._PARTITION_EOF:  # that is its public name
            message_or_raise(message)
        if offset < end:
            text = f"{self._topic} ends at offset {offset}, below {end}: it was created anew"
            raise LogError(f"{text}; start again with a fresh group and checkpoint")
        return offset

    def _unreachable(self, reason: str) -> BrokerUnreachableError:
        return BrokerUnreachableError(bootstrap_servers=self._bootstrap_servers, reason=reason)


def input_record(message: Message) -> InputRecord:
    """The record that a client handed over."""
    _, timestamp_ms = message.timestamp()
    return InputRecord(
        message.partition() or 0,
        message.offset() or 0,
        timestamp_ms,
        message.key(),
        message.value(),
    )
