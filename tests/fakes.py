"""Kafka's log without Kafka: clients with the few methods that our readers call."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

from confluent_kafka import OFFSET_BEGINNING, KafkaError


class FakeMessage:
    """What a confluent-kafka consumer hands over."""

    def __init__(
        self, topic, partition, offset, key, value, timestamp_ms=0, error=None, headers=None
    ):
        self._parts = (topic, partition, offset, key, value, timestamp_ms, error)
        self._headers = headers

    def topic(self):
        return self._parts[0]

    def partition(self):
        return self._parts[1]

    def offset(self):
        return self._parts[2]

    def key(self):
        return self._parts[3]

    def value(self):
        return self._parts[4]

    def timestamp(self):
        return 1, self._parts[5]

    def error(self):
        return self._parts[6]

    def headers(self):
        return self._headers


class FakeCluster:
    """Topics in memory; offsets may be given, so that a log can have gaps."""

    def __init__(self, partitions=12):
        self.logs = defaultdict(list)
        self.low = defaultdict(int)
        self.partitions = partitions

    def append(self, topic, partition, key, value, *, offset=None, timestamp_ms=0):
        log = self.logs[topic, partition]
        if offset is None:
            offset = log[-1].offset() + 1 if log else 0
        log.append(FakeMessage(topic, partition, offset, key, value, timestamp_ms))
        return offset

    def end(self, topic, partition):
        log = self.logs[topic, partition]
        return log[-1].offset() + 1 if log else 0


class FakeConsumer:
    """Reads a FakeCluster by assignment."""

    def __init__(self, cluster, *, reports_end=False):
        self._cluster = cluster
        self._reports_end = reports_end
        self._place = None
        self.polls = 0

    def assign(self, places):
        place = places[0]
        offset = 0 if place.offset == OFFSET_BEGINNING else place.offset
        self._place = [place.topic, place.partition, offset]

    def unassign(self):
        self._place = None

    def consume(self, count, timeout):
        self.polls += 1
        topic, partition, offset = self._place
        log = [m for m in self._cluster.logs[topic, partition] if m.offset() >= offset][:count]
        if log:
            self._place[2] = log[-1].offset() + 1
            return log
        if not self._reports_end:
            return []
        end = KafkaError(KafkaError._PARTITION_EOF)
        at = self._cluster.end(topic, partition)
        return [FakeMessage(topic, partition, at, None, None, error=end)]

    def get_watermark_offsets(self, place, timeout=None):
        key = (place.topic, place.partition)
        return self._cluster.low[key], self._cluster.end(*key)

    def list_topics(self, topic, timeout=None):
        partitions = dict.fromkeys(range(self._cluster.partitions))
        return SimpleNamespace(topics={topic: SimpleNamespace(error=None, partitions=partitions)})

    def close(self):
        pass


class TickingClock:
    """Monotonic seconds that move by a step at each look."""

    def __init__(self, step_s=0.01):
        self.now_s = 0.0
        self._step_s = step_s

    def __call__(self):
        self.now_s += self._step_s
        return self.now_s
