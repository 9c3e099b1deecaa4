"""`streamgauge run`: a campaign with its progress, its summary and its exit code."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.answers import undecided, unmet_requirements
from benchmarks.begin import Request, choose_run, chosen_cells
from benchmarks.campaign import Announcement, run_campaign
from benchmarks.console import Narrator, summary
from benchmarks.quality_result import QualityLimits, RunQuality
from benchmarks.quality_run import judge_quality, raise_if_not_good
from benchmarks.quality_text import quality_text
from benchmarks.result import RunResult
from benchmarks.store import RUN_FILE
from fraud_core.command import say, show
from fraud_core.errors import MeasurementError, RequirementNotMetError, SurroundingsError


@dataclass(frozen=True, slots=True)
class Voice:
    """How the command speaks: the result as JSON, progress or none."""

    as_json: bool
    quiet: bool


def run_and_report(request: Request, voice: Voice) -> None:
    """Measure, print, and end with the exit code that the answer deserves.

    Raises:
        StreamError: it is not answered, or could not be measured.
    """
    request = replace(request, run_id=choose_run(request, datetime.now(UTC)))
    result, folder = measure(request, voice)
    quality = _quality_of(result, folder)
    _print_result(result, _write_report(folder), voice)
    if quality is not None and not voice.as_json:
        show("\n" + quality_text(quality))
    cells = chosen_cells(request.plan, request.engine, request.cells, request.external)
    raise_if_not_answered(result, [cell.id for cell in cells])
    if quality is not None:
        raise_if_not_good(quality)


def measure(request: Request, voice: Voice) -> tuple[RunResult, Path]:
    """Run a campaign and tell of it.

    Returns:
        the result and its folder.

    Raises:
        StreamError: it could not be measured; how to go on was said.
    """
    narrator = Narrator(datetime.now, live=sys.stderr.isatty() and not voice.quiet)
    announce = Announcement(
        say=_nothing if voice.quiet else narrator.say,
        tell=_nothing if voice.quiet else narrator.tell,
        begin=narrator.begin,
        end=_nothing if voice.quiet else narrator.end,
    )
    try:
        return run_campaign(request, announce)
    except (SurroundingsError, KeyboardInterrupt):
        narrator.close()
        _say_how_to_go_on(request)
        raise
    finally:
        narrator.close()


def _quality_of(result: RunResult, folder: Path) -> RunQuality | None:
    """A drained stream is there to judge its predictions; None where there are none."""
    if not any(drain.check for drain in result.drains):
        return None
    return judge_quality(folder, "settled", QualityLimits())


def _write_report(folder: Path) -> Path:
    # drawing takes a second to import, which only the end of a campaign is worth
    from benchmarks.report import write_report

    return write_report(folder)


def _say_how_to_go_on(request: Request) -> None:
    """The command that goes on; printed on a quiet run too."""
    if request.run_id and (request.results / request.run_id / RUN_FILE).exists():
        say(f"go on with: {resume_command(request.command, request.run_id)}")


def resume_command(command: Sequence[str], run_id: str) -> str:
    """The command line of a run, changed so that it goes on.

    Args:
        command: as it was given.
        run_id: the run.
    """
    program, *rest = command
    if Path(program).name == "__main__.py":
        program = "python -m benchmarks"
    kept, skip = [], False
    for word in rest:
        if not skip and word != "--resume" and not word.startswith("--run-id"):
            kept.append(word)
        skip = not skip and word == "--run-id"
    quoted = " ".join(shlex.quote(word) for word in kept)
    return f"{program} {quoted} --run-id {run_id} --resume"


def _print_result(result: RunResult, report_path: Path, voice: Voice) -> None:
    if voice.as_json:
        show(result.model_dump_json(indent=2))
    out = sys.stderr if voice.as_json else sys.stdout
    if not (voice.as_json and voice.quiet):
        text = summary(result, report_path, color=out.isatty())
        out.write(text + "\n")
        out.flush()


def raise_if_not_answered(result: RunResult, cells: Sequence[str] = ()) -> None:
    """Turn an answer that is none into its exit code; lost records weigh more than doubt.

    Args:
        result: the campaign.
        cells: only these were asked; all where empty.

    Raises:
        RequirementNotMetError: records were lost or changed, or the plan requires more.
        MeasurementError: something is invalid or undecided.
    """
    if problems := unmet_requirements(result):
        raise RequirementNotMetError("a requirement is not met: " + "; ".join(problems))
    if doubts := undecided(result, cells):
        raise MeasurementError("not everything is answered: " + "; ".join(doubts))


def _nothing(_: object) -> None:
    """Say nothing."""
