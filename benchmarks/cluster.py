"""What a campaign asks of the broker: end offsets and readiness probes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it exports by import
    AdminClient,
    OffsetSpec,
)

from benchmarks.samples import EndOffsets
from fraud_core.client import message_or_raise
from fraud_core.errors import BrokerUnreachableError, DeliveryError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import PARTITIONS, TopicNames
from fraud_core.transaction import PROBE_ID_FLOOR, Transaction, encode, encode_key, format_time

_ANSWER_WITHIN_S = 5.0
_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # has no types
_DELIVERED_WITHIN_S = 30.0
_ERRORS = 3


class Broker:
    """The broker as the campaign sees it.

    Attributes:
        settings: how to reach it.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        """Connect; nothing is asked yet."""
        self.settings = settings
        self._admin = AdminClient(settings.as_librdkafka())

    def end_offsets(self, names: TopicNames) -> EndOffsets:
        """End offsets of the input and both outputs.

        Outputs are asked before inputs: what happens between the two answers then counts as
        backlog of a moment and never makes it negative.

        Raises:
            BrokerUnreachableError: no answer within 5 s.
        """
        outputs = self._latest(names.predictions, names.dead_letters)
        ends = outputs | self._latest(names.transactions)
        return {
            (topic.removeprefix(names.prefix), partition): end
            for (topic, partition), end in ends.items()
        }

    def _latest(self, *topics: str) -> dict[tuple[str, int], int]:
        wanted = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
        answers = self._admin.list_offsets(
            dict.fromkeys(wanted, _LATEST),
            request_timeout=_ANSWER_WITHIN_S,
        )
        try:
            return {
                (partition.topic, partition.partition): answer.result().offset
                for partition, answer in answers.items()
            }
        except KafkaException as error:
            raise BrokerUnreachableError(
                bootstrap_servers=self.settings.bootstrap_servers, reason=str(error.args[0])
            ) from None


def probe(partition: int, time_s: int) -> Transaction:
    """The readiness probe of one partition."""
    number = PROBE_ID_FLOOR + partition
    return Transaction(number, time_s, number, number, 100, format_time(time_s), 1.0)


def send_probes(settings: KafkaSettings, topic: str, history_end_s: int) -> None:
    """Write one probe to each partition, as a customer of its own, just behind the history.

    Raises:
        DeliveryError: the broker did not take them.
    """
    failed: list[str] = []

    def note(error: Any, _: Any) -> None:  # noqa: ANN401  # confluent-kafka does not type it
        if error is not None:
            failed.append(str(error))

    # errors only: a broker that has just started makes the client warn once and try again
    producer = Producer(settings.as_producer() | {"log_level": _ERRORS})
    for partition in range(PARTITIONS):
        transaction = probe(partition, history_end_s + 1)
        producer.produce(
            topic,
            key=encode_key(transaction.customer_id),
            value=encode(transaction),
            partition=partition,
            on_delivery=note,
        )
    unsent = producer.flush(_DELIVERED_WITHIN_S)
    if unsent or failed:
        reason = failed[0] if failed else f"no answer within {_DELIVERED_WITHIN_S:g} s"
        message = f"readiness probes were not written to {topic} ({reason}): check the broker's log"
        raise DeliveryError(message)


def wait_for_probes(
    settings: KafkaSettings, names: TopicNames, *, within_s: float, check: Callable[[], None]
) -> float:
    """Wait until the probe of every partition has its prediction.

    Args:
        settings: how to reach the broker.
        names: the topics.
        within_s: longest wait.
        check: called now and then; raises to give up, for example because the engine ended.

    Returns:
        append time of the last one, Unix seconds.

    Raises:
        SurroundingsError: it took too long, or a probe was refused.
    """
    consumer = _whole(settings, (names.predictions, names.dead_letters))
    try:
        return _collect_probes(consumer, names, time.monotonic() + within_s, check)
    finally:
        consumer.close()


def _collect_probes(
    consumer: Consumer, names: TopicNames, deadline_s: float, check: Callable[[], None]
) -> float:
    answered: set[object] = set()
    last_ms = 0
    while len(answered) < PARTITIONS:
        check()
        if time.monotonic() > deadline_s:
            message = (
                f"the engine answered the probes of {len(answered)} of {PARTITIONS} partitions in "
                "time: see its log"
            )
            raise SurroundingsError(message)
        for answer in consumer.consume(PARTITIONS, timeout=0.2):
            message_or_raise(answer)
            headers = dict(answer.headers() or [])
            if answer.topic() == names.dead_letters:
                raise SurroundingsError(
                    f"the engine refused a readiness probe: {headers.get('reason')!r} "
                    f"{headers.get('detail')!r}; does it run with the same artifact?"
                )
            answered.add(headers["src_partition"])
            last_ms = max(last_ms, answer.timestamp()[1])
    return last_ms / 1000


def _whole(settings: KafkaSettings, topics: Iterable[str]) -> Consumer:
    """A consumer of whole topics from their beginning; joins no group."""
    consumer = Consumer(settings.as_consumer("benchmark"))
    consumer.assign([TopicPartition(topic, p, 0) for topic in topics for p in range(PARTITIONS)])
    return consumer
