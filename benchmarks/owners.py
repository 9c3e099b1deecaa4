"""Which instances of an engine that runs elsewhere own the partitions of its input.

Faust's workers are members of a consumer group, so the group says it. Spark's executors join none:
there every prediction names the instance that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson
from confluent_kafka import Consumer, ConsumerGroupState, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from benchmarks.cluster import source_of
from benchmarks.samples import INPUTS, PREDICTIONS, EndOffsets
from fraud_core.client import message_or_raise
from fraud_core.errors import BrokerUnreachableError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import PARTITIONS, TopicNames

ANSWER_WITHIN_S: Final = 10.0
WINDOW_S: Final = 30.0
WINDOW_ANSWERS: Final = 240
"""With 12 owners one of them is in none of so many answers once in a billion windows."""
_NO_GROUP: Final = frozenset({KafkaError.GROUP_ID_NOT_FOUND})
_ASK_AGAIN: Final = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)
"""Of a broker that is about to keep its first group."""
_POLL_S: Final = 0.5
_POLLS: Final = 60
_SAMPLE: Final = 200
"""Answers that are looked at in each second: at a high rate reading all of them is load."""

Deletion = Literal["deleted", "not yet", "denied"]
Owners = Mapping[str, int]
"""Instance to the number of partitions that it owns."""


def is_complete(owners: Owners, instances: int) -> bool:
    """Whether so many instances own all partitions between them."""
    return len(owners) == instances and sum(owners.values()) == PARTITIONS


def described(owners: Owners) -> str:
    """For a reader: how many own how much."""
    parts = [f"{name} ({count})" for name, count in sorted(owners.items())]
    return f"{len(owners)} instances own partitions: {', '.join(parts) or 'none'}"


@dataclass(slots=True)
class Attendance:
    """Whether those who owned the partitions at the beginning, and nobody else, go on answering.

    Pure: the time is passed in.

    Attributes:
        expected: names of the instances.
        since_s: when the present window began; None before the first answer.
        seen: who has answered in it.
        answers: how many in it.
    """

    expected: frozenset[str]
    since_s: float | None = None
    seen: set[str] = field(default_factory=set)
    answers: int = 0

    def note(self, names: Iterable[str], now_s: float) -> str | None:
        """Take in who has answered.

        Returns:
            what has changed, in words; None where nothing has.
        """
        for name in names:
            self.since_s = now_s if self.since_s is None else self.since_s
            self.answers += 1
            self.seen.add(name)
        if strangers := self.seen - self.expected:
            return f"{', '.join(sorted(strangers))} answers, which was not there at the beginning"
        if self.since_s is None or now_s - self.since_s < WINDOW_S or self.answers < WINDOW_ANSWERS:
            return None
        missing = self.expected - self.seen
        self.since_s, self.answers, self.seen = None, 0, set()
        return f"{', '.join(sorted(missing))} answers no more" if missing else None


class Group:
    """The consumer group of an engine."""

    def __init__(self, settings: KafkaSettings, group_id: str) -> None:
        """Connect; nothing is asked yet."""
        self._settings, self._group_id = settings, group_id
        self._admin = AdminClient(settings.as_admin())

    def owners(self, topic: str) -> Owners:
        """Members and their partitions of a topic; nobody while the group rebalances.

        Raises:
            BrokerUnreachableError: no answer.
        """
        counts = {one.member_id: _count(one.assignment, topic) for one in self._members()}
        return {member: count for member, count in counts.items() if count}

    def clients(self) -> list[str]:
        """What each member calls itself, and where it is; nobody while the group rebalances.

        Raises:
            BrokerUnreachableError: no answer.
        """
        return sorted(f"{one.client_id} at {one.host.lstrip('/')}" for one in self._members())

    def _members(self) -> list[Any]:
        asked = self._admin.describe_consumer_groups(
            [self._group_id], request_timeout=ANSWER_WITHIN_S
        )
        try:
            found = asked[self._group_id].result()
        except KafkaException as error:
            if error.args[0].code() in _NO_GROUP | _ASK_AGAIN:
                return []
            raise self._unreachable(error) from None
        return list(found.members) if found.state == ConsumerGroupState.STABLE else []

    def delete(self) -> Deletion:
        """Delete the group with its offsets.

        Returns:
            `denied` where this user may not, which some services allow to nobody; `not yet` while
            it still has members, or the broker does not know.

        Raises:
            BrokerUnreachableError: no answer.
            SurroundingsError: the broker refuses.
        """
        asked = self._admin.delete_consumer_groups(
            [self._group_id], request_timeout=ANSWER_WITHIN_S
        )
        try:
            asked[self._group_id].result()
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.NON_EMPTY_GROUP or code in _ASK_AGAIN:
                return "not yet"
            if code == KafkaError.GROUP_AUTHORIZATION_FAILED:
                return "denied"
            if code not in _NO_GROUP:
                raise self._unreachable(error) from None
        return "deleted"

    def _unreachable(self, error: KafkaException) -> SurroundingsError:
        return BrokerUnreachableError(
            bootstrap_servers=self._settings.bootstrap_servers, reason=str(error.args[0])
        )


def _count(assignment: Any, topic: str) -> int:  # noqa: ANN401  # confluent-kafka does not type it
    return sum(one.topic == topic for one in assignment.topic_partitions) if assignment else 0


class Answered:
    """Reads predictions as they come, for what they say of who made them."""

    def __init__(self, settings: KafkaSettings, names: TopicNames, starts: EndOffsets) -> None:
        """Begin at given end offsets.

        Args:
            settings: how to reach the broker.
            names: the topics.
            starts: of predictions.
        """
        self._consumer = Consumer(settings.as_consumer("benchmark"))
        self._consumer.assign(
            [
                TopicPartition(names.predictions, p, starts.get((PREDICTIONS, p), 0))
                for p in range(PARTITIONS)
            ]
        )

    def names(self, within_s: float) -> list[str]:
        """Who made what came in so long; of very much only a sample, evenly over it."""
        messages = self._consumer.consume(10_000, timeout=within_s)
        step = max(1, len(messages) // max(1, int(_SAMPLE * within_s)))
        return [str(_prediction(one)["instance"]) for one in messages[::step]]

    def predictions(self, starts: EndOffsets) -> dict[int, dict[str, Any]]:
        """The first prediction of each input partition from given offsets on.

        Args:
            starts: of the input.

        Raises:
            SurroundingsError: they do not all come within 30 s.
        """
        found: dict[int, dict[str, Any]] = {}
        for _ in range(_POLLS):
            for message in self._consumer.consume(1000, timeout=_POLL_S):
                source = source_of(dict(message_or_raise(message).headers() or []))
                if source and source[1] >= starts.get((INPUTS, source[0]), 0):
                    found.setdefault(source[0], _prediction(message))
            if len(found) == PARTITIONS:
                return found
        missing = sorted(set(range(PARTITIONS)) - set(found))
        raise SurroundingsError(f"no prediction for the probes of input partitions {missing}")

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()


def _prediction(message: Any) -> dict[str, Any]:  # noqa: ANN401  # confluent-kafka's Message
    value: dict[str, Any] = orjson.loads(message_or_raise(message).value() or b"{}")
    return {"instance": "unknown", "model": "unknown", "engine": "unknown"} | value
