"""Broker and MLflow server of this machine: started where none is there, stopped by the teardown.

Which ones a DAG has started stands in a file beside the runs, written before the start: a task
that is killed half-way, or whose teardown never ran, leaves nothing that the next run's teardown
does not stop. Only one run is active at a time, so there is one file for all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fraud_dag.files import write_whole
from fraud_local.desk import SANDBOX, Desk

KAFKA: Final = "kafka"
MLFLOW: Final = "mlflow"
OURS: Final = "services.json"


def have_service(desk: Desk, name: str) -> None:
    """Have a service that answers, and remember it where it had to be started.

    Args:
        desk: of the task.
        name: as `python -m sandbox up` takes it.

    Raises:
        StepFailedError: it cannot be started.
    """
    if desk.run_module(SANDBOX, "status", name).code == 0:
        return
    _note(desk, {*ours(desk), name})
    desk.programs.must(
        f"sandbox up {name}", desk.run_module(SANDBOX, "up", name), only_answered=True
    )


def stop_services(desk: Desk) -> None:
    """Stop what a DAG has started, and nothing else; a service that does not stop stays noted.

    Raises:
        StepFailedError: one cannot be stopped.
    """
    for name in sorted(ours(desk)):
        stopped = desk.run_module(SANDBOX, "down", name)
        desk.programs.must(f"sandbox down {name}", stopped, only_answered=True)
        _note(desk, ours(desk) - {name})


def ours(desk: Desk) -> set[str]:
    """The services that a DAG has started."""
    try:
        return set(json.loads(_file(desk).read_text()))
    except FileNotFoundError:
        return set()


def _file(desk: Desk) -> Path:
    return desk.place.runs / OURS


def _note(desk: Desk, names: Iterable[str]) -> None:
    write_whole(_file(desk), json.dumps(sorted(names)).encode())
