"""What a task works with: the run, its folder, and one program at a time."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fraud_dag.asked import Asked, run_name
from fraud_dag.failures import StepFailedError, require_answer
from fraud_dag.outcomes import Outcome
from fraud_dag.programs import Program, Say
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
        run: folder of the run.
        asked: the form.
        say: the task's log.
    """

    place: Place
    run: RunFolder
    asked: Asked
    say: Say
    _running: Program | None = field(default=None, init=False)

    @classmethod
    def of(cls, params: Mapping[str, Any], dag_run_id: str, say: Say) -> Desk:
        """The desk of a task of a DAG run: the same at every try."""
        place = Place.from_environment(os.environ)
        asked = Asked.from_params(params)
        return cls(place, RunFolder(place.runs / run_name(dag_run_id, asked)), asked, say)

    def run_module(self, module: str, *arguments: str, measures: bool = False) -> Outcome:
        """Run `python -m MODULE` of the project; what it says goes to the log at once.

        Args:
            module: of the project's environment.
            *arguments: of its command line.
            measures: True where it is a leftover when the task is gone; services are not.
        """
        command = [str(self.place.python), "-m", module, *arguments]
        self.say(f"$ {shlex.join(command)}")
        # the sandbox would take its own broker for one that somebody else has set
        variables = self._outside() if module == SANDBOX else self.variables()
        variables |= {MARK: str(self.place.runs)} if measures else {}
        self._running = Program(command, self.place.home, variables)
        try:
            return Outcome.of(self._running.follow(self.say))
        finally:
            self._running.stop()

    def must(self, what: str, outcome: Outcome, *, only_answered: bool = False) -> Outcome:
        """Go on only where a program gave an answer.

        Args:
            what: the program, for the message.
            outcome: how it ended.
            only_answered: True where 3 and 4 are no answers either.

        Raises:
            StepFailedError: it gave none.
        """
        require_answer(what, outcome, only_answered=only_answered)
        self.say(outcome.said(what))
        return outcome

    def variables(self) -> dict[str, str]:
        """The variables that every program is started with; passwords may be among them."""
        return self._outside() | self._of_sandbox()

    def interrupt(self) -> None:
        """Ask the program that runs to end; for signal handlers."""
        if self._running is not None:
            self._running.interrupt()

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
