"""Create, delete and check topics; every question is answered or refused within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.cimpl import NewTopic

from fraud_core.errors import (
    BrokerUnreachableError,
    ConfigError,
    SurroundingsError,
    TopicMissingError,
)
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import TopicNames, TopicShape

ANSWER_WITHIN_S = 10.0

_ASK_AGAIN_S = 1.0
_LOOK_AGAIN_S = 0.02
# librdkafka goes on trying for ever after these, but the answer will not change.
_FINAL = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._RESOLVE})
_REMEDIES = {
    KafkaError._AUTHENTICATION: (
        "check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM"
    ),
    KafkaError._SSL: (
        "KAFKA_BOOTSTRAP_SERVERS must name the host as its certificate does, and "
        "KAFKA_SSL_CA_LOCATION the authority that signed it"
    ),
}


def create_topics(settings: KafkaSettings, names: TopicNames) -> list[str]:
    """Create the four topics; one that is there with its partitions stays as it is.

    Returns:
        The names of the topics that were created.

    Raises:
        SurroundingsError: a topic exists with another number of partitions, or is refused.
        BrokerUnreachableError: no broker answers.
    """
    return _create(settings, names.shapes())


def create_topic(settings: KafkaSettings, name: str, shape: TopicShape) -> bool:
    """Create one topic; it stays as it is where it is there with its partitions.

    Returns:
        Whether it was created.

    Raises:
        SurroundingsError: it exists with another number of partitions, or is refused.
        BrokerUnreachableError: no broker answers.
    """
    return bool(_create(settings, {name: shape}))


def _create(settings: KafkaSettings, shapes: Mapping[str, TopicShape]) -> list[str]:
    admin = _Admin(settings)
    existing = _partitions(admin.metadata())
    _refuse_other_shapes(existing, shapes)
    new = [
        NewTopic(name, shape.partitions, replication_factor=-1, config=shape.config())
        for name, shape in shapes.items()
        if name not in existing
    ]
    if new:
        futures = admin.client.create_topics(new, operation_timeout=ANSWER_WITHIN_S)
        _settle(futures, KafkaError.TOPIC_ALREADY_EXISTS, "be created")
        _wait_for_topics(admin, [topic.topic for topic in new], there=True)
        _wait_for_offsets(admin, new)
    return [topic.topic for topic in new]


def delete_topics(settings: KafkaSettings, names: TopicNames) -> None:
    """Delete the four topics; one that is not there is no error.

    Raises:
        SurroundingsError: the broker refuses.
        BrokerUnreachableError: no broker answers.
    """
    admin = _Admin(settings)
    existing = _partitions(admin.metadata())
    there = [name for name in names.shapes() if name in existing]
    if there:
        futures = admin.client.delete_topics(there, operation_timeout=ANSWER_WITHIN_S)
        _settle(futures, KafkaError.UNKNOWN_TOPIC_OR_PART, "be deleted")
        _wait_for_topics(admin, there, there=False)


def delete_topics_of(settings: KafkaSettings, prefixes: Iterable[str]) -> list[str]:
    """Delete every topic whose name begins so: what a killed process left behind.

    Returns:
        their names.

    Raises:
        SurroundingsError: the broker refuses.
        BrokerUnreachableError: no broker answers.
    """
    admin = _Admin(settings)
    found = [name for name in admin.metadata().topics if name.startswith(tuple(prefixes))]
    if found:
        futures = admin.client.delete_topics(found, operation_timeout=ANSWER_WITHIN_S)
        _settle(futures, KafkaError.UNKNOWN_TOPIC_OR_PART, "be deleted")
        _wait_for_topics(admin, found, there=False)
    return found


def require_topics(settings: KafkaSettings, names: Iterable[str]) -> dict[str, int]:
    """Check that topics exist.

    Returns:
        The number of partitions of each.

    Raises:
        TopicMissingError: the first of them that does not exist.
        BrokerUnreachableError: no broker answers.
    """
    existing = _partitions(_Admin(settings).metadata())
    for name in names:
        if name not in existing:
            raise TopicMissingError(topic=name, bootstrap_servers=settings.bootstrap_servers)
    return {name: existing[name] for name in names}


def cluster_id(settings: KafkaSettings) -> str:
    """The cluster's own name.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    return str(_Admin(settings).metadata().cluster_id)


@dataclass(frozen=True, slots=True)
class TopicIdentity:
    """Which topic it is, also where another one has had its name.

    Attributes:
        cluster_id: of the broker.
        topic_id: another one for each creation.
        partitions: their number.
    """

    cluster_id: str
    topic_id: str
    partitions: int


