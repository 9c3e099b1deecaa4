"""A fresh clone of the project, and targets of its Makefile run in it with a plain environment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from fraud_core.errors import ConfigError
from scripts.targets import Target

_KEPT: Final = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM", "TMPDIR", "JAVA_HOME"}
)
_KEPT_FAMILIES: Final = ("LC_", "PIP_", "UV_", "SSL_CERT_")
"""How packages are found and servers trusted belongs to the machine, not to the project."""
_KEPT_ENDINGS: Final = ("_proxy", "_PROXY", "_CA_BUNDLE")
_LOOK_EVERY_S: Final = 0.5
_STOPS_WITHIN_S: Final = 240.0
_S_IN_MIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a target.

    Attributes:
        target: its name.
        result: "passed", or why not.
        took_s: seconds, with what comes before and after it.
    """

    target: str
    result: str
    took_s: float

    @property
    def passed(self) -> bool:
        """Whether it did."""
        return self.result == PASSED


PASSED: Final = "passed"


class FailedError(Exception):
    """A command did not end as it should; the text is the result."""


def plain_environment(outside: Mapping[str, str]) -> dict[str, str]:
    """What of the variables outside a fresh clone may see.

    Args:
        outside: those of this process.
    """
    return {
        name: value
        for name, value in outside.items()
        if name in _KEPT or name.startswith(_KEPT_FAMILIES) or name.endswith(_KEPT_ENDINGS)
    }


@contextmanager
def fresh_clone(project: Path, commit: str = "HEAD") -> Iterator[Path]:
    """A commit in a folder of its own, until the end of the block.

    Args:
        project: what is cloned.
        commit: the same for every target, whatever is committed meanwhile.

    Raises:
        ConfigError: it cannot be cloned.
    """
    with TemporaryDirectory(prefix="streamgauge-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "streamgauge"
        for command in (
            ("git", "clone", "--quiet", "--no-hardlinks", str(project), str(clone)),
            ("git", "-C", str(clone), "checkout", "--quiet", "--detach", commit),
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise ConfigError(f"{project} cannot be cloned: {done.stderr.strip()}")
        yield clone


def run_target(target: Target, clone: Path, environment: Mapping[str, str], log: Path) -> Outcome:
    """Run a target with what belongs before and after it.

    Args:
        target: which.
        clone: where.
        environment: variables.
        log: gets everything that is said.
    """
    began_s = time.monotonic()
    deadline_s = began_s + target.limit_min * _S_IN_MIN
    result = PASSED
    with log.open("wb") as out:
        run = _Runner(clone, environment, out, log).run
        try:
            for name in target.before:
                run(("make", name), deadline_s)
            run(("make", target.name), deadline_s, target.until)
        except FailedError as error:
            result = str(error)
        for command in target.after:
            try:
                run(command, time.monotonic() + _STOPS_WITHIN_S)
            except FailedError as error:
                result = f"{' '.join(command)}: {error}" if result == PASSED else result
    return Outcome(target.name, result, time.monotonic() - began_s)


@dataclass(frozen=True)
class _Runner:
    """Runs commands in a clone.

    Attributes:
        clone: where.
        environment: variables.
        out: gets what they say.
        log: the same as a path.
    """

    clone: Path
    environment: Mapping[str, str]
    out: BinaryIO
    log: Path

    def run(self, command: Sequence[str], deadline_s: float, until: str | None = None) -> None:
        """Run one command to its end, or until it is ready and then to its end by Ctrl-C.

        Raises:
            FailedError: it ends with another code than 0, or not in time.
        """
        self.out.flush()
        told = self.log.stat().st_size
        process = subprocess.Popen(
            command,
            cwd=self.clone,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=self.out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if until is not None:
                self._wait(lambda: until in self._said(told) or _ended(process), deadline_s)
                _interrupt(process)
            self._wait(lambda: _ended(process), deadline_s)
        finally:
            _kill(process)
        # make dies of a Ctrl-C itself, however well the program ended; where the program ended
        # first it now and then says "wait: No child processes" and exits with 2.
        allowed = {0} if until is None else {0, 2, -signal.SIGINT}
        if process.returncode not in allowed:
            raise FailedError(f"exit code {process.returncode}")

    def _said(self, offset: int) -> str:
        with self.log.open("rb") as file:
            file.seek(offset)
            return file.read().decode(errors="replace")

    @staticmethod
    def _wait(condition: Callable[[], bool], deadline_s: float) -> None:
        while not condition():
            if time.monotonic() > deadline_s:
                raise FailedError("not done in time")
            time.sleep(_LOOK_EVERY_S)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    if _ended(process):
        raise FailedError(f"ended with {process.returncode} before it was ready")
    os.killpg(process.pid, signal.SIGINT)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End what did not end in time: first as Ctrl-C does, so that services are stopped."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if _ended(process):
            return
        os.killpg(process.pid, number)
        try:
            process.wait(_STOPS_WITHIN_S if number == signal.SIGINT else 20)
        except subprocess.TimeoutExpired:
            continue
