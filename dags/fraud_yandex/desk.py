"""What a task works with: its run, the surroundings, and programs of the benchmark."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fraud_cloud.errors import ConfigError
from fraud_cloud.purge import Means
from fraud_dag.asked import Asked
from fraud_dag.failures import StepFailedError
from fraud_dag.outcomes import Outcome
from fraud_dag.programs import Program, Say
from fraud_dag.task_programs import TaskPrograms
from fraud_dag.variables import MARK, variables_for_programs
from fraud_yandex.bucket import Bucket
from fraud_yandex.form import asked_in_cloud
from fraud_yandex.names import Names, run_name
from fraud_yandex.session import Session
from fraud_yandex.surroundings import Surroundings
from fraud_yandex.worker import COMPLETE, Ingredients, Worker, make_environment, python_of


@dataclass
class Desk:
    """One task's.

    Attributes:
        around: what Airflow gives.
        names: of the run.
        asked: the form of this DAG run.
        attempt: which try of the task this is, from 1.
        worker: this machine.
        say: the task's log.
        on_kill: what is to be done at once when the task is killed.
        programs: what the task has started.
    """

    around: Surroundings
    names: Names
    asked: Asked
    attempt: int
    worker: Worker
    say: Say
    on_kill: list[Callable[[], None]] = field(default_factory=list)
    programs: TaskPrograms = field(init=False)

    def __post_init__(self) -> None:
        """Nothing runs yet."""
        self.programs = TaskPrograms(self.say)

    @classmethod
    def of(cls, context: Mapping[str, Any], around: Surroundings, say: Say) -> Desk:
        """The desk of a task of a DAG run: the same at every try, but for its number.

        Args:
            context: as Airflow gives it to `execute`.
            around: what Airflow gives besides.
            say: the task's log.
        """
        asked = asked_in_cloud(context["params"])
        standing = around.contract.standing_run
        run = run_name(context["run_id"], asked.resume_run, standing)
        session = around.session
        names = Names(run, session.bucket, around.contract, session.checkpoints)
        attempt = int(context["ti"].try_number)
        return cls(around, names, asked, attempt, Worker.from_environment(os.environ), say)

    @property
    def run(self) -> str:
        """Name of the run."""
        return self.names.run

    @property
    def session(self) -> Session:
        """Of the cloud side."""
        return self.around.session

    @property
    def means(self) -> Means:
        """The cloud."""
        return self.around.means

    @property
    def bucket(self) -> Bucket:
        """Of the project."""
        return self.around.bucket

    @property
    def folder(self) -> Path:
        """Of the run, on this worker."""
        return self.worker.run_folder(self.run)

    @property
    def artifact(self) -> Path:
        """The model that every cell uses, on this worker."""
        return self.folder / "artifact"

    @property
    def plan(self) -> Path:
        """The plan of all cells, on this worker."""
        return self.folder / "plan.yaml"

    @property
    def results(self) -> Path:
        """The campaign's folder, on this worker."""
        return self.worker.results / self.run

    def saved(self) -> Asked:
        """The form of the run, which is that of an earlier DAG run where it is gone on with.

        Raises:
            ConfigError: there is no such run.
        """
        found = self.bucket.find(self.names.asked)
        if found is None:
            raise ConfigError(
                f"resume_run={self.run}: the bucket has no {self.names.asked}; it has "
                f"{', '.join(self.runs_there()) or 'no run'}"
            )
        fields: dict[str, Any] = json.loads(found)
        return Asked.from_params(fields)

    def runs_there(self) -> list[str]:
        """Runs that can be gone on with."""
        prefix = self.around.contract.prefixes["runs"]
        keys = self.bucket.keys(prefix)
        found = {key.removeprefix(prefix).partition("/") for key in keys}
        return sorted(name for name, _, rest in found if rest == "plan.yaml")

    def authority(self) -> Path | None:
        """The certificate that Kafka's is checked by, on this worker; None for none."""
        key = self.around.kafka.ca_key
        if not key:
            return None
        path = self.folder / key.rpartition("/")[2]
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.bucket.get(key))
        return path

    def variables(self, python: Path) -> dict[str, str]:
        """The variables that a program of the benchmark is started with; a password is in them."""
        return {
            **variables_for_programs(os.environ, python),
            **self.around.kafka.as_variables(self.authority()),
            "MLFLOW_TRACKING_URI": self.around.mlflow_uri,
        }

    def make_environment(self) -> Path:
        """Have the benchmark's environment on this worker; its interpreter."""
        return make_environment(self.worker, self.bucket, self.names, self._make)

    def python(self) -> Path:
        """Its interpreter, which another task has made; made here where this is another worker."""
        found = self._known_python()
        if found is not None and found.exists():
            return found
        return self.make_environment()

    def start(self, module: str, *arguments: str, measures: bool = False) -> Program:
        """Start `python -m MODULE` of the benchmark's environment.

        Args:
            module: of the environment.
            *arguments: of its command line.
            measures: True where it is a leftover when the task is gone.
        """
        mark = {MARK: str(self.worker.folder)} if measures else {}
        command, variables = self._command(module, arguments)
        return self.programs.start(command, self.folder, variables | mark)

    def run_module(self, module: str, *arguments: str) -> Outcome:
        """Run one to its end; what it says goes to the log at once."""
        command, variables = self._command(module, arguments)
        return self.programs.run(command, self.folder, variables)

    def ask_module(self, module: str, *arguments: str) -> list[str]:
        """Run one that answers at once; the lines that it says.

        Raises:
            StepFailedError: it gave no answer.
        """
        said: list[str] = []

        def hear(line: str) -> None:
            self.say(line)
            said.append(line)

        command, variables = self._command(module, arguments)
        outcome = self.programs.run(command, self.folder, variables, hear)
        self.programs.must(module, outcome, only_answered=True)
        return said

    @contextlib.contextmanager
    def campaign(self) -> Iterator[Path]:
        """The campaign's folder here while something works on it, and in the bucket after it."""
        self.bucket.bring(self.names.results, self.results)
        try:
            yield self.results
        finally:
            if self.results.is_dir():
                self.bucket.send(self.results, self.names.results)

    def interrupt(self) -> None:
        """End what runs: programs by a signal, what is elsewhere by another thread.

        For signal handlers: the thread that is interrupted may hold a lock of the SDK.
        """
        self.programs.interrupt()
        for action in self.on_kill:
            threading.Thread(target=_quietly, args=(action,), daemon=True).start()

    def _command(self, module: str, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        python = self.python()
        self.folder.mkdir(parents=True, exist_ok=True)
        return [str(python), "-m", module, *arguments], self.variables(python)

    def _known_python(self) -> Path | None:
        sums = self.bucket.find(self.around.contract.keys["checksums"])
        if sums is None:
            return None
        python = python_of(self.worker, Ingredients.parse(sums.decode()))
        return python if (python.parent.parent / COMPLETE).exists() else None

    def _make(self, what: str, command: Sequence[str]) -> None:
        variables = variables_for_programs(os.environ, Path(command[0]))
        outcome = self.programs.run(command, self.worker.folder, variables)
        if outcome.code != 0:
            # a package index that does not answer is worth another try, whatever pip's code is
            raise StepFailedError(what, Outcome(outcome.code, "surroundings"))


def _quietly(action: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):  # the teardown looks at what is there
        action()
