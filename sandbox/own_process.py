"""Start a program of ours that outlives the command, find it again, and stop exactly that one."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from fraud_core.errors import SurroundingsError
from sandbox.jars import only_one
from sandbox.process_file import ProcessFile, find_process, is_alive, stop_process
from sandbox.waiting import wait_until

_LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class OwnProcess:
    """A service, its folder, and what is kept there of its process.

    Attributes:
        name: of the service; also the names of its log and its lock.
        folder: holds everything of the service.
        mark: text on its command line that no other program has, a path of ours.
        stop_signal: what means stop to it.
    """

    name: str
    folder: Path
    mark: str
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def log(self) -> Path:
        """What the program prints."""
        return self.folder / f"{self.name}.log"

    @property
    def file(self) -> Path:
        """Which process it is."""
        return self.folder / "process.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other commands on this service waiting."""
        with only_one(self.folder.parent / f"{self.name}.lockfile"):
            yield

    def find(self) -> psutil.Process | None:
        """The process that runs, None where there is none."""
        return find_process(self.file)

    def launch(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        user_id: int | None = None,
    ) -> psutil.Process:
        """Start the program and remember it.

        Args:
            command: program and arguments; one of them holds the mark.
            environment: its variables; those of this process by default.
            user_id: who runs it, also as its only group; the user of this process by default.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            # A session of its own: it outlives the shell and does not get its Ctrl-C.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
                env=environment,
                user=user_id,
                group=user_id,
                extra_groups=None if user_id is None else [],
            )
        ProcessFile.of(process.pid, self.mark).write(self.file)
        return psutil.Process(process.pid)

    def wait_until_ready(
        self, process: psutil.Process, is_ready: Callable[[], bool], *, within_s: float
    ) -> float:
        """Wait for a program that starts.

        Returns:
            The seconds that it took.

        Raises:
            SurroundingsError: it ended, or is not ready in time; shows the end of its log.
        """

        def ready() -> bool:
            if not is_alive(process):
                raise SurroundingsError(
                    f"{self.name} ended while it started; the end of {self.log}:\n"
                    f"{last_lines(self.log)}"
                )
            return is_ready()

        took_s = wait_until(ready, within_s=within_s)
        if took_s is None:
            raise SurroundingsError(
                f"{self.name} (pid {process.pid}) did not answer within {within_s:.0f} s; "
                f"the end of {self.log}:\n{last_lines(self.log)}"
            )
        return took_s

    def stop(self, process: psutil.Process) -> bool:
        """Stop the program and what it started, wait for their end, forget it.

        Returns:
            True when it stopped by itself, False when it had to be killed.
        """
        children = _children(process)
        by_itself = stop_process(process, ask_with=self.stop_signal)
        for child in children:
            stop_process(child)
        self.file.unlink(missing_ok=True)
        return by_itself


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def last_lines(path: Path) -> str:
    """The end of a log, for a reader who asks why."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-_LAST_LINES:])