def identify_topic(settings: KafkaSettings, topic: str) -> TopicIdentity:
    """What tells a topic from every other.

    Raises:
        TopicMissingError: it does not exist.
        BrokerUnreachableError: no broker answers.
    """
    admin = _Admin(settings)
    cluster = str(admin.metadata().cluster_id)
    asked = TopicCollection([topic])
    future = admin.client.describe_topics(asked, request_timeout=ANSWER_WITHIN_S)[topic]
    try:
        found = future.result()
    except KafkaException:
        raise TopicMissingError(topic=topic, bootstrap_servers=settings.bootstrap_servers) from None
    return TopicIdentity(cluster, str(found.topic_id), len(found.partitions))


class _Admin:
    """An admin client that knows why it gets no answer.

    librdkafka only says "transport failure" for a wrong password, a wrong certificate and a
    dead broker alike; the reason comes through its error callback.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._errors: list[KafkaError] = []
        note: Callable[[KafkaError], None] = self._errors.append
        try:
            self.client = AdminClient(settings.as_admin() | {"error_cb": note})
        except KafkaException as error:
            raise ConfigError(
                f"the Kafka client does not accept the settings ({error.args[0].str()}): "
                "check KAFKA_SSL_CA_LOCATION and the other KAFKA_* settings"
            ) from None

    def metadata(self) -> ClusterMetadata:
        """All topics and the cluster's name.

        Raises:
            BrokerUnreachableError: no answer within ANSWER_WITHIN_S; says why.
        """
        failure = "no answer"
        for _ in range(int(ANSWER_WITHIN_S / _ASK_AGAIN_S)):
            try:
                return self.client.list_topics(timeout=_ASK_AGAIN_S)
            except KafkaException as error:
                failure = error.args[0].str()
            self.client.poll(0)
            if any(error.code() in _FINAL for error in self._errors):
                break
        raise self._unreachable(failure)

    def _unreachable(self, failure: str) -> BrokerUnreachableError:
        final = [error for error in self._errors if error.code() in _FINAL]
        # "all brokers down" follows every failure and explains none.
        telling = [e for e in self._errors if e.code() != KafkaError._ALL_BROKERS_DOWN]
        chosen = final or telling
        reason = chosen[0].str() if chosen else failure
        return BrokerUnreachableError(
            bootstrap_servers=self._settings.bootstrap_servers,
            reason=reason.partition(" (after ")[0],
            remedy=_REMEDIES.get(chosen[0].code(), "") if chosen else "",
        )


def _any_differs(admin: _Admin, names: list[str], *, there: bool) -> bool:
    found = _partitions(admin.metadata())
    return any((name in found) != there for name in names)


def _wait_for_topics(admin: _Admin, names: list[str], *, there: bool) -> None:
    # The controller answers before every broker has heard of the change.
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while _any_differs(admin, names, there=there):
        if time.monotonic() > deadline:
            state = "without a leader" if there else "still there"
            raise SurroundingsError(
                f"{', '.join(names)} {state} after {ANSWER_WITHIN_S:.0f} s: "
                "look at the broker's log"
            )
        time.sleep(_LOOK_AGAIN_S)


def _wait_for_offsets(admin: _Admin, topics: list[NewTopic]) -> None:
    """Wait until each partition answers: a leader that is named may not yet know of it."""
    asked = {
        TopicPartition(topic.topic, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]  # confluent types the rest
        for topic in topics
        for partition in range(topic.num_partitions)
    }
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while True:
        futures = admin.client.list_offsets(asked, request_timeout=ANSWER_WITHIN_S)
        refusals = [future.exception() for future in futures.values() if future.exception()]
        if not refusals:
            return
        if time.monotonic() > deadline:
            names = ", ".join(topic.topic for topic in topics)
            message = f"{names} not readable after {ANSWER_WITHIN_S:.0f} s ({refusals[0]})"
            raise SurroundingsError(f"{message}: look at the broker's log")
        time.sleep(_LOOK_AGAIN_S)


def _partitions(metadata: ClusterMetadata) -> dict[str, int]:
    """Number of partitions of each topic of which every partition has a leader."""
    return {
        name: len(topic.partitions)
        for name, topic in metadata.topics.items()
        if not topic.error and all(part.leader >= 0 for part in topic.partitions.values())
    }


def _refuse_other_shapes(existing: Mapping[str, int], shapes: Mapping[str, TopicShape]) -> None:
    for name, shape in shapes.items():
        found = existing.get(name, shape.partitions)
        if found != shape.partitions:
            raise SurroundingsError(
                f"topic {name} has {found} partitions and must have {shape.partitions}: "
                "delete it or choose another prefix"
            )


def _settle(futures: Mapping[str, Future[None]], harmless: int, done: str) -> None:
    for name, future in futures.items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != harmless:
                raise SurroundingsError(
                    f"topic {name} cannot {done}: {error.args[0].str()}"
                ) from None
