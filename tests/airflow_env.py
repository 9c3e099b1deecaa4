"""The two Airflows that the DAGs must run on, each in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.settings import PROJECT

DAGS = PROJECT / "dags"
LOCAL_DAG = DAGS / "fraud_stream_local.py"
INSIDE = Path(__file__).parent / "dags" / "inside"
POOL = "fraud_load"
MOST_IMPORT_S = 1.0
"""CPU time of reading a DAG file once Airflow itself is there: it is read every few minutes."""
_VENVS = {
    "3": ("STREAMGAUGE_AIRFLOW", ".venv-airflow", "make airflow-env"),
    "2.10": ("STREAMGAUGE_AIRFLOW210", ".venv-airflow210", "make test-dags"),
}
VERSIONS = tuple(_VENVS)


@dataclass(frozen=True)
class Airflow:
    """An installed Airflow.

    Attributes:
        version: `3` or `2.10`.
        venv: its environment.
    """

    version: str
    venv: Path

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """Variables for its programs: a home of its own, our DAGs, this Python for the cells."""
        foreign = ("AIRFLOW", "STREAMGAUGE_", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
            "PYTHONPATH": str(DAGS),
            "STREAMGAUGE_HOME": str(PROJECT),
            "STREAMGAUGE_PYTHON": sys.executable,
            "STREAMGAUGE_RUNS": str(home / "runs"),
            "STREAMGAUGE_RESULTS": str(home / "results"),
            **more,
        }

    def command(self, *arguments: str) -> list[str]:
        """`airflow ...`."""
        return [str(self.venv / "bin/airflow"), *arguments]

    def test_run(self, dag: str, file: Path, conf: str) -> list[str]:
        """`airflow dags test`: a whole DAG run without a scheduler."""
        file_option = {"3": "-f", "2.10": "-S"}[self.version]
        return self.command("dags", "test", file_option, str(file), "-c", conf, dag)

    def run(
        self, *command: str, environment: dict[str, str], within_s: float = 240
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=within_s
        )

    def ask(self, script: str, *arguments: str, environment: dict[str, str]) -> Any:
        """Run a script of `tests/dags/inside` with its Python; the JSON of its last line."""
        python = str(self.venv / "bin/python")
        done = self.run(python, str(INSIDE / script), *arguments, environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def migrate(self, environment: dict[str, str]) -> None:
        """Make its database and the pool of the load."""
        for arguments in (["db", "migrate"], ["pools", "set", POOL, "1", "One load at a time"]):
            done = self.run(*self.command(*arguments), environment=environment)
            assert done.returncode == 0, done.stdout + done.stderr


def installed(version: str) -> Airflow:
    """An Airflow, or the test is passed over; in CI, which makes the first one, it fails."""
    variable, usual, remedy = _VENVS[version]
    venv = Path(os.environ.get(variable) or PROJECT / usual).absolute()
    if not (venv / "bin/airflow").exists():
        missing = f"Airflow {version} is not in {venv}: `{remedy}` makes it"
        if version == "3" and "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    return Airflow(version, venv)
