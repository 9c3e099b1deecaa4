"""One worker process as its runner sees it: a pid, what it says of itself, its last lines."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import IO, Final, cast

import orjson

LAST_LINES: Final = 15
_LINES_WITHIN_S: Final = 10.0


class WorkerProcess:
    """A worker that was started.

    Attributes:
        health_url: where it serves its health; None until it says so.
        is_ready: it owns partitions and scores; as it said last.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        In a session of its own, so that a Ctrl-C reaches us alone and we stop the workers in order.
        Its stdin is the pipe by which it sees our end; its stderr goes on to ours.

        Args:
            command: its command line.
        """
        self.health_url: str | None = None
        self.is_ready = False
        self._last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._pass_on, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number where a signal ended it."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """SIGTERM: it finishes its batch, flushes, commits and leaves the group."""
        self._process.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def last_lines(self) -> str:
        """The end of its log, indented; of a worker that has ended, all of it is there."""
        for reader in self._readers:
            reader.join(_LINES_WITHIN_S)
        return "\n".join(f"  {line}" for line in self._last_lines) or "  (it said nothing)"

    def close(self) -> None:
        """Let go of its pipes; it has ended."""
        cast("IO[bytes]", self._process.stdin).close()
        for reader in self._readers:
            reader.join(_LINES_WITHIN_S)

    def _hear(self, stdout: IO[bytes]) -> None:
        with stdout:
            for line in stdout:
                try:
                    said = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue  # a library that prints; it is not for us
                self.health_url = said.get("health", self.health_url)
                self.is_ready = said.get("ready", self.is_ready)

    def _pass_on(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                text = line.decode("utf-8", "backslashreplace")
                self._last_lines.append(text.rstrip())
                sys.stderr.write(text)
                sys.stderr.flush()
