"""Where the project, its environment and its results are, from the variables of Airflow. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARK: Final = "STREAMGAUGE_DAG_RUNS"
"""Variable of every program that measures for a DAG: who has it, was started from these runs."""
_DAGS: Final = Path(__file__).resolve().parent.parent
_OF_AIRFLOW: Final = ("AIRFLOW", "_AIRFLOW", "__AIRFLOW")
_OF_ITS_PYTHON: Final = frozenset(
    {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Folders of this machine, all absolute.

    Attributes:
        home: the project: relative paths of the form begin here.
        python: interpreter of the project's environment.
        runs: plan and model of each run, for as long as it may be gone on with.
        results: as `streamgauge run --results` takes it.
    """

    home: Path
    python: Path
    runs: Path
    results: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Place:
        """Read `STREAMGAUGE_HOME`, `_PYTHON`, `_RUNS` and `_RESULTS`; each has a default.

        Args:
            environment: the variables of Airflow's process.
        """

        def folder(name: str, usual: Path) -> Path:
            # not resolved: the interpreter of an environment is a link to another one
            return usual.parent / Path(environment.get(name) or usual).expanduser()

        home = folder("STREAMGAUGE_HOME", _DAGS.parent)
        return cls(
            home=home,
            python=folder("STREAMGAUGE_PYTHON", home / ".venv/bin/python"),
            runs=folder("STREAMGAUGE_RUNS", home / ".sandbox/airflow/runs"),
            results=folder("STREAMGAUGE_RESULTS", home / "benchmarks/results"),
        )

    def inside(self, path: str) -> Path:
        """A path of the form: relative ones begin at the project."""
        return self.home / Path(path).expanduser()


def variables_for_programs(environment: Mapping[str, str], place: Place) -> dict[str, str]:
    """The variables of Airflow's process without those that are Airflow's own.

    Its connections are among them and are nobody's business; its Python is another one.

    Args:
        environment: the variables of Airflow's process.
        place: where the programs' own Python is.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OF_AIRFLOW) and name not in _OF_ITS_PYTHON
    }
    path = [str(place.python.parent), environment.get("PATH", os.defpath)]
    return kept | {"PATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
