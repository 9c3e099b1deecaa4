"""Wait for the instances of an engine that runs elsewhere, and watch that they stay the same.

A member that was killed stays in its group for Faust's session time-out, and an executor that is
gone is missed only by its answers. So whoever has ended a measurement asks for a last look: every
partition must then answer, and the owners must be those of the beginning.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from benchmarks.cluster import Broker, send_probes, wait_for_probes
from benchmarks.owners import Answered, Attendance, Group, Owners, described, is_complete
from fraud_core.command import show
from fraud_core.errors import (
    BrokerUnreachableError,
    MeasurementError,
    StreamError,
    SurroundingsError,
)
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import TopicNames

ATTENDING: Final = "attending: "
"""Begins the line that says that the engine is ready and is watched from now on."""
LAST_LOOK_S: Final = 45.0
"""An executor of Spark on a small quota answers within some batches of it."""
_LOOK_EVERY_S: Final = 2.0


class StoppedError(Exception):
    """SIGTERM: whoever started us needs us no more."""


class MeasuredError(Exception):
    """SIGINT: what was measured is over, and a last look is asked for."""


class Signals:
    """What SIGTERM and SIGINT ask for, each raised once where it is looked for."""

    def __init__(self) -> None:
        """Hear them from now on."""
        self._event = threading.Event()
        self._asked: type[Exception] = StoppedError
        signal.signal(signal.SIGTERM, lambda *_: self._hear(StoppedError))
        signal.signal(signal.SIGINT, lambda *_: self._hear(MeasuredError))

    def check(self) -> None:
        """Raise what was asked for."""
        if self._event.is_set():
            self._event.clear()
            raise self._asked

    def pause(self, for_s: float) -> None:
        """Wait so long, or until something is asked for, which raises."""
        self._event.wait(for_s)
        self.check()

    def _hear(self, asked: type[Exception]) -> None:
        self._asked = asked
        self._event.set()


class Probes:
    """Asks an engine who it is, by a record in each partition."""

    def __init__(
        self, settings: KafkaSettings, names: TopicNames, time_s: int, check: Callable[[], None]
    ) -> None:
        """Connect; nothing is asked yet.

        Args:
            settings: how to reach the broker.
            names: the topics.
            time_s: event time of the records.
            check: called while it waits; raises to give up.
        """
        self.settings, self.names = settings, names
        self._time_s, self._check = time_s, check
        self._broker = Broker(settings)

    def predictions(self, within_s: float) -> dict[int, dict[str, object]]:
        """The answers by input partition.

        Raises:
            SurroundingsError: they do not all come in time.
        """
        before = self._broker.end_offsets(self.names)
        send_probes(self.settings, self.names.transactions, self._time_s)
        wait_for_probes(self.settings, self.names, before, within_s=within_s, check=self._check)
        reader = Answered(self.settings, self.names, before)
        try:
            return reader.predictions(before)
        finally:
            reader.close()

    def owners(self, within_s: float) -> Owners:
        """Who has answered how many partitions."""
        return Counter(str(one["instance"]) for one in self.predictions(within_s).values())

    def listen(self) -> Answered:
        """What comes in from now on."""
        return Answered(self.settings, self.names, self._broker.end_offsets(self.names))


def attend_group(
    group: Group, ask: Probes, instances: int, within_s: float, signals: Signals
) -> None:
    """Attend the members of a consumer group.

    Args:
        group: theirs.
        ask: who answers, for the last look.
        instances: how many there must be.
        within_s: longest wait until they own all partitions.
        signals: what ends it.

    Raises:
        MeasurementError: they are not those of the beginning any more.
        StoppedError: it is not needed any more.
        SurroundingsError: they do not come.
    """
    topic = ask.names.transactions
    owners = _until(instances, within_s, lambda _: group.owners(topic), signals)
    try:
        while True:
            signals.pause(_LOOK_EVERY_S)
            _require_same(owners, group.owners(topic))
    except MeasuredError:
        # not who answers: workers on hosts of their own have one name
        _last_answers(ask, owners)
        _require_same(owners, group.owners(topic))


def attend_answers(ask: Probes, instances: int, within_s: float, signals: Signals) -> None:
    """Attend those who answer, which say in each prediction who made it.

    Args:
        ask: who answers.
        instances: how many there must be.
        within_s: longest wait until they have answered all partitions.
        signals: what ends it.

    Raises:
        MeasurementError: they are not those of the beginning any more.
        StoppedError: it is not needed any more.
        SurroundingsError: they do not come.
    """
    owners = _until(instances, within_s, ask.owners, signals)
    attendance = Attendance(frozenset(owners))
    reader = ask.listen()
    try:
        while True:
            names = reader.names(1.0)
            signals.check()
            if change := attendance.note(names, time.monotonic()):
                raise _changed(owners, change)
    except MeasuredError:
        answering = _last_answers(ask, owners)
        if answering.keys() != owners.keys():
            raise _changed(owners, described(answering)) from None
    finally:
        reader.close()


def _until(
    instances: int, within_s: float, ask: Callable[[float], Owners], signals: Signals
) -> Owners:
    deadline_s = time.monotonic() + within_s
    while True:
        left_s = max(1.0, deadline_s - time.monotonic())
        try:
            owners = ask(left_s)
        except StreamError as error:
            raise SurroundingsError(f"the engine is not ready: {error}") from None
        if is_complete(owners, instances):
            show(f"{ATTENDING}{described(owners)}")
            return owners
        if time.monotonic() > deadline_s:
            raise SurroundingsError(
                f"{described(owners)} after {within_s:g} s, {instances} were asked for: see the "
                "engine's log, and whether as many instances run"
            )
        signals.pause(_LOOK_EVERY_S)


def _last_answers(ask: Probes, owners: Owners) -> Owners:
    try:
        return ask.owners(LAST_LOOK_S)
    except BrokerUnreachableError:
        raise
    except SurroundingsError as error:
        raise _changed(owners, f"{error}") from None


def _require_same(owners: Owners, now: Owners) -> None:
    if now != owners:
        raise _changed(owners, described(now))


def _changed(owners: Owners, now: str) -> MeasurementError:
    return MeasurementError(
        f"the number of instances has changed: {described(owners)} at the beginning, now {now}; "
        "what was measured last is of another count and counts as invalid"
    )
