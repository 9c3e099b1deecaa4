"""The executors of a cluster of ours, as processes of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ENGINE: Final = "spark"
FIRST_WORKER_HOST: Final = 2
"""127.0.0.2, .3, ...: one for each worker."""
SCORED_FILE: Final = "scored"
"""In an executor's folder once its Python worker has scored, or could."""
_EXECUTOR_CLASS: Final = "CoarseGrainedExecutorBackend"


@dataclass(frozen=True)
class Executor:
    """One instance.

    Attributes:
        name: `spark-0`; stays the same when it is started again.
        pid: its JVM, whose descendants are its Python processes.
        folder: its working directory, with its logs.
    """

    name: str
    pid: int
    folder: Path

    @property
    def has_scored(self) -> bool:
        """True once its Python worker has loaded its scorer: it has answered, or was warmed up."""
        return (self.folder / SCORED_FILE).exists()


def worker_host(number: int) -> str:
    """The address of a worker, counted from 0."""
    return f"127.0.0.{FIRST_WORKER_HOST + number}"


def executor_number(command: Sequence[str]) -> int | None:
    """Which worker's executor a command line is, None for any other program."""
    if not any(_EXECUTOR_CLASS in word for word in command) or "--hostname" not in command:
        return None
    host = command[command.index("--hostname") + 1]
    return int(host.rpartition(".")[2]) - FIRST_WORKER_HOST
