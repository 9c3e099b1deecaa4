"""The labels topic as a replicated table: read from the start by every scoring process.

Kafka Streams does the same for a GlobalKTable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from fraud_core.client import client_error, message_or_raise
from fraud_core.errors import LogError, SurroundingsError
from fraud_core.history import History
from fraud_core.kafka import KafkaSettings
from fraud_core.label_record import decode_label_record
from fraud_core.label_table import LabelTable

_log = logging.getLogger(__name__)

_POLL_S = 0.02
_ANSWER_WITHIN_S = 30.0
_RECORDS_A_POLL = 500


class LabelFeed:
    """Keeps a `LabelTable` up to date, and waits for it within limits."""

    def __init__(self, consumer: Consumer, topic: str, history: History, *, wait_s: float) -> None:
        """Start reading.

        Args:
            consumer: a client of its own, assigned here.
            topic: the labels topic, one partition.
            history: what was known before the stream.
            wait_s: longest wait for labels before a batch is scored without them.
        """
        self._consumer = consumer
        self._topic = topic
        self._history = history
        self._wait_s = wait_s
        self._timed_out_at_s: int | None = None
        self._slack_s = 0
        self._rewind()

    @classmethod
    def open(
        cls, settings: KafkaSettings, topic: str, history: History, *, wait_s: float
    ) -> LabelFeed:
        """Connect and start reading."""
        # The group is never joined nor committed to: librdkafka merely wants a name.
        consumer = Consumer(settings.as_consumer("label-feed"))
        return cls(consumer, topic, history, wait_s=wait_s)

    @property
    def complete_until_s(self) -> int:
        """Label time up to which the table is complete."""
        return self.table.complete_until_s

    def poll(self, timeout_s: float = 0.0) -> int:
        """Take in what has arrived.

        Returns:
            how many records were taken in.
        """
        messages = self._consumer.consume(_RECORDS_A_POLL, timeout_s)
        for message in messages:
            self._take_in(message_or_raise(message))
        return len(messages)

    def must_wait_for(self, time_s: int) -> bool:
        """True when labels up to a time have not arrived and waiting for them may help."""
        if time_s > self.complete_until_s:
            self.poll()  # also after a time-out, or it would never see that labels move again
        return self._lacks(time_s)

    def _lacks(self, time_s: int) -> bool:
        if time_s <= self.complete_until_s:
            return False
        return self._timed_out_at_s != self.complete_until_s

    def wait_for(self, time_s: int, clock: Callable[[], float]) -> None:
        """Read until labels are complete up to a time, or the longest wait is over.

        After one time-out it does not wait again until `complete_until_s` has moved.

        Args:
            time_s: newest event time of the batch to be scored.
            clock: monotonic seconds.
        """
        deadline = clock() + self._wait_s
        if not self.must_wait_for(time_s):
            return
        while self._lacks(time_s):
            if clock() >= deadline:
                self._timed_out_at_s = self.complete_until_s
                return
            self.poll(_POLL_S)

    def catch_up(self, clock: Callable[[], float]) -> None:
        """Read up to where the topic ends now: labels that stand there are not late.

        It takes as long as the topic is; `wait_for` would give up before its end.

        Args:
            clock: monotonic seconds.

        Raises:
            SurroundingsError: the broker stopped answering.
        """
        end = self._end()
        started_s = clock()
        self._read_until(lambda: self._next_offset >= end, clock)
        _log.info("labels read records=%d took_s=%.1f", end, clock() - started_s)

    def rebuild(self, missing_s: int, clock: Callable[[], float]) -> None:
        """Read everything again, up to where the table stood: somebody asked below its floor.

        A partition that was not seen before stands there; from now on so much more is held.

        Args:
            missing_s: how far below.
            clock: monotonic seconds.

        Raises:
            SurroundingsError: the broker stopped answering.
        """
        wanted_s = self.complete_until_s
        self._slack_s += missing_s
        self._rewind()
        self._read_until(lambda: self.complete_until_s >= wanted_s, clock)

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def _read_until(self, is_there: Callable[[], bool], clock: Callable[[], float]) -> None:
        deadline = clock() + _ANSWER_WITHIN_S
        while not is_there():
            if self.poll(_POLL_S):
                deadline = clock() + _ANSWER_WITHIN_S
            elif clock() > deadline:
                text = f"no record of {self._topic} for 30 s while reading it from its start"
                raise SurroundingsError(f"{text}: check that the broker is up")

    def _end(self) -> int:
        place = TopicPartition(self._topic, 0)
        try:
            return self._consumer.get_watermark_offsets(place, timeout=_ANSWER_WITHIN_S)[1]
        except KafkaException as error:
            raise client_error(error.args[0], self._topic) from None

    def _rewind(self) -> None:
        self._next_offset = 0
        self.table = LabelTable(self._history, slack_s=self._slack_s)
        self._consumer.assign([TopicPartition(self._topic, 0, OFFSET_BEGINNING)])

    def _take_in(self, message: Message) -> None:
        offset = message.offset() or 0
        record = decode_label_record(message.value(), offset)
        if record.complete_until_s < self.table.complete_until_s:
            text = (
                f"labels are complete until {record.complete_until_s} in record {offset} of "
                f"{self._topic}, but were until {self.table.complete_until_s} before: two "
                "producers publish labels; stop one and start again on fresh topics"
            )
            raise LogError(text)
        self.table.add(record)
        self._next_offset = offset + 1
