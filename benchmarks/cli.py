"""The commands of `streamgauge`. What a command needs is imported when it runs: help is quick."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.results_mirror import keep_all, results_folder
from benchmarks.topics_command import topics
from fraud_core.command import log_to_stderr, run_command, say, show

DEMO_ARTIFACT: Final = Path(".demo/artifact")
DEMO_TRANSACTIONS: Final = ".demo/transactions"
DEFAULT_RESULTS: Final = Path("benchmarks/results")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

PlanArgument = Annotated[Path, typer.Argument(help="plan file, see benchmarks/plans/")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="id or folder of a run")]
ArtifactOption = Annotated[Path, typer.Option(help="artifact folder of the model")]
TransactionsOption = Annotated[
    list[str],
    typer.Option(help="file or folder of transactions, or s3://bucket/prefix; may be repeated"),
]
ResultsOption = Annotated[
    Path,
    typer.Option(
        parser=results_folder, metavar="PATH", help="folder of all results, or s3://bucket/prefix"
    ),
]
EngineOption = Annotated[str | None, typer.Option(help="only this engine of the plan")]
CellOption = Annotated[
    list[str] | None, typer.Option(help="only this cell, e.g. faust-2; may be repeated")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="a key of the plan, e.g. rates_eps=50,100 or step.measure_s=90"),
]
AsOption = Annotated[
    str | None, typer.Option("--as", help="name of the external engine in the results")
]
InstancesOption = Annotated[
    int | None, typer.Option("--instances", help="how many instances of it run")
]
CpuOption = Annotated[
    float | None, typer.Option("--cpu", help="cores that each of them may use, if that is known")
]
TopicPrefixOption = Annotated[
    str | None, typer.Option("--topic-prefix", help="before the names of its topics")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as JSON on stdout")]

app.add_typer(topics, name="topics")


@app.callback()
def streamgauge() -> None:
    """Measure which event rate an engine holds, and how many instances a rate needs."""


@app.command()
def plan(
    plan_file: PlanArgument,
    engine: EngineOption = None,
    cell: CellOption = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a run would do, how long it takes and how much disk it needs; runs nothing.

    Example: streamgauge plan benchmarks/plans/smoke.yaml
    """
    from benchmarks.begin import chosen_cells
    from benchmarks.dry_run import describe, foresee
    from benchmarks.plan import load_plan

    asked = load_plan(plan_file, changes or ())
    foreseen = foresee(asked, chosen_cells(asked, engine, cell or ()))
    show(foreseen.model_dump_json(indent=2) if as_json else describe(foreseen))


@app.command()
def run(
    plan_file: PlanArgument,
    artifact: ArtifactOption = DEMO_ARTIFACT,
    transactions: TransactionsOption = [DEMO_TRANSACTIONS],  # noqa: B006  # typer copies it
    results: ResultsOption = DEFAULT_RESULTS,
    engine: EngineOption = None,
    cell: CellOption = None,
    run_id: Annotated[
        str | None, typer.Option("--run-id", help="name of the run; a new one by default")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with --run-id, or with the plan's newest run")
    ] = False,
    changes: SetOption = None,
    name: AsOption = None,
    instances: InstancesOption = None,
    cpu: CpuOption = None,
    topic_prefix: TopicPrefixOption = None,
    goes_on: Annotated[
        bool, typer.Option("--continue", help="go on behind the transactions of these topics")
    ] = False,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="no progress")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="all log lines")] = False,
) -> None:
    """Measure what a plan asks, judge it, write run.json and the report.

    Exit code 0: answered; 3: records were lost or changed, or the plan's `require` is not met;
    4: something is invalid or undecided; 5: the surroundings are not ready; 130: interrupted.
    With --resume steps that are measured stay, invalid ones are repeated. In a plan with
    `engines: [external]` an engine that runs already is measured: --as, --instances and
    --topic-prefix say which.

    Example: streamgauge run benchmarks/plans/smoke.yaml
    """
    from benchmarks.begin import Request, chosen_cells
    from benchmarks.external import ExternalOptions, external_of
    from benchmarks.plan import load_plan
    from benchmarks.running import Voice, run_and_report

    if verbose:
        log_to_stderr(logging.DEBUG)
    asked = load_plan(plan_file, changes or ())
    said = ExternalOptions(name, instances, cpu, topic_prefix, goes_on=goes_on or resume)
    external = external_of(asked, said)
    mine = chosen_cells(asked, None, (), external) if external else []
    cells = cell or [one.id for one in mine]
    request = Request(
        plan=asked,
        artifact=artifact,
        transactions=transactions,
        results=results,
        engine=engine,
        command=sys.argv,
        run_id=run_id,
        resume=resume,
        cells=tuple(cells),
        external=external,
    )
    voice = Voice(as_json=as_json, quiet=quiet)
    if request.plan.label_delays_h:
        from benchmarks.label_delays import run_delays

        run_delays(request, voice)
    else:
        run_and_report(request, voice)


