"""Programs that a campaign starts and stops: each in a session of its own, its output in a log."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from fraud_core.errors import EXIT_CONFIG, ConfigError, SurroundingsError

STOP_WITHIN_S = 30.0
"""Spark ends its batch and its JVM before it goes; what is still there then is killed."""
_TIED = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Linux sends SIGTERM when the parent dies (PR_SET_PDEATHSIG): not even SIGKILL of us leaves an
engine behind. The child asks for it: code between fork and exec is not safe with threads."""
_LOG_TAIL_LINES = 12
_LOG_TAIL_BYTES = 8192


class Program:
    """A process that we started, with all its descendants.

    Attributes:
        name: shown in messages.
        command: how it was started.
        log_path: its stdout and stderr.
    """

    def __init__(self, name: str, command: Sequence[str], log_path: Path) -> None:
        """Start it. Its own session keeps a Ctrl-C of the terminal from reaching it before us."""
        self.name = name
        self.command = list(command)
        self.log_path = log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                _tied(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id, and id of its session."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number where a signal ended it."""
        return self._process.poll()

    def wait(self, within_s: float) -> int | None:
        """Its exit code, or None when it still runs after a time."""
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, within_s: float = STOP_WITHIN_S) -> int:
        """Ask it to end, kill it and whatever is left of its session when it does not.

        Returns:
            its exit code.
        """
        if self.exit_code() is None:
            self._process.terminate()
            self.wait(within_s)
        for pid in session_members(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return self._process.wait()

    def children(self) -> set[int]:
        """Process ids of the processes that it started itself and that run: its instances."""
        with contextlib.suppress(psutil.Error):
            return {child.pid for child in psutil.Process(self.pid).children()}
        return set()

    def log_tail(self) -> str:
        """Its last lines, for an error message."""
        return tail_of(self.log_path)

    def last_words(self) -> str:
        """Its log's name and last lines."""
        return f"{self.log_path} ends with:\n{self.log_tail()}"

    def failure(self, what: str) -> ConfigError | SurroundingsError:
        """An error of ours that says how it ended and what it said last."""
        code = self.exit_code()
        ended = "still runs" if code is None else f"ended with exit code {code}"
        message = f"{self.name} {ended} {what}; {self.last_words()}"
        return ConfigError(message) if code == EXIT_CONFIG else SurroundingsError(message)


def _tied(command: list[str]) -> list[str]:
    """The command, ended with us; as it is where the system has no means for that."""
    if not sys.platform.startswith("linux"):
        return command
    return [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *command]


def session_members(session_id: int) -> list[int]:
    """Process ids of a session: also of those whose parent has ended."""
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session_id:
                members.append(pid)
    return members


def tail_of(log_path: Path) -> str:
    """The last lines of a file, indented."""
    try:
        with log_path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(log.tell() - _LOG_TAIL_BYTES, 0))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in lines[-_LOG_TAIL_LINES:]) or "  (nothing)"
