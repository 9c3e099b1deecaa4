"""Measures the broker's clock against this machine's, by appends to a topic that it stamps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message, Producer

from benchmarks.clock_offset import ClockOffset, RoundTrip, offset_of
from benchmarks.cluster import broker_port
from fraud_core.errors import DeliveryError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topic, delete_topics_of
from fraud_core.topics import MIB, TopicShape

ROUND_TRIPS: Final = 20
CLOCK_TOPIC: Final = "clock"
"""Behind the prefix of the other topics."""
_SHAPE: Final = TopicShape(1, MIB, log_append_time=True, keep_forever=False)
_DELIVERED_WITHIN_S: Final = 10.0

MeasureOffset = Callable[[], ClockOffset]


def may_differ(bootstrap_servers: str, *, is_external: bool) -> bool:
    """Whether generator and broker may have two clocks. Pure.

    Args:
        bootstrap_servers: as in KAFKA_BOOTSTRAP_SERVERS.
        is_external: somebody else has started the engine; a loopback address may then be the end of
            a tunnel.
    """
    return is_external or broker_port(bootstrap_servers) is None


@contextmanager
def clock_topic(settings: KafkaSettings, prefix: str) -> Iterator[str]:
    """A topic for round trips, deleted at the end.

    Args:
        settings: how to reach the broker.
        prefix: in front of its name.

    Raises:
        SurroundingsError: the broker does not let us make it.
    """
    topic = f"{prefix}{CLOCK_TOPIC}"
    create_topic(settings, topic, _SHAPE)
    try:
        yield topic
    finally:
        # who may make a topic and not delete it has measured all the same
        with suppress(SurroundingsError):
            delete_topics_of(settings, [topic])


def measure_clock(
    settings: KafkaSettings, topic: str, now_s: Callable[[], float]
) -> list[RoundTrip]:
    """Append to a topic whose timestamps are the broker's, one record after the other.

    Args:
        settings: how to reach the broker.
        topic: with LogAppendTime.
        now_s: Unix seconds of this machine.

    Raises:
        DeliveryError: the broker does not take a record.
        SurroundingsError: the topic keeps the time of who writes.
    """
    producer = Producer(settings.as_producer(linger_ms=0))
    return [_round_trip(producer, topic, now_s) for _ in range(ROUND_TRIPS)]


def measure_offset(settings: KafkaSettings, topic: str, now_s: Callable[[], float]) -> ClockOffset:
    """The offset of the broker's clock from this machine's, by such round trips.

    Raises:
        DeliveryError: the broker does not take a record.
        SurroundingsError: the topic keeps the time of who writes.
    """
    return offset_of(measure_clock(settings, topic, now_s))


def _round_trip(producer: Producer, topic: str, now_s: Callable[[], float]) -> RoundTrip:
    told: list[tuple[str | None, float, tuple[int, int]]] = []

    def note(error: object, message: Message) -> None:
        told.append((str(error) if error else None, now_s() * 1000, message.timestamp()))

    sent_ms = now_s() * 1000
    producer.produce(topic, value=b"clock", partition=0, on_delivery=note)
    producer.flush(_DELIVERED_WITHIN_S)
    if not told or told[0][0] is not None:
        reason = told[0][0] if told else f"no answer within {_DELIVERED_WITHIN_S:g} s"
        raise DeliveryError(f"{topic} does not take a record ({reason}): check the user's rights")
    _, acknowledged_ms, (kind, appended_ms) = told[0]
    if kind != TIMESTAMP_LOG_APPEND_TIME:
        raise SurroundingsError(
            f"{topic} keeps the time of who writes: set its message.timestamp.type to LogAppendTime"
        )
    return RoundTrip(sent_ms, acknowledged_ms, appended_ms)