@app.command()
def report(
    run_id: RunArgument,
    results: ResultsOption = DEFAULT_RESULTS,
    strict: Annotated[
        bool, typer.Option("--strict", help="end with the exit code of `run` for this result")
    ] = False,
) -> None:
    """Write the report of a run again, from its saved results; names the cells that are missing.

    Example: streamgauge report smoke-20261102-120431-7f3a
    """
    from benchmarks.campaign import refresh
    from benchmarks.report import write_report
    from benchmarks.running import raise_if_not_answered
    from benchmarks.store import run_folder_of

    folder = run_folder_of(run_id, results)
    result = refresh(folder)
    if result.cells_missing:
        say(f"cells that are not measured: {', '.join(result.cells_missing)}")
    show(str(write_report(folder)))
    if strict:
        raise_if_not_answered(result)


@app.command()
def judge(
    run_id: RunArgument,
    results: ResultsOption = DEFAULT_RESULTS,
    as_json: JsonOption = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="save what was recomputed, and write the report again")
    ] = False,
) -> None:
    """Recompute every verdict of a run from its raw samples, and compare it with the saved one.

    Exit code 4: a verdict differs from the saved one, and is not kept.

    Example: streamgauge judge smoke-20261102-120431-7f3a
    """
    from benchmarks.campaign import refresh
    from benchmarks.judging import judge_run, judged_table, refuse_differences
    from benchmarks.report import write_report
    from benchmarks.store import run_folder_of

    folder = run_folder_of(run_id, results)
    judged = judge_run(folder, keep=keep)
    show(judged.model_dump_json(indent=2) if as_json else judged_table(judged))
    if keep:
        refresh(folder)
        say(str(write_report(folder)))
    else:
        refuse_differences(judged)


@app.command()
def quality(
    run_id: RunArgument,
    view: Annotated[
        str, typer.Option(help="settled: every outcome; as-of: those known by the last event time")
    ] = "settled",
    declined_percent: Annotated[
        float, typer.Option(min=0, max=100, help="limit: good transactions that are blocked")
    ] = 5.0,
    missed_per_100: Annotated[
        float, typer.Option(min=0, max=100, help="limit: frauds approved in 100 transactions")
    ] = 2.0,
    results: ResultsOption = DEFAULT_RESULTS,
    as_json: JsonOption = False,
) -> None:
    """Judge the model on what became of a run's transactions; adds it to the report.

    Exit code 3: a limit is not met, or features or scores differ; 4: no outcome counts.

    Example: streamgauge quality quality-20261102-120431-7f3a
    """
    from benchmarks.quality_command import limits_of, run_quality, view_of
    from benchmarks.store import run_folder_of

    limits = limits_of(declined_percent, missed_per_100)
    run_quality(run_folder_of(run_id, results), view_of(view), limits, as_json=as_json)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="id or folder of the earlier run")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="id or folder of the later run")],
    results: ResultsOption = DEFAULT_RESULTS,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="also where the machines differ")
    ] = False,
) -> None:
    """Say what changed between two runs: verdicts, knees, scaling, cost, latency, CPU.

    Example: streamgauge compare smoke-20261102-120431-7f3a smoke-20261103-090000-12ab
    """
    from benchmarks.comparison import compare_runs, comparison_table
    from benchmarks.store import load_run, run_folder_of

    runs = [load_run(run_folder_of(one, results)) for one in (first, second)]
    show(comparison_table(compare_runs(runs[0], runs[1], anyway=anyway)))


