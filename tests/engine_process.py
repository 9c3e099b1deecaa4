"""An engine as a test starts, stops and kills it: by its command line only."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from benchmarks.engines import program_of
from fraud_core.instances_file import read_instances
from tests.outputs import wait_until

ENGINES = ("faust", "spark")

VARIANTS = (*ENGINES, "faust-tuned")
"""All that must give the same answers."""

SLOW_SPARK = pytest.param("spark", marks=pytest.mark.slow_fault)
"""In place of "spark" where its start makes a test longer than a minute."""

TUNED = pytest.param("faust-tuned", marks=pytest.mark.slow_fault)
"""It shares all but its consumer with "faust"; its faults are seen by `make test-faults`."""

STARTS_WITHIN_S = 150
"""Spark's first batch takes some 15 s on a quiet machine."""


class EngineProcess:
    """One run of an engine over the topics of a test."""

    def __init__(self, engine: str, folder: Path, environment: dict[str, str]):
        self.engine = engine
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen | None = None

    def start(self, artifact: Path, prefix: str, *more: str, workers: int = 1) -> None:
        command = [*program_of(self.engine), "--artifact", str(artifact)]
        command += ["--topic-prefix", prefix, "--workers", str(workers), "--group-id", prefix]
        if self.engine == "spark":
            command += ["--checkpoint", str(self._folder / "checkpoint")]
        with (self._folder / f"{self.engine}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *more],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_ready(self, artifact: Path, prefix: str, *more: str, workers: int = 1) -> None:
        """Start, and wait until every instance says that it can score."""
        told = self._folder / "instances.json"
        told.unlink(missing_ok=True)  # of an engine that was killed
        options = ("--instances-file", str(told), *more)
        self.start(artifact, prefix, *options, workers=workers)
        wait_until(
            lambda: sum(one.ready for one in read_instances(told) or []) == workers,
            within_s=STARTS_WITHIN_S,
            what=f"{workers} instances are ready",
            alive=lambda: self.is_alive,
        )

    def ready(self) -> dict[str, int]:
        """Process ids of the instances that can score, after `start_ready`."""
        found = read_instances(self._folder / "instances.json") or []
        return {one.name: one.pid for one in found if one.ready}

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id, and id of the session of all that it starts."""
        return self._process.pid

    def wait(self, within_s: float) -> int:
        return self._process.wait(within_s)

    def log(self) -> str:
        return (self._folder / f"{self.engine}.log").read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def kill(self) -> None:
        """kill -9 of what was started, and of nothing else."""
        self._process.kill()
        self._process.wait(30)

    def kill_scorer(self) -> None:
        """kill -9 of what scores: the Faust worker (its group lives on), or all of Spark."""
        top = psutil.Process(self._process.pid)
        victims = top.children(recursive=True)
        if self.engine == "spark":
            victims.append(top)
        for victim in victims:
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(victims, timeout=30)
        if self.engine == "spark":
            self._process.wait(30)

    def end(self) -> None:
        """Whatever happened: nothing of it runs on."""
        if self._process is None:
            return
        try:
            tree = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            tree = []
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        for process in tree:
            if process.is_running():
                process.kill()
        self._process.wait(10)
