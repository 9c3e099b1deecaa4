"""One worker's place in the group: whether it is to run, its process, its limit, its deaths."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from faust_scorer.restarting import DEATHS_THAT_END, DEATHS_WITHIN_S, RestartPolicy
from faust_scorer.worker_process import WorkerProcess
from fraud_core.command import say
from fraud_core.errors import EXIT_BUG, EXIT_CONFIG
from fraud_core.instance_size import InstanceLimit, InstanceSize
from fraud_core.instances_file import Instance

_log = logging.getLogger(__name__)

STOP_WITHIN_S: Final = 30.0
"""A worker finishes its batch, flushes and commits; after that it is killed."""


class Member:
    """A place that is filled with one process after the other.

    Attributes:
        name: of the instance, the same for each of its processes.
    """

    def __init__(self, name: str, command: Sequence[str], size: InstanceSize) -> None:
        """Nothing runs yet.

        Args:
            name: of the instance.
            command: what is run.
            size: what it is held to once it is ready.
        """
        self.name = name
        self._command = command
        self._limit = InstanceLimit(name, size)
        self._policy = RestartPolicy()
        self._process: WorkerProcess | None = None
        self._wanted = True
        self._start_at_s = 0.0
        self._stop_by_s: float | None = None
        self._is_held = False

    @property
    def is_running(self) -> bool:
        """True while there is a process, also one that was asked to stop."""
        return self._process is not None

    def instance(self) -> Instance | None:
        """How it is written into the file of instances; None when no process runs."""
        if self._process is None:
            return None
        limited_by = self._limit.means if self._is_held else "none"
        # Ready only under its limit, or a benchmark would measure what it does without.
        is_ready = self._is_held and self._process.is_ready
        return Instance(self.name, self._process.pid, is_ready, limited_by)

    def want(self, *, wanted: bool, now_s: float) -> None:
        """Have it run, or have it stop cleanly."""
        self._wanted = wanted
        if not wanted and self._process is not None and self._stop_by_s is None:
            self._stop_by_s = now_s + STOP_WITHIN_S
            self._process.ask_to_stop()

    def keep(self, now_s: float) -> int | None:
        """Start it when it is due, hold it to its size when it is ready, note its end.

        Returns:
            its exit code when it is given up.

        Raises:
            ConfigError: it does not fit into its size.
            SurroundingsError: it cannot be held to its size.
        """
        if self._process is None:
            if self._wanted and now_s >= self._start_at_s:
                self._process = WorkerProcess(self._command)
                _log.info("worker started name=%s pid=%d", self.name, self._process.pid)
            return None
        code = self._process.exit_code()
        if code is not None:
            return self._note_end(self._process, code, now_s)
        if self._stop_by_s is not None:
            self._end_late(self._process, now_s, self._stop_by_s)
        elif self._process.is_ready and not self._is_held:
            self._hold(self._process)
        return None

    def _end_late(self, process: WorkerProcess, now_s: float, stop_by_s: float) -> None:
        if now_s > stop_by_s:
            _log.warning(
                "worker did not stop within %d s, killed name=%s", STOP_WITHIN_S, self.name
            )
            process.kill()

    def release(self) -> None:
        """Remove its limit; it has ended for good."""
        self._limit.remove()

    def _hold(self, process: WorkerProcess) -> None:
        self._limit.hold(process.pid)
        self._is_held = True
        _log.info(
            "worker ready name=%s pid=%d limited_by=%s health=%s",
            *(self.name, process.pid, self._limit.means, process.health_url),
        )

    def _note_end(self, process: WorkerProcess, code: int, now_s: float) -> int | None:
        self._process, self._is_held, asked = None, False, self._stop_by_s is not None
        self._start_at_s, self._stop_by_s = now_s, None
        backoff_s = 0.0 if asked else self._backoff_s(code, now_s)
        process.close()
        if backoff_s is None:
            _say_why(self.name, process, code)
            return code if code > 0 else EXIT_BUG
        again = f" again_in_s={backoff_s:g}" if self._wanted else ""
        _log.log(
            logging.INFO if asked else logging.WARNING,
            "worker ended name=%s pid=%d code=%d%s",
            *(self.name, process.pid, code, again),
        )
        self._start_at_s += backoff_s
        return None

    def _backoff_s(self, code: int, now_s: float) -> float | None:
        return None if code == EXIT_CONFIG else self._policy.backoff_s(now_s)


def _say_why(name: str, process: WorkerProcess, code: int) -> None:
    how = f"exit code {code}" if code >= 0 else f"signal {-code}"
    when = "" if code == EXIT_CONFIG else f" {DEATHS_THAT_END} times in {DEATHS_WITHIN_S:.0f} s"
    say(f"error: worker {name} ended{when}, now with {how}; the end of its log:")
    say(process.last_lines())