@app.command()
def doctor(
    artifact: ArtifactOption = DEMO_ARTIFACT,
    transactions: TransactionsOption = [DEMO_TRANSACTIONS],  # noqa: B006  # typer copies it
    results: ResultsOption = DEFAULT_RESULTS,
) -> None:
    """Say whether everything is here, and where each setting comes from.

    Exit code 5: something that a run needs is missing.

    Example: streamgauge doctor
    """
    from benchmarks.doctor import checkup, examine, refuse_illness

    findings = examine(artifact, transactions, results)
    show(checkup(findings))
    refuse_illness(findings)


@app.command()
def publish(run_id: RunArgument, results: ResultsOption = DEFAULT_RESULTS) -> None:
    """Write a run's report again and publish it to the MLflow server of MLFLOW_TRACKING_URI.

    Safe to repeat: what is there already is left alone or replaced, and never there twice.
    Exit code 5: the server does not answer or refuses.

    Example: streamgauge publish smoke-20261102-120431-7f3a
    """
    from benchmarks import tracking
    from benchmarks.campaign import refresh
    from benchmarks.store import run_folder_of
    from fraud_core.tracking_server import tracking_uri

    folder = run_folder_of(run_id, results)
    result = refresh(folder)
    if result.cells_missing:
        say(f"cells that are not measured: {', '.join(result.cells_missing)}")
    uri = tracking_uri(os.environ)
    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or tracking.EXPERIMENT
    done = tracking.publish(folder, uri, experiment, time.sleep)
    say(f"{done.written} runs written, {done.left_alone} were there already")
    say(f"its cells beside each other: {done.comparison}")
    show(done.page)


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
    from benchmarks import drain as draining

    asked = draining.DrainRequest(
        draining.parse_engines(engines), records, artifact, transactions, results
    )
    measured = draining.run_drains(asked, say)
    show(measured.model_dump_json(indent=2) if as_json else draining.drain_table(measured))


@app.command()
def validate(
    searches: Annotated[int, typer.Option(min=10, help="searches on simulated engines")] = 2000,
    seed: Annotated[int, typer.Option(help="of the simulation")] = 1,
    profile: Annotated[
        str | None,
        typer.Option(help="windows and search; by default standard, with --oracles quick"),
    ] = None,
    oracles: Annotated[
        int, typer.Option(min=0, max=6, help="search so many real oracle engines instead")
    ] = 0,
    artifact: ArtifactOption = DEMO_ARTIFACT,
    transactions: TransactionsOption = [DEMO_TRANSACTIONS],  # noqa: B006  # typer copies it
    results: ResultsOption = DEFAULT_RESULTS,
) -> None:
    """Search engines whose knee is known; print how often the answer holds it and how wide it is.

    Simulated engines need no broker. With --oracles real engines of known rate are started, loaded
    and searched as any engine is, each for 10 to 20 minutes in the quick profile; the same command
    goes on where it was interrupted.

    Example: streamgauge validate --searches 2000 --seed 1
    """
    from benchmarks import validating
    from benchmarks.oracle_trials import TrialRequest

    name = validating.profile_of(profile or ("quick" if oracles else "standard"))
    if oracles:
        files = TrialRequest(artifact, transactions, results, sys.argv, name)
        show(validating.validate_engines(files, oracles))
        return
    say(f"{searches} searches on simulated engines; 2,000 take some minutes")
    show(validating.validate_traces(searches, seed, name))


def main() -> None:
    """Run the command line: `streamgauge` and `python -m benchmarks`."""
    log_to_stderr()
    # Airflow and service managers end a task by SIGTERM: engines are stopped, results are saved
    signal.signal(signal.SIGTERM, _interrupt)
    run_command(_run_and_keep_results)


def _run_and_keep_results() -> None:
    """Run a command; where results are in S3, what it has changed is there afterwards."""
    try:
        app()
    except SystemExit as end:
        keep_all(strict=not end.code)
        raise
    except BaseException:
        keep_all(strict=False)
        raise


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
