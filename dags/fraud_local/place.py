"""Where the project, its environment and its results are, from the variables of Airflow. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DAGS: Final = Path(__file__).resolve().parent.parent


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
