"""`python -m sandbox airflow` as a test starts it, and its REST API."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import requests

from sandbox.airflow_parts import of_airflow, of_its_runs
from sandbox.airflow_settings import AirflowPlace
from sandbox.settings import PROJECT
from tests.airflow_env import Airflow
from tests.outputs import wait_until
from tests.sandbox_command import run_sandbox, sandbox_environment

DAG = "fraud_stream_local"
STARTS_WITHIN_S = 300
STOPS_WITHIN_S = 200
_OVER = ("success", "failed")


class AirflowHere:
    """One Airflow with everything that it starts, in a folder and on ports of its own."""

    def __init__(
        self,
        airflow: Airflow,
        folder: Path,
        *,
        dag: str = DAG,
        target: str = "local",
        variables: Mapping[str, str] | None = None,
    ):
        foreign = ("AIRFLOW", "STREAMGAUGE_")
        inherited = sandbox_environment(folder / "sandbox")
        self.environment = {k: v for k, v in inherited.items() if not k.startswith(foreign)} | {
            "SANDBOX_AIRFLOW_PORT": str(int(inherited["SANDBOX_MLFLOW_PORT"]) + 1),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "STREAMGAUGE_AIRFLOW": str(airflow.venv),
            "STREAMGAUGE_PYTHON": sys.executable,
            "STREAMGAUGE_RESULTS": str(folder / "results"),
            **(variables or {}),
        }
        self._dag = dag
        self._target = target
        port = int(self.environment["SANDBOX_AIRFLOW_PORT"])
        home = folder / "sandbox" / "airflow"
        self.place = AirflowPlace(PROJECT, home, airflow.venv, port)
        self.results = folder / "results"
        self._log = folder / "airflow.log"
        self._process: subprocess.Popen | None = None
        self._token = ""

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", "airflow", "--target", self._target],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        told = self._log.stat().st_size
        wait_until(
            lambda: "Ctrl-C stops both" in self._log.read_text()[told:],
            within_s=STARTS_WITHIN_S,
            what="Airflow is ready",
            alive=self.is_alive,
        )
        password = json.loads(self.place.passwords.read_text())["admin"]
        self._token = ""
        login = {"username": "admin", "password": password}
        self._token = self.ask("/auth/token", login)["access_token"]
        self.ask(f"/api/v2/dags/{self._dag}")  # known as soon as Airflow says that it is ready

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text()

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(STOPS_WITHIN_S)

    def kill_scheduler(self) -> None:
        """kill -9 of the scheduler itself, and of nothing that it has started."""
        children = psutil.Process(self._process.pid).children()
        (scheduler,) = [one for one in children if "scheduler" in " ".join(one.cmdline())]
        scheduler.kill()

    def end(self) -> None:
        """Whatever happened: nothing of it runs on."""
        if self.is_alive():
            self.interrupt()
        for process in self.processes():
            process.kill()
        for service in ("kafka", "mlflow"):
            run_sandbox("down", service, environment=self.environment)

    def processes(self) -> list[psutil.Process]:
        """What runs of Airflow and of the programs that measure for it."""
        return of_airflow(self.place) + of_its_runs(self.place)

    def has_broker(self) -> bool:
        return run_sandbox("status", "kafka", environment=self.environment).returncode == 0

    def ask(self, path: str, body: dict | None = None, method: str = "POST") -> Any:
        """One question to its REST API."""
        answer = requests.request(
            "GET" if body is None else method,
            self.place.page + path,
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=60,
        )
        assert answer.ok, answer.text
        return answer.json()

    def trigger(self, **asked: Any) -> str:
        """Begin a run; its id."""
        body = {"conf": asked, "logical_date": None}
        return self.ask(f"/api/v2/dags/{self._dag}/dagRuns", body)["dag_run_id"]

    def state(self, run: str) -> str:
        return self.ask(self._run(run))["state"]

    def tasks(self, run: str) -> dict[str, str]:
        """Task -> state; mapped ones as `cell[0]`."""
        found = self.ask(f"{self._run(run)}/taskInstances")["task_instances"]
        return {
            one["task_id"] + (f"[{one['map_index']}]" if one["map_index"] >= 0 else ""): one[
                "state"
            ]
            for one in found
        }

    def clear(self, run: str, *tasks: str) -> None:
        """Clear tasks and what follows them."""
        body = {
            "dry_run": False,
            "dag_run_id": run,
            "task_ids": list(tasks),
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self.ask(f"/api/v2/dags/{self._dag}/clearTaskInstances", body)

    def mark_failed(self, run: str, task: str, map_index: int) -> None:
        """What the page does: the task is over for Airflow, whatever it is at."""
        path = f"{self._run(run)}/taskInstances/{task}/{map_index}"
        self.ask(path, {"new_state": "failed"}, "PATCH")

    def wait_for_end(self, run: str, within_s: float) -> str:
        self.wait(lambda: self.state(run) in _OVER, within_s, f"the end of {run}")
        return self.state(run)

    def wait(self, condition: Callable[[], bool], within_s: float, what: str) -> None:
        wait_until(condition, within_s=within_s, what=what, alive=self.is_alive)

    def name_of(self, run: str) -> str:
        """The name of a run, which its first task returned."""
        entry = self.ask(f"{self._run(run)}/taskInstances/reserve/xcomEntries/return_value")
        return str(entry["value"]).strip('"')

    def folder_of(self, run: str) -> Path:
        """Results of a run."""
        return self.results / self.name_of(run)

    def result(self, run: str) -> dict:
        return json.loads((self.folder_of(run) / "run.json").read_text())

    def _run(self, run: str) -> str:
        return f"/api/v2/dags/{self._dag}/dagRuns/{urllib.parse.quote(run)}"
