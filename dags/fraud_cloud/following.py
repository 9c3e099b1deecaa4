"""Follow a DAG run: one line for each change of a task, until the run has ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Protocol

from fraud_cloud.airflow_api import Task
from fraud_cloud.clock import Clock
from fraud_cloud.errors import ConfigError, RefusedError
from fraud_cloud.purge import Tell

End = Literal["success", "failed"]

_ENDS: tuple[End, ...] = ("success", "failed")
_UNTOLD = frozenset({"none", "scheduled"})


class Followed(Protocol):
    """What is asked of Airflow: either form of its API, or a story that a test tells."""

    def state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None where there is none."""

    def tasks(self, dag_id: str, run_id: str) -> Iterable[Task]:
        """Every task of a run."""


def follow(api: Followed, dag_id: str, run_id: str, clock: Clock, poll_s: float, tell: Tell) -> End:
    """Tell what happens until the run has ended.

    An answer that does not come is no end: the run goes on whether it is watched or not.

    Args:
        api: the Airflow.
        dag_id: of the run.
        run_id: of the run.
        clock: time.
        poll_s: between two looks.
        tell: takes a line for each change.

    Raises:
        ConfigError: there is no such run.
    """
    seen: dict[str, Task] = {}
    while True:
        try:
            # The state first: the last tasks are told even if it ends in between.
            state = api.state(dag_id, run_id)
            tasks = {task.name: task for task in api.tasks(dag_id, run_id)}
        except RefusedError as error:
            tell(f"no answer, looking again: {error}")
            clock.pause(poll_s)
            continue
        if state is None:
            raise ConfigError(f"{dag_id} has no run {run_id}: was it deleted?")
        for line in changes(seen, tasks):
            tell(line)
        seen = tasks
        for end in _ENDS:
            if state == end:
                return end
        clock.pause(poll_s)


def changes(before: Mapping[str, Task], after: Mapping[str, Task]) -> Iterator[str]:
    """A line for each task whose state or try is another one than before."""
    for name, task in sorted(after.items()):
        if task == before.get(name) or task.state in _UNTOLD:
            continue
        again = f", try {task.tries}" if task.tries > 1 else ""
        yield f"{name}: {task.state}{again}"
