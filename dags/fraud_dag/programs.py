"""Start a program of ours, hand on what it says, and leave nothing of it behind (Linux).

The program has a session of its own, so that a signal to the task reaches it through us only, once
and in order. It is tied to us: the kernel sends it SIGTERM when the task's process dies, even by
SIGKILL. What is left after that is found by a variable that all its descendants inherit.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

STOP_WITHIN_S: Final = 60.0
"""A campaign stops its engine within 30 s, then its generator, and deletes its topics."""
_LOOK_EVERY_S: Final = 0.5
_CHUNK: Final = 65536
_TIED: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""

Say = Callable[[str], None]


class Program:
    """A program that runs.

    Attributes:
        command: how it was started.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stop_within_s: float = STOP_WITHIN_S,
    ) -> None:
        """Start it; stdout and stderr come together."""
        self.command = list(command)
        self._stop_within_s = stop_within_s
        self._kill_at_s: float | None = None
        tie = [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid())]
        self._process = subprocess.Popen(
            [*tie, *self.command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101  # for mypy: it was asked for
        self._out = self._process.stdout

    @property
    def pid(self) -> int:
        """Process id, and id of its session."""
        return self._process.pid

    def follow(self, say: Say) -> int:
        """Hand on each line at once until the program has ended.

        Returns:
            its exit code; minus the signal's number where a signal ended it.
        """
        rest = b""
        with self._out:
            while chunk := self._next_chunk():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    say(line.decode("utf-8", "replace").rstrip())
        if rest:
            say(rest.decode("utf-8", "replace").rstrip())
        return self._exit_code()

    def interrupt(self) -> None:
        """Ask it to end; `follow` goes on until it has, and kills it where that takes too long.

        For signal handlers: whoever is interrupted may hold the lock of the process.
        """
        if self._process.returncode is None and self._kill_at_s is None:
            # once: a second signal would reach a campaign while it stops its engine
            self._kill_at_s = time.monotonic() + self._stop_within_s
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def ask(self) -> None:
        """Send it SIGINT, which some programs take for a question before their end."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)

    def stop(self) -> None:
        """Ask it to end, wait, and kill what is left of its session. Safe to repeat."""
        if self._process.poll() is None:
            self.interrupt()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._stop_within_s)
        self._kill_session()
        self._process.wait()

    def _next_chunk(self) -> bytes:
        """What it says next; nothing at its end, whoever else still holds the pipe."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._out, selectors.EVENT_READ)
            while True:
                has_ended = self._process.poll() is not None
                if ready.select(0 if has_ended else _LOOK_EVERY_S):
                    return os.read(self._out.fileno(), _CHUNK)
                if has_ended:
                    return b""
                self._kill_if_late()

    def _exit_code(self) -> int:
        while True:
            # never without a time-out: it would hold a lock that a signal handler may want
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(_LOOK_EVERY_S)
            self._kill_if_late()

    def _kill_if_late(self) -> None:
        if self._kill_at_s is not None and time.monotonic() > self._kill_at_s:
            self._kill_session()

    def _kill_session(self) -> None:
        _kill(pid for pid in _all_pids() if _session_of(pid) == self.pid)


def stop_leftovers(variable: str, value: str, say: Say, within_s: float = STOP_WITHIN_S) -> int:
    """Stop every process that was started with a variable, and wait until all have ended.

    A task that was killed, or whose scheduler was, may have left a program that is still stopping.

    Args:
        variable: its name.
        value: which it must have, to the letter.
        say: hears of what is found.
        within_s: how long they may take to end before they are killed.

    Returns:
        how many were found.
    """
    found = started_with(variable, value)
    for pid in found:
        say(f"stopping pid {pid}, which an earlier task left: {_command_of(pid)}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + within_s
    while (left := started_with(variable, value)) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
    for pid in left:
        say(f"pid {pid} did not stop within {within_s:.0f} s and is killed")
    _kill(left)
    return len(found)


def started_with(variable: str, value: str) -> list[int]:
    """Process ids of those that run and were started with a variable; not this process."""
    needle = f"{variable}={value}".encode()
    return [pid for pid in _all_pids() if pid != os.getpid() and needle in _variables_of(pid)]


def _all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _variables_of(pid: int) -> list[bytes]:
    # a zombie has none, nor has a process of somebody else that we may not look at
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def _command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode("utf-8", "replace")[:120]
    return "(gone)"


def _session_of(pid: int) -> int | None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        return os.getsid(pid)
    return None


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
