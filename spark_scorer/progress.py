"""Spark's progress, mirrored into a consumer group so that Kafka tools can see it.

Never used for recovery: that is the checkpoint's. Spark itself commits nothing to Kafka.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from fraud_core.kafka import KafkaSettings

_log = logging.getLogger(__name__)


def end_offsets(progress: Mapping[str, Any]) -> list[TopicPartition]:
    """Offsets up to which a batch has been written.

    Args:
        progress: `lastProgress` of a query.
    """
    places = []
    for source in progress["sources"]:
        offsets = source["endOffset"]
        # PySpark hands over the JSON text in some versions and its content in others.
        topics = json.loads(offsets) if isinstance(offsets, str) else offsets
        for topic, partitions in (topics or {}).items():
            for partition, offset in partitions.items():
                places.append(TopicPartition(topic, int(partition), int(offset)))
    return places


class GroupMirror:
    """Commits a query's progress to a consumer group that nobody joins."""

    def __init__(self, consumer: Consumer) -> None:
        """Wrap a client that has not subscribed."""
        self._consumer = consumer
        self._batch = -1

    @classmethod
    def open(cls, settings: KafkaSettings, group_id: str) -> GroupMirror:
        """Connect."""
        return cls(Consumer(settings.as_consumer(group_id)))

    def show(self, progress: Mapping[str, Any] | None) -> None:
        """Commit what a newly finished batch has written; a failure is a warning only."""
        if progress is None or progress["batchId"] == self._batch:
            return
        places = end_offsets(progress)
        if not places:
            return
        self._batch = progress["batchId"]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            _log.warning("progress is not visible in the group reason=%s", error.args[0])

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()
