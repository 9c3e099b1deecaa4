"""What is made of a campaign's results, by every target. Each step may be repeated."""

from __future__ import annotations

import json
from typing import Final

from fraud_dag.asked import sentences_of
from fraud_dag.desk import STREAMGAUGE, Desk
from fraud_dag.failures import NothingToDoError

RUN_FILE: Final = "run.json"


def speed(desk: Desk) -> None:
    """Write the report, and judge every step again from its raw samples: they must agree.

    Raises:
        NothingToDoError: nothing was measured.
        StepFailedError: a verdict does not follow from its samples.
    """
    for command in ("report", "judge"):
        desk.programs.must(
            command, desk.run_module(*_of_results(desk, command)), only_answered=True
        )


def quality(desk: Desk) -> int:
    """Judge the model on what became of the run's transactions.

    Returns:
        the exit code: 0, or 3 or 4 for an answer that is none.

    Raises:
        NothingToDoError: nothing was measured.
        StepFailedError: it cannot be judged.
    """
    return desk.programs.must("quality", desk.run_module(*_of_results(desk, "quality"))).code


def publish(desk: Desk) -> None:
    """Publish the run to MLflow.

    Raises:
        NothingToDoError: nothing was measured.
        StepFailedError: MLflow did not take it.
    """
    done = desk.run_module(*_of_results(desk, "publish"))
    desk.programs.must("publish", done, only_answered=True)


def say_answer(desk: Desk, run_file: bytes) -> list[str]:
    """Say what the comparison found.

    Args:
        desk: of the task.
        run_file: content of the campaign's `run.json`.

    Returns:
        the sentences.
    """
    said = sentences_of(json.loads(run_file))
    for sentence in said:
        desk.programs.say(sentence)
    return said


def require_results(desk: Desk) -> None:
    """Go on only where something was measured.

    Raises:
        NothingToDoError: nothing was.
    """
    if not (desk.results / RUN_FILE).exists():
        raise NothingToDoError(f"nothing was measured: {desk.results / RUN_FILE} is not there")


def _of_results(desk: Desk, command: str) -> list[str]:
    require_results(desk)
    return [STREAMGAUGE, command, desk.run, "--results", str(desk.results.parent)]
