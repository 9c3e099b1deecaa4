"""This Airflow worker: its disk, and the environment in which our programs run. Made once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fraud_cloud.errors import ConfigError
from fraud_yandex.bucket import Bucket
from fraud_yandex.names import Names

WORK_VARIABLE: Final = "FRAUD_WORK"
LOCK: Final = "bench.txt"
OLDEST_PYTHON: Final = (3, 11)
COMPLETE: Final = ".complete"
"""Written last into an environment: without it, it was made half."""

RunStep = Callable[[str, Sequence[str]], None]
"""Runs a program to its end: what it is, its command line; raises where it fails."""


@dataclass(frozen=True)
class Worker:
    """Folders of this worker. Nothing in them is needed: the bucket has all that counts.

    Attributes:
        folder: of all of them.
    """

    folder: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Worker:
        """Where FRAUD_WORK says, or in the folder for temporary files."""
        usual = Path(tempfile.gettempdir()) / f"streamgauge-{os.getuid()}"
        return cls(Path(environment.get(WORK_VARIABLE) or usual))

    @property
    def results(self) -> Path:
        """As `streamgauge run --results` takes it."""
        return self.folder / "results"

    @property
    def transactions(self) -> Path:
        """Copies of what the bucket has."""
        return self.folder / "data"

    def run_folder(self, run: str) -> Path:
        """Form, plan and model of a run."""
        return self.folder / "runs" / run

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other tasks of this worker from making the same; ends with the process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "making.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True)
class Ingredients:
    """What the environment is made of.

    Attributes:
        sums: file name to SHA-256, as the upload wrote them down.
        wheel: name of the project's wheel.
    """

    sums: Mapping[str, str]
    wheel: str

    @classmethod
    def parse(cls, text: str) -> Ingredients:
        """Read lines as `sha256sum` writes them.

        Raises:
            ConfigError: a file is not among them, or there are two wheels.
        """
        pairs = [line.split() for line in text.splitlines() if line.strip()]
        sums = {pair[1]: pair[0] for pair in pairs}
        wheels = [name for name in sums if name.endswith(".whl")]
        if len(wheels) != 1 or LOCK not in sums:
            raise ConfigError(
                f"code/SHA256SUMS names {len(wheels)} wheels and {'no ' * (LOCK not in sums)}{LOCK}"
                ": it names one wheel and that lock; run `make cloud-upload`"
            )
        return cls(sums, wheels[0])

    @property
    def key(self) -> str:
        """Another one for another wheel, lock or Python."""
        parts = (self.sums[self.wheel], self.sums[LOCK], platform.python_version())
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    def checked(self, name: str, content: bytes) -> bytes:
        """The content of a file.

        Raises:
            ConfigError: it is not the one that was written down.
        """
        found = hashlib.sha256(content).hexdigest()
        if found != self.sums[name]:
            raise ConfigError(
                f"code/{name} has SHA-256 {found[:12]}, code/SHA256SUMS says "
                f"{self.sums[name][:12]}: run `make cloud-upload` again"
            )
        return content


def require_python(version: tuple[int, int] = sys.version_info[:2]) -> None:
    """Check that our programs run with this worker's Python.

    Raises:
        ConfigError: they do not.
    """
    if version < OLDEST_PYTHON:
        raise ConfigError(
            f"this worker has Python {version[0]}.{version[1]}, the benchmark needs 3.11 or newer: "
            "set python_version of the Airflow cluster to 3.12"
        )


def python_of(worker: Worker, ingredients: Ingredients) -> Path:
    """The interpreter of the environment, whether it is made or not."""
    return worker.folder / f"env-{ingredients.key}" / "bin" / "python"


def make_environment(worker: Worker, bucket: Bucket, names: Names, run: RunStep) -> Path:
    """Have the environment of the benchmark: the wheel, and what its lock names, each by its hash.

    Args:
        worker: where.
        bucket: has the wheel and the lock.
        names: their keys.
        run: runs a program.

    Returns:
        its interpreter.

    Raises:
        ConfigError: the bucket's files do not fit each other.
    """
    require_python()
    sums = bucket.get(names.contract.keys["checksums"]).decode()
    ingredients = Ingredients.parse(sums)
    python = python_of(worker, ingredients)
    folder = python.parent.parent
    with worker.alone():
        if (folder / COMPLETE).exists():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        files = worker.folder / "code"
        files.mkdir(parents=True, exist_ok=True)
        for name in (ingredients.wheel, LOCK):
            content = ingredients.checked(name, bucket.get(names.code(name)))
            (files / name).write_bytes(content)
        for what, command in commands(folder, files, ingredients.wheel):
            run(what, command)
        (folder / COMPLETE).touch()
    return python


def commands(folder: Path, files: Path, wheel: str) -> list[tuple[str, list[str]]]:
    """The programs that make the environment, in their order.

    Args:
        folder: of the environment.
        files: with the lock and the wheel.
        wheel: its name.
    """
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [
        ("environment", [sys.executable, "-m", "venv", str(folder)]),
        ("packages", [*pip, "--require-hashes", "--requirement", str(files / LOCK)]),
        ("the project's wheel", [*pip, "--no-deps", str(files / wheel)]),
    ]
