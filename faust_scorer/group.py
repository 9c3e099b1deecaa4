"""The group runner: starts N workers, starts a dead one again, stops all of them on SIGTERM."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fraud_core.errors import EXIT_ANSWERED, EXIT_CONFIG

_log = logging.getLogger(__name__)

DEATHS_THAT_END = 5
DEATHS_WITHIN_S = 60.0
"""A worker that dies five times in a minute will die again: the group ends with its exit code."""

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 10.0

STOP_WITHIN_S = 30.0
"""A worker finishes its batch, flushes and commits; after that it is killed."""

_LOOK_EVERY_S = 0.1


@dataclass(slots=True)
class RestartPolicy:
    """When a dead worker is started again; pure, the time is passed in.

    Attributes:
        deaths_s: times of the deaths of the last minute.
    """

    deaths_s: deque[float] = field(default_factory=deque)

    def backoff_s(self, now_s: float) -> float | None:
        """Note a death.

        Args:
            now_s: monotonic seconds.

        Returns:
            seconds until the next start, None when there should be none.
        """
        self.deaths_s.append(now_s)
        while self.deaths_s[0] < now_s - DEATHS_WITHIN_S:
            self.deaths_s.popleft()
        if len(self.deaths_s) >= DEATHS_THAT_END:
            return None
        return min(FIRST_BACKOFF_S * 2.0 ** (len(self.deaths_s) - 1), LONGEST_BACKOFF_S)


@dataclass(slots=True)
class _Member:
    """One worker's place in the group: its command, its process, its history."""

    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    start_at_s: float = 0.0
    policy: RestartPolicy = field(default_factory=RestartPolicy)


class Group:
    """N processes of one application."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        """Note what to run.

        Args:
            commands: one command line for each worker.
        """
        self._members = [_Member(command) for command in commands]
        self._stopping = False

    def run(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> int:
        """Keep the workers running until SIGTERM or SIGINT, or until one cannot be kept.

        Returns:
            exit code: 0 after a signal, else the one of the worker that cannot be kept.
        """
        handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self._stopping:
                for member in self._members:
                    code = self._keep(member, clock())
                    if code is not None:
                        return code
                sleep(_LOOK_EVERY_S)
            return EXIT_ANSWERED
        finally:
            self._stop_all()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: object) -> None:
        _log.info("stopping signal=%s", signal.Signals(number).name)
        self._stopping = True

    def _keep(self, member: _Member, now_s: float) -> int | None:
        """Start a member that is due; the exit code of one that is given up."""
        if member.process is None:
            if now_s >= member.start_at_s:
                # Its own session: Ctrl-C reaches us alone, and we stop the workers in order.
                member.process = subprocess.Popen(member.command, start_new_session=True)
                _log.info("worker started pid=%d", member.process.pid)
            return None
        code = member.process.poll()
        if code is None:
            return None
        backoff_s = None if code == EXIT_CONFIG else member.policy.backoff_s(now_s)
        _log.warning(
            "worker ended pid=%d code=%d again_in_s=%s", member.process.pid, code, backoff_s
        )
        if backoff_s is None:
            return code if code > 0 else 1
        member.process, member.start_at_s = None, now_s + backoff_s
        return None

    def _stop_all(self) -> None:
        running = [member.process for member in self._members if member.process]
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                _log.warning(
                    "worker did not stop within %d s, killed pid=%d", STOP_WITHIN_S, process.pid
                )
                process.kill()
                process.wait()
