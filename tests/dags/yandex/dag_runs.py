"""Runs of the cloud's DAGs on a worker that has nothing of the project but the bucket's content."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.airflow_env import Airflow
from tests.cloud_double.executing import BUCKET_NAME
from tests.dags.yandex.session import Session
from tests.outputs import wait_until

DAG = "fraud_stream_yandex"
PREFLIGHT = "fraud_preflight"
REAPER = "fraud_reaper"
_HURRY = {
    "operators.py": ("LOOK_EVERY_S = 20.0", "LOOK_EVERY_S = 2.0"),
    "graph.py": ('retry_delay": timedelta(seconds=30)', 'retry_delay": timedelta(seconds=2)'),
}
"""Of the worker's copy of the DAGs: the double is done in seconds, the cloud in minutes."""
FILES = {DAG: "fraud_stream_yandex.py", PREFLIGHT: "fraud_preflight.py", REAPER: "reaper.py"}


@dataclass(frozen=True)
class DagRun:
    """One DAG run under way, by `airflow dags test`.

    Attributes:
        process: what runs it.
        log: what it says.
        known: runs that the bucket knew before.
        session: where it runs.
    """

    process: subprocess.Popen[bytes]
    log: Path
    known: frozenset[str]
    session: Session

    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def name(self) -> str:
        """Its name in the bucket."""
        (new,) = runs_in(self.session) - self.known
        return new

    def wait(self, condition: Callable[[], bool], within_s: float, what: str) -> None:
        """Wait while it runs; its last words are told where it ends before."""
        try:
            wait_until(condition, within_s=within_s, what=what, alive=lambda: self.is_alive)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()[-6000:]}") from None

    def end(self, within_s: float) -> int:
        """Its exit code once it has ended."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not within {within_s} s\n{self.said()[-6000:]}") from None

    def result(self) -> dict[str, Any]:
        """`run.json` in the bucket."""
        content = self.session.cloud.objects[f"runs/{self.name}/results/run.json"]
        return dict(json.loads(content))

    def kill(self) -> None:
        """kill -9 of Airflow; what it has started has a session of its own and goes on."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) == self.process.pid:
                    process.kill()
        self.process.wait(30)


class Worker:
    """An Airflow with the DAGs of the bucket.

    Attributes:
        home: its folder, with logs and database.
        dags: its copy of the bucket's DAGs.
    """

    def __init__(self, airflow: Airflow, home: Path, session: Session, work: Path) -> None:
        self._airflow = airflow
        self.home = home
        self._session = session
        self._work = work
        self.dags = home / "dags"
        self._runs: list[DagRun] = []
        bucket = session.cloud.jobs.place.buckets / BUCKET_NAME
        shutil.copytree(bucket / "dags", self.dags)
        for file, (usual_text, text) in _HURRY.items():
            self.edit(file, usual_text, text)
        usual = airflow.environment(home)
        kept = {name: value for name, value in usual.items() if not _is_of_this_machine(name)}
        self.environment = kept | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "PYTHONPATH": str(self.dags),
            "FRAUD_WORK": str(work),
            **session.variables,
        }
        airflow.migrate(self.environment)

    def start(
        self, dag: str = DAG, variables: Mapping[str, str] | None = None, **conf: Any
    ) -> DagRun:
        """Begin a run.

        Args:
            dag: its id.
            variables: more of the worker.
            conf: what is asked.
        """
        file = self.dags / FILES[dag]
        command = self._airflow.test_run(dag, file, json.dumps(conf))
        log = self.home / f"dags-test-{len(self._runs)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                env=self.environment | dict(variables or {}),
                cwd=self.home,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        run = DagRun(process, log, frozenset(runs_in(self._session)), self._session)
        self._runs.append(run)
        return run

    def edit(self, file: str, usual: str, changed: str) -> None:
        """Change a text of a module of `fraud_yandex`, in this worker's copy, before a run."""
        path = self.dags / "fraud_yandex" / file
        text = path.read_text()
        assert usual in text, f"{file} has no {usual!r} any more"
        path.write_text(text.replace(usual, changed))

    def kill(self) -> None:
        """Whatever happened: nothing of it runs on."""
        for run in self._runs:
            run.kill()
        kill_programs(self._work)


def kill_programs(work: Path) -> None:
    """kill -9 of what was started with the environment that a worker has made."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(word.startswith(f"{work}/") for word in process.cmdline()[:1]):
                process.kill()


def runs_in(session: Session) -> set[str]:
    """Names of the runs that the bucket knows."""
    keys = [key.split("/") for key in session.cloud.objects]
    return {parts[1] for parts in keys if parts[0] == "runs" and len(parts) > 2}


def _is_of_this_machine(name: str) -> bool:
    """Whether a variable is none of a worker in the cloud."""
    return name.startswith(("STREAMGAUGE_", "KAFKA_", "MLFLOW_", "AWS_", "SANDBOX_", "FRAUD_"))
