"""The commands of `streamgauge`."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks import drain as draining
from benchmarks.campaign import Announcement, Request, run_campaign
from benchmarks.console import Narrator, summary
from benchmarks.plan import load_plan
from benchmarks.report import write_report
from benchmarks.result import RunResult, undecided_steps, unmet_requirements
from benchmarks.store import DEFAULT_RESULTS, load_run, run_folder_of
from fraud_core.command import log_to_stderr, run_command, say, show
from fraud_core.errors import MeasurementError, RequirementNotMetError

DEMO_ARTIFACT: Final = Path(".demo/artifact")
DEMO_TRANSACTIONS: Final = Path(".demo/transactions")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

ArtifactOption = Annotated[Path, typer.Option(help="artifact folder of the model")]
TransactionsOption = Annotated[
    list[Path], typer.Option(help="file or folder of transactions, may be repeated")
]
ResultsOption = Annotated[Path, typer.Option(help="folder of all results")]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as JSON on stdout")]


@app.callback()
def streamgauge() -> None:
    """Measure which event rate an engine holds, and how many instances a rate needs."""


@app.command()
def run(
    plan: Annotated[Path, typer.Argument(help="plan file, see benchmarks/plans/")],
    artifact: ArtifactOption = DEMO_ARTIFACT,
    transactions: TransactionsOption = [DEMO_TRANSACTIONS],  # noqa: B006  # typer copies it
    results: ResultsOption = DEFAULT_RESULTS,
    engine: Annotated[str | None, typer.Option(help="only this engine of the plan")] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="no progress")] = False,
) -> None:
    """Measure every step of a plan, judge it, write report.html and run.json.

    Exit code 0: answered; 3: records were lost or changed; 4: a step is invalid or undecided.

    Example: streamgauge run benchmarks/plans/smoke.yaml
    """
    asked = load_plan(plan)
    request = Request(asked, artifact, transactions, results, engine, sys.argv)
    live = sys.stderr.isatty() and not quiet
    narrator = Narrator(datetime.now, live=live)
    announce = Announcement(
        say=_nothing if quiet else say,
        tell=_nothing if quiet else narrator.tell,
        begin=narrator.begin,
    )
    try:
        result, folder = run_campaign(request, announce)
    finally:
        narrator.close()
    path = write_report(folder)
    _print_result(result, path, as_json=as_json, quiet=quiet)
    _raise_if_not_answered(result)


@app.command()
def report(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="id or folder of a run")],
    results: ResultsOption = DEFAULT_RESULTS,
) -> None:
    """Write report.html of a run again, from its saved results.

    Example: streamgauge report smoke-20261102-120431-7f3a
    """
    folder = run_folder_of(run_id, results)
    load_run(folder)
    show(str(write_report(folder)))


@app.command()
def drain(
    engines: Annotated[
        str, typer.Option(help="engines to drain, each with its instances: faust,spark:2,plain")
    ] = "faust,spark,plain",
    records: Annotated[int, typer.Option(min=1000, help="records preloaded for each")] = 200_000,
    artifact: ArtifactOption = DEMO_ARTIFACT,
    transactions: TransactionsOption = [DEMO_TRANSACTIONS],  # noqa: B006  # typer copies it
    results: ResultsOption = DEFAULT_RESULTS,
    as_json: JsonOption = False,
) -> None:
    """Preload records, start each engine on its own copy, and measure how fast it drains them.

    The rate is taken between 20 and 80 % drained, so start-up and tail do not count.

    Example: python -m benchmarks drain --engines faust,spark:2,plain --records 200000
    """
    asked = draining.DrainRequest(
        draining.parse_engines(engines), records, artifact, transactions, results
    )
    measured = draining.run_drains(asked, say)
    show(measured.model_dump_json(indent=2) if as_json else draining.drain_table(measured))


def main() -> None:
    """Run the command line: `streamgauge` and `python -m benchmarks`."""
    log_to_stderr()
    # Airflow and service managers end a task by SIGTERM: engines are stopped, results are saved
    signal.signal(signal.SIGTERM, _interrupt)
    run_command(app)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _nothing(_: object) -> None:
    """Say nothing."""


def _print_result(result: RunResult, report_path: Path, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        show(result.model_dump_json(indent=2))
    out = sys.stderr if as_json else sys.stdout
    if not (as_json and quiet):
        text = summary(result, report_path, color=out.isatty())
        out.write(text + "\n")
        out.flush()


def _raise_if_not_answered(result: RunResult) -> None:
    """Turn an answer that is none into its exit code; lost records weigh more than doubt."""
    if problems := unmet_requirements(result):
        raise RequirementNotMetError("records were lost or changed: " + "; ".join(problems))
    if doubts := undecided_steps(result):
        raise MeasurementError("not every step is answered: " + "; ".join(doubts))
