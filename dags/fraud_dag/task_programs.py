"""The programs of one task: each is said, followed to its end, and interrupted with the task."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from fraud_dag.failures import StepFailedError
from fraud_dag.outcomes import Outcome
from fraud_dag.programs import Program, Say


class TaskPrograms:
    """What one task has started.

    Attributes:
        say: the task's log.
    """

    def __init__(self, say: Say) -> None:
        """Nothing is started yet."""
        self.say = say
        self._started: list[Program] = []

    def start(self, command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Program:
        """Say a command line and start it.

        Args:
            command: the program and its arguments; no secret is in them.
            folder: in which it runs.
            variables: all that it gets.
        """
        self.say(f"$ {shlex.join(command)}")
        program = Program(command, folder, variables)
        self._started.append(program)
        return program

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str],
        hear: Say | None = None,
    ) -> Outcome:
        """Start one and follow it to its end.

        Args:
            command: the program and its arguments; no secret is in them.
            folder: in which it runs.
            variables: all that it gets.
            hear: takes each line at once; the log where None.
        """
        program = self.start(command, folder, variables)
        try:
            return Outcome.of(program.follow(hear or self.say))
        finally:
            program.stop()

    def must(self, what: str, outcome: Outcome, *, only_answered: bool = False) -> Outcome:
        """Go on only where a program gave an answer, and say how it ended.

        Args:
            what: the program, for the message.
            outcome: how it ended.
            only_answered: True where 3 and 4 are no answers either.

        Raises:
            StepFailedError: it gave none.
        """
        if not outcome.is_answer or (only_answered and outcome.code != 0):
            raise StepFailedError(what, outcome)
        self.say(outcome.said(what))
        return outcome

    def interrupt(self) -> None:
        """Ask what runs to end; for signal handlers."""
        for program in self._started:
            program.interrupt()
