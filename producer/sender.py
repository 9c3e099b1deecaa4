"""Hands records to the Kafka client, and keeps what the broker says about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from numpy.typing import NDArray

from fraud_core.kafka import KafkaSettings
from fraud_core.topics import TopicNames
from producer.sources import COLUMNS, StreamBlock

Int64s = NDArray[np.int64]

PATIENCE_MS: Final = 30_000
"""A broker that is restarted is back well before; a record older than this is a delivery error."""

_LINGER_MS: Final = 2
"""Part of every latency that is measured from the due time; without it each record is a request of
its own, which at 4,000 a second costs the broker more than the engines under test."""
_DRAIN_LINGER_MS: Final = 5
"""With no schedule fuller batches are faster, as long as labels do not wait for theirs."""
_QUEUE_KIBIBYTES: Final = 128 * 1024
_FULL_QUEUE_POLL_S: Final = 0.01

NOT_SENT: Final = -1


def producer_config(settings: KafkaSettings, *, is_paced: bool) -> dict[str, Any]:
    """Settings of the client that sends transactions and labels."""
    return settings.as_producer(
        linger_ms=_LINGER_MS if is_paced else _DRAIN_LINGER_MS,
        message_timeout_ms=PATIENCE_MS,
        queue_buffering_max_kbytes=_QUEUE_KIBIBYTES,
    )


@dataclass(slots=True)
class Flight:
    """A block on its way.

    Attributes:
        block: its records.
        labels_needed: label records that must be acknowledged before the first of them is sent.
        due_ms: due time of each record, 0 before it is handed over.
        partitions: where the broker put each record, -1 before it says so.
        offsets: where the broker put each record, -1 before it says so.
        handed: records handed to the client.
        answered: records of which the broker, or the client, said what became of them.
    """

    block: StreamBlock
    labels_needed: int
    due_ms: list[int] = field(init=False)
    partitions: list[int] = field(init=False)
    offsets: list[int] = field(init=False)
    handed: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        self.due_ms = [0] * len(self.block)
        self.partitions = [NOT_SENT] * len(self.block)
        self.offsets = [NOT_SENT] * len(self.block)

    @property
    def is_answered(self) -> bool:
        """True when nothing of it is on its way. Ask only when no more of it is handed over."""
        return self.answered == self.handed

    def ledger_rows(self) -> Int64s:
        """One row for each record that the broker took: int64, shape (n, 10), LEDGER_COLUMNS."""
        columns = dict(zip(COLUMNS, self.block.rows.T, strict=True))
        partitions = np.array(self.partitions, dtype=np.int64)
        offsets = np.array(self.offsets, dtype=np.int64)
        due_ms = np.array(self.due_ms, dtype=np.int64)
        rows = np.stack(
            [
                columns["seq"],
                partitions,
                offsets,
                columns["tx_id"],
                columns["terminal_id"],
                columns["tx_time_s"],
                due_ms,
                columns["fraud"],
                columns["scenario"],
                columns["label_time_s"],
            ],
            axis=1,
        )
        taken: Int64s = rows[offsets != NOT_SENT]
        return taken


class Sender:
    """One Kafka client for both topics, so that one poll serves both.

    Attributes:
        acknowledged: transactions that the broker took.
        errors: transactions that it did not take.
        error_reason: why the last of those was not taken.
        labels_acknowledged: label records that the broker took.
        outcomes_acknowledged: outcomes in them.
        failure: why sending cannot go on, None while it can.
    """

    def __init__(
        self, settings: KafkaSettings, names: TopicNames, next_label_offset: int, *, is_paced: bool
    ) -> None:
        """Connect.

        Args:
            settings: how to reach the broker.
            names: the topics, which exist.
            next_label_offset: where the labels topic ends now.
            is_paced: False where records go as fast as possible.
        """
        self._client_error = ""
        config = producer_config(settings, is_paced=is_paced)
        self._client = Producer(config | {"error_cb": self._note_error})
        self._client.list_topics(names.transactions, timeout=10)  # or the first records wait for it
        self._names = names
        self._next_label_offset = next_label_offset
        self._labels_handed = 0
        self.acknowledged = 0
        self.errors = 0
        self.error_reason = ""
        self.labels_acknowledged = 0
        self.outcomes_acknowledged = 0
        self.failure: str | None = None

    def publish(self, labels: list[tuple[bytes, int]], now_ms: int) -> int:
        """Hand over label records.

        Returns:
            how many were handed over since the start; so many acknowledgements to wait for.
        """
        for value, outcomes in labels:
            self._hand_over(
                partial(
                    self._client.produce,
                    self._names.labels,
                    value=value,
                    partition=0,
                    timestamp=now_ms,
                    on_delivery=partial(self._label_answered, outcomes),
                )
            )
            self._labels_handed += 1
        return self._labels_handed

    def send(self, flight: Flight, row: int, due_ms: int) -> None:
        """Hand over one transaction; waits while the client's queue is full."""
        flight.due_ms[row] = due_ms
        flight.handed += 1
        produce = partial(
            self._client.produce,
            self._names.transactions,
            key=flight.block.keys[row],
            value=flight.block.values[row],
            timestamp=due_ms,
            headers=[("seq", b"%d" % flight.block.rows[row, 0])],
            on_delivery=partial(self._answered, flight, row),
        )
        try:
            self._hand_over(produce)
        except KafkaException as error:  # larger than any record may be
            self._answered(flight, row, error.args[0], None)

    def poll(self, timeout_s: float) -> None:
        """Take in the broker's answers; returns at the first, or after the time."""
        self._client.poll(timeout_s)

    def flush(self) -> None:
        """Wait until every record was answered, at the longest until they time out."""
        # a little longer, so that the client's own time-out comes first and names the reason
        self._client.flush(PATIENCE_MS / 1000 + 5)

    def _hand_over(self, produce: Callable[[], None]) -> None:
        while True:
            try:
                produce()
            except BufferError:
                self._client.poll(_FULL_QUEUE_POLL_S)
            else:
                return

    def _answered(
        self, flight: Flight, row: int, error: KafkaError | None, message: Message | None
    ) -> None:
        flight.answered += 1
        if error is None and message is not None:
            flight.partitions[row] = message.partition() or 0
            flight.offsets[row] = message.offset() or 0
            self.acknowledged += 1
            return
        self.errors += 1
        self.error_reason = error.str() if error else "unknown"
        if error and (error.fatal() or error.code() == KafkaError._MSG_TIMED_OUT):
            self._fail("transactions", self._names.transactions, error)

    def _label_answered(self, outcomes: int, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._fail("labels", self._names.labels, error)
            return
        offset = message.offset()
        if offset != self._next_label_offset:
            self.failure = (
                f"a label record landed at offset {offset} of {self._names.labels}, not at "
                f"{self._next_label_offset}: another producer publishes labels there; stop one and "
                "start again on fresh topics"
            )
        self._next_label_offset += 1
        self.labels_acknowledged += 1
        self.outcomes_acknowledged += outcomes

    def _note_error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # it follows every other and explains none
            self._client_error = f"; {error.str()}"

    def _fail(self, what: str, topic: str, error: KafkaError) -> None:
        reason = f"{error.str()}{self._client_error}"
        self.failure = (
            f"the broker did not take {what} on {topic} ({reason}): check that it is up, the "
            "user's rights and its log; what was sent is in the ledger"
        )
