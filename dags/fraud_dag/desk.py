"""What a step of every target works with: a run, the place of its results, and programs."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from fraud_dag.outcomes import Outcome
from fraud_dag.task_programs import TaskPrograms

STREAMGAUGE: Final = "benchmarks"
"""The module whose console script is `streamgauge`."""


class Desk(Protocol):
    """One task's; each target has its own, which knows more."""

    @property
    def run(self) -> str:
        """Name of the run, and of its campaign."""

    @property
    def results(self) -> Path:
        """The campaign's folder, on the machine of the task."""

    @property
    def programs(self) -> TaskPrograms:
        """What the task has started."""

    def run_module(self, module: str, *arguments: str) -> Outcome:
        """Run `python -m MODULE` of the project to its end."""

    def interrupt(self) -> None:
        """Have what runs for the task end; for signal handlers."""
