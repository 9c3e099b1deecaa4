"""A file that remembers a process of ours across commands, and tells it from a stranger's.

A process id alone is not enough: after a crash the number may belong to somebody else. The
time of creation and a word of the command line decide.
"""

from __future__ import annotations

import json
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sandbox.waiting import wait_until

# The kernel's clock ticks at 100 Hz and the wall clock may be corrected a little.
_SAME_CREATION_S = 2.0


@dataclass(frozen=True, slots=True)
class ProcessFile:
    """What is remembered of a process.

    Attributes:
        pid: process id.
        created_s: time of creation, Unix seconds, as the operating system gives it.
        mark: text that its command line holds, a path of ours.
    """

    pid: int
    created_s: float
    mark: str

    @classmethod
    def of(cls, pid: int, mark: str) -> ProcessFile:
        """Describe a running process."""
        return cls(pid, psutil.Process(pid).create_time(), mark)

    def write(self, path: Path) -> None:
        """Write it so that a reader never sees half of it."""
        half = path.with_suffix(".half")
        half.write_text(json.dumps(asdict(self)))
        half.replace(path)


def find_process(path: Path) -> psutil.Process | None:
    """The running process that a file remembers.

    Returns:
        None when there is no file, it cannot be read, or its process is gone or another one.
    """
    try:
        remembered = ProcessFile(**json.loads(path.read_text()))
        process = psutil.Process(remembered.pid)
        same = abs(process.create_time() - remembered.created_s) < _SAME_CREATION_S
        ours = same and any(remembered.mark in part for part in process.cmdline())
        return process if ours and is_alive(process) else None
    except (FileNotFoundError, ValueError, TypeError, psutil.Error):
        return None


def is_alive(process: psutil.Process) -> bool:
    """False for a zombie too: where nobody collects orphans it stays in the table for ever."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop_process(
    process: psutil.Process,
    *,
    ask_with: signal.Signals = signal.SIGTERM,
    patience_s: float = 20.0,
) -> bool:
    """Ask a process to stop, wait, and kill it when it does not.

    Args:
        process: to stop.
        ask_with: the signal that means stop to it.
        patience_s: how long it may take.

    Returns:
        True when it stopped by itself.
    """
    try:
        process.send_signal(ask_with)
        if wait_until(lambda: not is_alive(process), within_s=patience_s) is not None:
            return True
        process.kill()
    except psutil.NoSuchProcess:
        return True
    wait_until(lambda: not is_alive(process), within_s=patience_s)
    return False
