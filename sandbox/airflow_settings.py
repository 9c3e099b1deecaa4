"""How Airflow is set up on this machine: folders, addresses, variables, commands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sandbox.ports import LOOPBACK

USER: Final = "admin"
POOL: Final = "fraud_load"
"""One slot: whatever measures on this machine has it to itself. The DAGs name it."""
SCHEDULER: Final = "scheduler"
SERVER: Final = "api-server"
RUNS_VARIABLE: Final = "STREAMGAUGE_DAG_RUNS"
"""Every program that measures for a DAG has it, with the folder of the runs as value."""


class Target(StrEnum):
    """Whose DAGs are loaded."""

    LOCAL = "local"
    YANDEX = "yandex"


@dataclass(frozen=True, slots=True)
class AirflowPlace:
    """Where Airflow is and keeps its things.

    Attributes:
        project: the project, whose DAGs it loads.
        folder: AIRFLOW_HOME.
        venv: Airflow's environment.
        port: of its page and REST API.
    """

    project: Path
    folder: Path
    venv: Path
    port: int

    @property
    def page(self) -> str:
        """Address of the page."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def health(self) -> str:
        """Address that tells which parts are well."""
        return f"{self.page}/api/v2/monitor/health"

    @property
    def program(self) -> Path:
        """Its command line."""
        return self.venv / "bin/airflow"

    @property
    def passwords(self) -> Path:
        """Where Airflow looks for the password of its page."""
        return self.folder / "simple_auth_manager_passwords.json.generated"

    @property
    def secrets(self) -> Path:
        """Keys of this Airflow, made at its first start."""
        return self.folder / "secrets.json"

    @property
    def shell_file(self) -> Path:
        """Variables for a shell that wants to use the command `airflow`."""
        return self.folder / "env.sh"

    @property
    def runs(self) -> Path:
        """Plans and models of the DAG runs."""
        return self.folder / "runs"

    @property
    def working_folder(self) -> Path:
        """Holds nothing: every process of Airflow works here, by which it is known."""
        return self.folder / "process"

    def log(self, component: str) -> Path:
        """What a part of it prints."""
        return self.folder / f"{component}.log"


def variables(
    place: AirflowPlace, secrets: Mapping[str, str], target: Target, outside: Mapping[str, str]
) -> dict[str, str]:
    """The variables of all parts of Airflow.

    Args:
        place: where it is.
        secrets: its keys, by their variables.
        target: whose DAGs.
        outside: the variables of the command; what it says of Airflow goes first.
    """
    path = f"{place.venv / 'bin'}:{outside.get('PATH', '')}"
    ours = {
        "AIRFLOW_HOME": str(place.folder),
        "PATH": path,
        "PYTHONPATH": str(place.project / "dags"),  # for the callable that chooses DAGs
        "STREAMGAUGE_HOME": str(place.project),
        "STREAMGAUGE_RUNS": str(place.runs),
        "STREAMGAUGE_TARGET": target.value,
        **_settings(place),
        **secrets,
    }
    return {**outside, **ours, **{k: v for k, v in outside.items() if k.startswith("AIRFLOW__")}}


def _settings(place: AirflowPlace) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(place.project / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # a cell, and beside it whatever else is to be done: each is a process of 200 MB
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{place.page}/execution/",
        "AIRFLOW__CORE__MIGHT_CONTAIN_DAG_CALLABLE": "fraud_dag.targets.is_wanted",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(place.port),
        "AIRFLOW__API__BASE_URL": place.page,
        "AIRFLOW__API__WORKERS": "1",
        # the first answer after its start takes 4 s on a quiet machine, and a task waits for 5 s
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        # what it does while a cell is measured is load on the same machine: seldom
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "2",
        # a scheduler that died is noticed, and what it left is scheduled again
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
    }


def commands(place: AirflowPlace) -> dict[str, list[str]]:
    """Its parts, in the order in which they start."""
    airflow = str(place.program)
    return {
        SERVER: [airflow, SERVER, "--host", LOOPBACK, "--port", str(place.port)],
        "dag-processor": [airflow, "dag-processor"],
        # its server of logs listens on every address, and the page finds the files without it
        SCHEDULER: [airflow, SCHEDULER, "--skip-serve-logs"],
    }


def preparations(place: AirflowPlace) -> list[list[str]]:
    """What is run before its parts start; each may be repeated."""
    airflow = str(place.program)
    return [
        [airflow, "db", "migrate"],
        [airflow, "pools", "set", POOL, "1", "One load at a time on this machine"],
        # left to the dag-processor they may be read after Airflow has said that it is ready
        [airflow, "dags", "reserialize"],
    ]
