"""The group runner: N workers, as many as asked for, started again when they die."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from faust_scorer.member import Member
from faust_scorer.workers_file import WorkersFile
from fraud_core.errors import EXIT_ANSWERED
from fraud_core.instance_size import InstanceSize
from fraud_core.instances_file import Instance, write_instances
from fraud_core.topics import PARTITIONS

_log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.1
# SIGHUP too: a terminal that is closed must not leave the workers to find out by themselves.
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What the user asked for.

    Attributes:
        engine: name of the engine; its instances are `<engine>-0`, `<engine>-1`, ...
        workers: how many, unless the file says another number.
        size: what each of them is held to.
        instances_file: where to say which processes they are.
        workers_file: where it is said how many there should be.
    """

    engine: str
    workers: int
    size: InstanceSize
    instances_file: Path | None = None
    workers_file: Path | None = None


class Group:
    """N processes of one application."""

    def __init__(
        self, settings: GroupSettings, command_of: Callable[[int, str], Sequence[str]]
    ) -> None:
        """Note what to run.

        Args:
            settings: what the user asked for.
            command_of: command line of a worker, by its number and its name.
        """
        self._settings = settings
        self._command_of = command_of
        self._members: list[Member] = []
        path = settings.workers_file
        self._file = WorkersFile(path, PARTITIONS) if path else None
        self._told: list[Instance] | None = None
        self._stopping = False

    def run(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> int:
        """Keep the workers running until SIGTERM, SIGINT or SIGHUP, or until one cannot be kept.

        Returns:
            exit code: 0 after a signal, else the one of the worker that cannot be kept.

        Raises:
            StreamError: a worker cannot be held to its size.
        """
        with _signals_to(self._on_signal):
            try:
                self._scale(self._settings.workers, clock())
                while not self._stopping:
                    asked = self._file.asked_for() if self._file else None
                    if asked is not None:
                        self._scale(asked, clock())
                    code = self._keep(clock())
                    if code is not None:
                        return code
                    sleep(_LOOK_EVERY_S)
                return EXIT_ANSWERED
            finally:
                self._stop_all(clock, sleep)

    def _on_signal(self, number: int, _frame: object) -> None:
        _log.info("stopping signal=%s", signal.Signals(number).name)
        self._stopping = True

    def _scale(self, count: int, now_s: float) -> None:
        """Have a number of workers; those with the highest numbers go first."""
        for number in range(len(self._members), count):
            name = f"{self._settings.engine}-{number}"
            command = self._command_of(number, name)
            self._members.append(Member(name, command, self._settings.size))
        for number, member in enumerate(self._members):
            member.want(wanted=number < count, now_s=now_s)
        _log.info("group has workers=%d", count)

    def _keep(self, now_s: float) -> int | None:
        """Look after each; the exit code of one that is given up."""
        for member in self._members:
            code = member.keep(now_s)
            if code is not None:
                return code
        self._tell()
        return None

    def _tell(self) -> None:
        instances = [one for member in self._members if (one := member.instance())]
        if self._settings.instances_file and instances != self._told:
            write_instances(self._settings.instances_file, instances)
            self._told = instances

    def _stop_all(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        for member in self._members:
            member.want(wanted=False, now_s=clock())
        while any(member.is_running for member in self._members):
            for member in self._members:
                member.keep(clock())
            sleep(_LOOK_EVERY_S)
        for member in self._members:
            member.release()
        self._tell()


@contextmanager
def _signals_to(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Handle the signals that mean stop; at the end they mean again what they meant before."""
    before = {
        number: signal.signal(number, handler)
        for number in _STOP_SIGNALS
        # nohup ignores it so that the group outlives its terminal
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
