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
    _write(_file(desk), {*ours(desk), name})
    desk.must(f"sandbox up {name}", desk.run_module(SANDBOX, "up", name), only_answered=True)


def stop_services(desk: Desk) -> None:
    """Stop what a DAG has started, and nothing else; a service that does not stop stays noted.

    Raises:
        StepFailedError: one cannot be stopped.
    """
    for name in sorted(ours(desk)):
        stopped = desk.run_module(SANDBOX, "down", name)
        desk.must(f"sandbox down {name}", stopped, only_answered=True)
        _write(_file(desk), ours(desk) - {name})


def ours(desk: Desk) -> set[str]:
    """The services that a DAG has started."""
    try:
        return set(json.loads(_file(desk).read_text()))
    except FileNotFoundError:
        return set()


def _file(desk: Desk) -> Path:
    return desk.place.runs / OURS


def _write(path: Path, names: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.write_text(json.dumps(sorted(names)))
    scratch.replace(path)
