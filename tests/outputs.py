"""Reading what an engine has written, and waiting for it."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from typing import NamedTuple

import orjson
from confluent_kafka import Consumer, TopicPartition

from fraud_core.kafka import KafkaSettings
from fraud_core.topics import DEAD_LETTERS, PREDICTIONS, TRANSACTIONS, TopicNames


class Answer(NamedTuple):
    """One output record: a prediction's JSON, or the reason of a dead letter."""

    prediction: dict | None
    reason: str | None
    value: bytes | None


def end_offsets(kafka: KafkaSettings, topic: str, partitions: int) -> int:
    consumer = Consumer(kafka.as_consumer("test-ends"))
    try:
        return sum(
            consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1]
            for p in range(partitions)
        )
    finally:
        consumer.close()


def count_in(kafka, names: TopicNames) -> int:
    return end_offsets(kafka, names.transactions, TRANSACTIONS.partitions)


def count_out(kafka, names: TopicNames) -> int:
    return end_offsets(kafka, names.predictions, PREDICTIONS.partitions) + end_offsets(
        kafka, names.dead_letters, DEAD_LETTERS.partitions
    )


@contextmanager
def counting(kafka: KafkaSettings, names: TopicNames):
    """How many outputs there are, asked by one client: a log-in for each question takes longer."""
    topics = (names.predictions, names.dead_letters)
    places = [TopicPartition(t, p) for t in topics for p in range(PREDICTIONS.partitions)]
    consumer = Consumer(kafka.as_consumer("test-count"))

    def count() -> int:
        return sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)

    try:
        yield count
    finally:
        consumer.close()


def wait_until(condition, *, within_s: float, what: str, alive=lambda: True) -> None:
    """Ask again and again; fail with a sentence when it is not so in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert alive(), f"the program ended while waiting until {what}"
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.1)


def read_topic(kafka: KafkaSettings, topic: str, partitions: int):
    """Every record of a topic that is there now."""
    consumer = Consumer(kafka.as_consumer("test-reader", enable_partition_eof=True))
    try:
        consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
        ended = set()
        while len(ended) < partitions:
            for message in consumer.consume(1000, 1.0):
                if message.error():  # the end of a partition, once more for each record behind it
                    ended.add(message.partition())
                else:
                    yield message
    finally:
        consumer.close()


def answers(kafka: KafkaSettings, names: TopicNames) -> dict[tuple[int, int], list[Answer]]:
    """All outputs by the place of their input."""
    found = defaultdict(list)
    for topic in (names.predictions, names.dead_letters):
        for message in read_topic(kafka, topic, PREDICTIONS.partitions):
            headers = dict(message.headers())
            source = (int(headers["src_partition"]), int(headers["src_offset"]))
            if topic == names.predictions:
                answer = Answer(orjson.loads(message.value()), None, None)
            else:
                answer = Answer(None, headers["reason"].decode(), message.value())
            found[source].append(answer)
    return found


def without_run_details(answer: Answer) -> Answer:
    """An answer less what may differ between two that are equal."""
    if answer.prediction is None:
        return answer
    fixed = {k: v for k, v in answer.prediction.items() if k not in ("scored_ms", "instance")}
    return answer._replace(prediction=fixed)
