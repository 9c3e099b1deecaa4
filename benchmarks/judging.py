"""`streamgauge judge`: every verdict again, from the raw samples of a run."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from benchmarks.campaign import rules_of
from benchmarks.clock_offset import from_result
from benchmarks.evaluate import MISMATCHES, EngineLife, Record, evaluate
from benchmarks.instance_samples import INSTANCES_FILE, load_instance_samples
from benchmarks.movement import Rules
from benchmarks.outputs import load_outputs, read_ledger
from benchmarks.parity import Mismatches
from benchmarks.plan import Step
from benchmarks.producing import read_report
from benchmarks.result import RunResult, StepResult
from benchmarks.samples import OFFSETS_FILE, USE_FILE, Totals, read_offsets, read_uses
from benchmarks.scheduling import WAITS_FILE, load_waits
from benchmarks.store import (
    LEDGER_FILE,
    OUTPUTS_FILE,
    STEP_FILE,
    load_run,
    load_steps,
    save,
    step_folder,
)
from benchmarks.verdict import Verdict
from fraud_core.errors import ConfigError, MeasurementError


class JudgedStep(BaseModel):
    """A step, as it was saved and as its samples say."""

    model_config = ConfigDict(frozen=True)

    step: str
    saved: Verdict
    verdict: Verdict
    why: str
    differs: tuple[str, ...]


class JudgedRun(BaseModel):
    """All steps of a run."""

    model_config = ConfigDict(frozen=True)

    run: str
    steps: list[JudgedStep]
    cells_missing: list[str]


def judge_run(run_folder: Path, *, keep: bool = False) -> JudgedRun:
    """Recompute every verdict of a run.

    Args:
        run_folder: of the run.
        keep: write what was recomputed in place of what is saved, so that a run that another
            version began can be gone on with by the rules of this one.

    Raises:
        ConfigError: there is no run, or files of a step are gone.
    """
    run = load_run(run_folder)
    rules = rules_of(run.plan)
    judged = []
    for saved in load_steps(run_folder):
        folder = step_folder(run_folder, saved.id)
        again = recompute(folder, run, saved, rules)
        judged.append(_compare(saved, again))
        if keep:
            save(folder / STEP_FILE, again)
    return JudgedRun(run=run.run["id"], steps=judged, cells_missing=run.cells_missing)


def _compare(saved: StepResult, again: StepResult) -> JudgedStep:
    names = (name for name in StepResult.model_fields)
    differs = tuple(name for name in names if getattr(again, name) != getattr(saved, name))
    return JudgedStep(
        step=saved.id, saved=saved.verdict, verdict=again.verdict, why=again.why, differs=differs
    )


def recompute(folder: Path, run: RunResult, saved: StepResult, rules: Rules) -> StepResult:
    """A step from its raw files; of the saved result only what no file holds is taken.

    Args:
        folder: of the step.
        run: the campaign, for the machine's cores and the step's times.
        saved: how the engine lived, and the comparison with the reference, which needs features
            that are in the deleted topic only.
        rules: what it is judged by.
    """
    times = run.plan.step
    try:
        record = Record(
            step=Step(
                engine=saved.engine,
                instances=saved.instances,
                rate_eps=saved.rate_eps,
                warmup_s=times.warmup_s if saved.warmup_s is None else saved.warmup_s,
                measure_s=times.measure_s,
                repetition=saved.repetition,
                cpu=saved.cpu,
                memory_mb=saved.memory_mb,
                size_name=saved.size_name,
            ),
            report=read_report(folder),
            baseline=Totals(**saved.baseline.model_dump()),
            offsets=read_offsets(folder / OFFSETS_FILE),
            uses=read_uses(folder / USE_FILE),
            ledger=read_ledger(folder / LEDGER_FILE),
            outputs=None if saved.duplicates is None else load_outputs(folder / OUTPUTS_FILE),
            mismatches=Mismatches(0, 0, 0, 0),
            engine=_life(saved),
            cores=run.machine["cores"],
            extended=saved.extended,
            aborted=saved.aborted,
            waits=load_waits(folder / WAITS_FILE),
            clock_step_ms=saved.clock_step_ms,
            instances=load_instance_samples(folder / INSTANCES_FILE),
            clock_offsets=from_result(saved.clock_offset_ms),
        )
    except OSError as error:
        raise ConfigError(f"{folder} is not whole ({error}): it cannot be judged again") from None
    return evaluate(record, rules).model_copy(update=_compared(saved))


def _compared(saved: StepResult) -> dict[str, int | None]:
    """The comparison with the reference; no verdict rests on it."""
    return {name: getattr(saved, name) for name in MISMATCHES}


def _life(saved: StepResult) -> EngineLife:
    return EngineLife(
        command=saved.command,
        start_up_s=saved.start_up_s,
        stop_s=saved.stop_s,
        exit_code=saved.engine_exit_code,
        ended=saved.engine_ended,
        restarted=saved.restarted,
        said_cpu_cores=saved.said_cpu_cores,
    )


def judged_table(judged: JudgedRun) -> str:
    """One line for each step, then how many agree."""
    lines = []
    for step in judged.steps:
        differs = f"  differs: {', '.join(step.differs)}" if step.differs else ""
        lines.append(f"{step.step:<28} {step.verdict:<14} saved {step.saved:<14}{differs}")
        lines.append(f"    {step.why}")
    same = sum(step.saved == step.verdict for step in judged.steps)
    lines.append(f"{judged.run}: {same} of {len(judged.steps)} verdicts are as they were saved")
    if judged.cells_missing:
        lines.append(f"cells that are not measured: {', '.join(judged.cells_missing)}")
    return "\n".join(lines)


def refuse_differences(judged: JudgedRun) -> None:
    """End with exit code 4 where a verdict is not as it was saved.

    Raises:
        MeasurementError: names the steps.
    """
    others = [step.step for step in judged.steps if step.saved != step.verdict]
    if others:
        raise MeasurementError(
            f"the saved verdict of {', '.join(others)} does not follow from the raw samples: "
            "another version wrote it, or a file was changed"
        )
