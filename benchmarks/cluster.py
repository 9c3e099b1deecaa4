"""What a campaign asks of the broker: end offsets and readiness probes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it exports by import
    AdminClient,
    OffsetSpec,
)

from benchmarks.samples import DEAD_LETTERS, INPUTS, PREDICTIONS, EndOffsets
from fraud_core.client import message_or_raise
from fraud_core.errors import BrokerUnreachableError, DeliveryError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import PARTITIONS, TopicNames
from fraud_core.transaction import PROBE_ID_FLOOR, Transaction, encode, encode_key, format_time

_ANSWER_WITHIN_S = 5.0
_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # has no types
_DELIVERED_WITHIN_S = 30.0
_ERRORS = 3
_ANSWERS_A_POLL: Final = 1000
_SILENCE_S: Final = 15.0
"""Longer than the interval of most batches; what says nothing of its source is counted only."""


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


def send_probes(settings: KafkaSettings, topic: str, time_s: int) -> None:
    """Write one probe to each partition, as a customer of its own.

    Args:
        settings: how to reach the broker.
        topic: the input.
        time_s: event time of the probes.

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
        transaction = probe(partition, time_s)
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
    settings: KafkaSettings,
    names: TopicNames,
    before: EndOffsets,
    *,
    within_s: float,
    check: Callable[[], None],
) -> float:
    """Wait until the probe of every partition, and with it all that stands before it, is answered.

    Args:
        settings: how to reach the broker.
        names: the topics.
        before: end offsets before the probes were written.
        within_s: longest wait for the next answer.
        check: called now and then; raises to give up, for example because the engine ended.

    Returns:
        append time of the last one, Unix seconds.

    Raises:
        SurroundingsError: it took too long, or a probe was refused.
    """
    consumer = _whole(settings, names, before)
    try:
        return _collect_probes(consumer, Answers(names, before), within_s, check)
    finally:
        consumer.close()


@dataclass(slots=True)
class Answers:
    """Which probes have their answer. An engine that copies no headers is asked by its silence.

    Attributes:
        names: the topics.
        before: end offsets before the probes were written.
        answered: partitions whose probe is answered.
        outputs: answers to anything since then.
        without_source: of these, how many do not say what they answer.
        last_ms: append time of the last one, Unix milliseconds.
    """

    names: TopicNames
    before: EndOffsets
    answered: set[int] = field(default_factory=set)
    outputs: int = 0
    without_source: int = 0
    last_ms: int = 0

    def note(self, answer: Message) -> None:
        """Take in one output.

        Raises:
            SurroundingsError: a probe was refused.
        """
        headers: dict[str, Any] = dict(answer.headers() or [])
        self.outputs += 1
        self.last_ms = max(self.last_ms, answer.timestamp()[1])
        source = source_of(headers)
        if source is None:
            self.without_source += 1
            return
        partition, offset = source
        if offset < self.before.get((INPUTS, partition), 0):
            return  # of a record that stood before the probe
        if answer.topic() == self.names.dead_letters:
            raise SurroundingsError(
                f"the engine refused a readiness probe: {headers.get('reason')!r} "
                f"{headers.get('detail')!r}; does it run with the same artifact?"
            )
        self.answered.add(partition)

    def is_complete(self, silent_s: float) -> bool:
        """Whether all probes are answered.

        Args:
            silent_s: how long nothing came out.
        """
        if not self.without_source:
            return len(self.answered) == PARTITIONS
        return self.outputs >= PARTITIONS and silent_s > _SILENCE_S


def source_of(headers: Mapping[str, Any]) -> tuple[int, int] | None:
    """Partition and offset of what an output answers; None where it does not say so."""
    try:
        return int(headers["src_partition"]), int(headers["src_offset"])
    except (KeyError, TypeError, ValueError):
        return None


def _collect_probes(
    consumer: Consumer, answers: Answers, within_s: float, check: Callable[[], None]
) -> float:
    moved_s = time.monotonic()
    while not answers.is_complete(time.monotonic() - moved_s):
        check()
        if time.monotonic() - moved_s > within_s:
            message = (
                f"the engine answered the probes of {len(answers.answered)} of {PARTITIONS} "
                "partitions in time"
            )
            raise SurroundingsError(message)
        for answer in consumer.consume(_ANSWERS_A_POLL, timeout=0.2):
            answers.note(message_or_raise(answer))
            moved_s = time.monotonic()
    return answers.last_ms / 1000


def _whole(settings: KafkaSettings, names: TopicNames, since: EndOffsets) -> Consumer:
    """A consumer of both outputs from given offsets on; joins no group."""
    consumer = Consumer(settings.as_consumer("benchmark"))
    topics = ((PREDICTIONS, names.predictions), (DEAD_LETTERS, names.dead_letters))
    consumer.assign(
        [
            TopicPartition(name, p, since.get((topic, p), 0))
            for topic, name in topics
            for p in range(PARTITIONS)
        ]
    )
    return consumer


def broker_port(bootstrap_servers: str) -> int | None:
    """The port of a broker on this machine, None when it is elsewhere."""
    first = urlsplit(f"//{bootstrap_servers.split(',')[0]}")
    return first.port if first.hostname in {"127.0.0.1", "localhost", "::1"} else None
