"""What a task works with: the run, its folder, and one program at a time."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fraud_dag.asked import Asked, run_name
from fraud_dag.failures import StepFailedError
from fraud_dag.outcomes import Outcome
from fraud_dag.programs import Say
from fraud_dag.task_programs import TaskPrograms
from fraud_dag.variables import MARK, variables_for_programs
from fraud_local.place import Place
from fraud_local.run_folder import RunFolder

SANDBOX: Final = "sandbox"
"""The module that starts services; it is asked for their variables too."""


@dataclass(slots=True)
class Desk:
    """One task's.

    Attributes:
        place: folders of this machine.
        folder: of the run.
        asked: the form.
        say: the task's log.
        programs: what the task has started.
    """

    place: Place
    folder: RunFolder
    asked: Asked
    say: Say
    programs: TaskPrograms = field(init=False)

    def __post_init__(self) -> None:
        """Nothing runs yet."""
        self.programs = TaskPrograms(self.say)

    @classmethod
    def of(cls, params: Mapping[str, Any], dag_run_id: str, say: Say) -> Desk:
        """The desk of a task of a DAG run: the same at every try."""
        place = Place.from_environment(os.environ)
        asked = Asked.from_params(params)
        return cls(place, RunFolder(place.runs / run_name(dag_run_id, asked)), asked, say)

    @property
    def run(self) -> str:
        """Name of the run, and of its campaign."""
        return self.folder.name

    @property
    def results(self) -> Path:
        """The campaign's folder."""
        return self.place.results / self.run

    def run_module(self, module: str, *arguments: str, measures: bool = False) -> Outcome:
        """Run `python -m MODULE` of the project; what it says goes to the log at once.

        Args:
            module: of the project's environment.
            *arguments: of its command line.
            measures: True where it is a leftover when the task is gone; services are not.
        """
        command = [str(self.place.python), "-m", module, *arguments]
        # the sandbox would take its own broker for one that somebody else has set
        variables = self._outside() if module == SANDBOX else self.variables()
        variables |= {MARK: str(self.place.runs)} if measures else {}
        return self.programs.run(command, self.place.home, variables)

    def variables(self) -> dict[str, str]:
        """The variables that every program is started with; passwords may be among them."""
        return self._outside() | self._of_sandbox()

    def interrupt(self) -> None:
        """Ask the program that runs to end; for signal handlers."""
        self.programs.interrupt()

    def _outside(self) -> dict[str, str]:
        return variables_for_programs(os.environ, self.place.python)

    def _of_sandbox(self) -> dict[str, str]:
        command = [str(self.place.python), "-m", SANDBOX, "env"]
        answer = subprocess.run(
            command, cwd=self.place.home, env=self._outside(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if answer.returncode != 0:
            self.say(answer.stderr.rstrip())
            raise StepFailedError("sandbox env", Outcome.of(answer.returncode))
        return exported(answer.stdout.splitlines())


def exported(lines: Sequence[str]) -> dict[str, str]:
    """The variables that a shell would take from `export NAME='value'`."""
    words = [shlex.split(line) for line in lines]
    pairs = [word[1].partition("=") for word in words if word[:1] == ["export"]]
    return {name: value for name, _, value in pairs}
