"""The four topics, their shape, and the client limits that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024

PARTITIONS: Final = 12
"""Divides by 1, 2, 3, 4, 6 and 12, so every such number of instances gets equal shares."""


@dataclass(frozen=True, slots=True)
class TopicShape:
    """How one topic is made.

    Attributes:
        partitions: number of partitions.
        max_record_bytes: `max.message.bytes` of the topic.
        log_append_time: True where the broker stamps records, False where the client does.
        keep_forever: True where an old event time must not make a record expire.
    """

    partitions: int
    max_record_bytes: int
    log_append_time: bool
    keep_forever: bool

    def config(self) -> dict[str, str]:
        """The topic's settings in Kafka's own names."""
        stamp = "LogAppendTime" if self.log_append_time else "CreateTime"
        settings = {
            "message.timestamp.type": stamp,
            "max.message.bytes": str(self.max_record_bytes),
        }
        if self.keep_forever:
            settings |= {"retention.ms": "-1", "retention.bytes": "-1"}
        return settings


TRANSACTIONS: Final = TopicShape(PARTITIONS, 4 * MIB, log_append_time=False, keep_forever=True)
LABELS: Final = TopicShape(1, 4 * MIB, log_append_time=False, keep_forever=True)
PREDICTIONS: Final = TopicShape(PARTITIONS, 1 * MIB, log_append_time=True, keep_forever=False)
DEAD_LETTERS: Final = TopicShape(PARTITIONS, 5 * MIB, log_append_time=True, keep_forever=False)

LARGEST_INPUT_BYTES: Final = max(TRANSACTIONS.max_record_bytes, LABELS.max_record_bytes)
"""Consumers must be able to fetch this much, or one large record stops them."""

LARGEST_RECORD_BYTES: Final = DEAD_LETTERS.max_record_bytes
"""Producers must be able to send this much: a dead letter is the original and its headers."""


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The names of the four topics behind one prefix.

    Attributes:
        prefix: put before each name as it is, "" for none; `run-7-` gives `run-7-transactions`.
    """

    prefix: str = ""

    @property
    def transactions(self) -> str:
        """Input."""
        return f"{self.prefix}transactions"

    @property
    def labels(self) -> str:
        """Outcomes, known some days later in event time."""
        return f"{self.prefix}labels"

    @property
    def predictions(self) -> str:
        """One record for each transaction that could be read."""
        return f"{self.prefix}predictions"

    @property
    def dead_letters(self) -> str:
        """One record for each transaction that could not."""
        return f"{self.prefix}dead-letters"

    def shapes(self) -> dict[str, TopicShape]:
        """Name of each topic and how it is made."""
        return {
            self.transactions: TRANSACTIONS,
            self.labels: LABELS,
            self.predictions: PREDICTIONS,
            self.dead_letters: DEAD_LETTERS,
        }
