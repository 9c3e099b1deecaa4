"""The parts of Airflow as processes: started, seen to die, stopped with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from sandbox.airflow_settings import RUNS_VARIABLE, AirflowPlace
from sandbox.process_file import is_alive
from sandbox.waiting import wait_until

_TIED: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""The kernel sends SIGTERM when we die, so that not even SIGKILL of us leaves a part running."""

_IDLE: Final = "<idle>"
"""Airflow puts it into the title of a worker that waits for a task."""


class Part:
    """One part of Airflow: scheduler, server or reader of DAG files.

    Attributes:
        name: as Airflow calls it.
        started_s: when it was started, on the monotonic clock.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        """Describe it."""
        self.name = name
        self.started_s = 0.0
        self._command = list(command)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, and id of the session of all that it starts; None before its start."""
        return self._process.pid if self._process else None

    def start(self, environment: Mapping[str, str], folder: Path) -> None:
        """Start it in a session of its own: a Ctrl-C is for us, who stop things in order."""
        tie = [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid())]
        tie = tie if sys.platform.startswith("linux") else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*tie, *self._command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started_s = time.monotonic()

    def exit_code(self) -> int | None:
        """None while it runs, and before its start."""
        return self._process.poll() if self._process else None

    def stop(self, within_s: float) -> bool:
        """Stop it and what it started; True where all ended when they were asked."""
        if self._process is None:
            return True
        members = [one for one in psutil.process_iter() if _session_of(one.pid) == self.pid]
        by_itself = end(members, within_s)
        self._process.wait()
        return by_itself


def end(processes: Sequence[psutil.Process], within_s: float) -> bool:
    """SIGTERM to each, and SIGKILL to what is left when nobody is busy any more, or after a time.

    Returns:
        True where nobody was busy any more.
    """
    _signal(processes, signal.SIGTERM)
    wait_until(lambda: not any(map(_is_busy, processes)), within_s=within_s, every_s=0.1)
    left = [one for one in processes if is_alive(one)]
    busy = [one for one in left if _is_busy(one)]
    _signal(left, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, left)), within_s=10)
    return not busy


def _is_busy(process: psutil.Process) -> bool:
    """False for a worker without a task: it ignores SIGTERM, and outlives a scheduler."""
    try:
        return is_alive(process) and _IDLE not in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def of_airflow(place: AirflowPlace) -> list[psutil.Process]:
    """Processes of this Airflow: they work in its folder, whoever has become their parent."""
    return _those(lambda one: one.cwd() == str(place.working_folder))


def of_its_runs(place: AirflowPlace) -> list[psutil.Process]:
    """Programs that measure for its DAG runs."""
    return _those(lambda one: one.environ().get(RUNS_VARIABLE) == str(place.runs))


def _those(is_one: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        # gone meanwhile, a zombie, or somebody else's
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and is_one(process):
                found.append(process)
    return found


def _signal(processes: Sequence[psutil.Process], number: int) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _session_of(pid: int) -> int | None:
    with suppress(ProcessLookupError, PermissionError):
        return os.getsid(pid)
    return None
