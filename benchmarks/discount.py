"""Steps that were saved before it was known that their engine had changed."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign import refresh, rules_of
from benchmarks.judging import recompute
from benchmarks.store import STEP_FILE, load_run, load_steps, save, step_folder


def discount(
    run_folder: Path, engine: str, instances: int, ended_after_s: float, reason: str
) -> list[str]:
    """Have the last steps of a cell count as invalid; they are repeated when the run goes on.

    Args:
        run_folder: of the campaign; it need not be there.
        engine: of the cell.
        instances: of the cell.
        ended_after_s: Unix seconds; steps whose window ended before are left as they are.
        reason: what has happened, in words.

    Returns:
        the ids of these steps.
    """
    last = [
        step
        for step in load_steps(run_folder)
        if (step.engine, step.instances) == (engine, instances)
        and step.window_end_ms >= ended_after_s * 1000
    ]
    if not last:
        return []
    run = load_run(run_folder)
    for step in last:
        folder = step_folder(run_folder, step.id)
        restarted = step.model_copy(update={"restarted": reason})
        save(folder / STEP_FILE, recompute(folder, run, restarted, rules_of(run.plan)))
    refresh(run_folder)
    return [step.id for step in last]
