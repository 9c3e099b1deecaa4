"""`python -m fraud_cloud`: the cloud side made, used, looked at, and ended."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from fraud_cloud.airflow_place import session_airflow
from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.down import Extent, look
from fraud_cloud.down import down as down_
from fraud_cloud.down import verify as verify_
from fraud_cloud.errors import EXIT_INTERRUPTED, CloudError, ConfigError, SurroundingsError
from fraud_cloud.following import Watch
from fraud_cloud.mlflow_way import note_health, session_tunnel
from fraud_cloud.purge import Means
from fraud_cloud.purge import purge as purge_
from fraud_cloud.records import Recorder
from fraud_cloud.registering import register
from fraud_cloud.running import Errand, follow_run, stop_run
from fraud_cloud.running import run as run_
from fraud_cloud.sdk import connect
from fraud_cloud.selection import made_by_runs
from fraud_cloud.surroundings import PROJECT, Surroundings
from fraud_cloud.up import up as up_
from fraud_cloud.upload import AUTHORITY, Sources, code_items, data_items
from fraud_cloud.upload import upload as upload_

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What this project has in a folder of the cloud, named by YC_FOLDER_ID and YC_TOKEN.",
)

Yes = Annotated[bool, typer.Option("--yes", help="agree beforehand to what is asked")]
Poll = Annotated[float, typer.Option(min=0.0, help="seconds between two looks at the cloud")]
Limit = Annotated[float, typer.Option(min=1.0, help="minutes until it gives up waiting")]
Roots = Annotated[Path, typer.Option(help="folder of Terraform's two roots")]
Records = Annotated[Path, typer.Option(help="folder of the records of these commands")]
Built = Annotated[Path, typer.Option(help="folder that `make wheel` filled")]
Transactions = Annotated[
    Path | None, typer.Option(help="folder of transaction files to upload too")
]
Artifact = Annotated[
    Path | None, typer.Option(help="folder of a model to register in the session's MLflow")
]
All = Annotated[bool, typer.Option("--all", help="what outlives sessions too")]

Retry = Annotated[float, typer.Option(min=0.0, help="seconds before terraform destroy again")]

_ROOTS = PROJECT / "terraform/environments"
_RESULTS = PROJECT / "benchmarks/results"
_RECORDS = _RESULTS / "cloud"
_BUILT = PROJECT / "dist"
_LIMITS = Limits()
_POLL_S = _LIMITS.poll_s
_RETRY_S = _LIMITS.retry_s
_LIMIT_MIN = _LIMITS.all_s / 60


@app.command()
def inventory() -> None:
    """List everything of this project in the folder, and what of others bills there.

    Example: python -m fraud_cloud inventory
    """
    look(_around())


@app.command()
def purge(
    run: Annotated[str, typer.Option(help="label of the run whose clusters go")] = "",
    group: Annotated[str, typer.Option(help="id of the instance group that worked for it")] = "",
    every_run: Annotated[bool, typer.Option("--every-run", help="of all runs")] = False,
    yes: Yes = False,
    poll_s: Poll = _POLL_S,
    limit_min: Limit = _LIMIT_MIN,
) -> None:
    """Cancel jobs, delete Spark clusters and empty the Faust group of a run, by label.

    Example: python -m fraud_cloud purge --run r20261123-1200 --yes
    """
    if bool(run) == every_run:
        raise ConfigError("give --run RUN, or --every-run, and not both")
    around = _around(Limits(all_s=limit_min * 60, poll_s=poll_s), yes=yes)
    look(around)
    around.agreed("Cancel jobs, delete Spark clusters and empty the Faust group?")
    count = purge_(around.means, made_by_runs(run or None, group_id=group or None))
    _show(f"{count} gone")


@app.command()
def verify(all_: All = False, roots: Roots = _ROOTS, records: Records = _RECORDS) -> None:
    """Exit with 3 if something that bills is left, with 5 if a service may not be listed.

    Example: python -m fraud_cloud verify
    """
    verify_(_around(roots=roots, records=records), with_standing=all_)


@app.command()
def down(
    all_: All = False,
    without_terraform: Annotated[
        bool, typer.Option("--without-terraform", help="delete by label alone")
    ] = False,
    yes: Yes = False,
    poll_s: Poll = _POLL_S,
    limit_min: Limit = _LIMIT_MIN,
    retry_s: Retry = _RETRY_S,
    roots: Roots = _ROOTS,
    records: Records = _RECORDS,
) -> None:
    """Delete everything of sessions and verify; repeat it after any failure.

    Example: python -m fraud_cloud down --yes
    """
    limits = Limits(all_s=limit_min * 60, poll_s=poll_s, retry_s=retry_s)
    around = _around(limits, yes=yes, roots=roots, records=records)
    down_(around, Extent(standing=all_, without_terraform=without_terraform))


@app.command()
def up(
    hours: Annotated[float, typer.Option(help="how long the session is wanted")] = 4.0,
    yes: Yes = False,
    built: Built = _BUILT,
    transactions: Transactions = None,
    artifact: Artifact = None,
    roots: Roots = _ROOTS,
    records: Records = _RECORDS,
) -> None:
    """Apply both roots and upload the code between them; the price is said before.

    Example: python -m fraud_cloud up --hours 4
    """
    around = _around(yes=yes, roots=roots, records=records)
    up_(around, _sources(built, transactions), hours)
    if artifact is not None:
        _registered_or_told(around, artifact)


@app.command()
def upload(
    built: Built = _BUILT,
    transactions: Transactions = None,
    artifact: Artifact = None,
    roots: Roots = _ROOTS,
    yes: Yes = False,
) -> None:
    """Put DAGs, wheel, Spark job, locks, certificate and transactions into the bucket.

    With --artifact that model is then registered in the session's MLflow, and is champion there if
    there is none. Costs: storage by the GB and month, requests; cents (estimate).

    Example: python -m fraud_cloud upload --transactions .demo/transactions
    """
    around, sources = _around(yes=yes, roots=roots), _sources(built, transactions)
    bucket, contract = around.standing.outputs()["bucket"], around.means.contract
    around.agreed(f"Upload to s3://{bucket}? Storage costs cents a month (estimate).")
    for items in (code_items(sources, contract), data_items(sources, contract)):
        counts = upload_(around.store, bucket, items, _show)
        _show(f"{counts['put']} put, {counts['there']} were there")
    if artifact is not None:
        register(around, artifact)


@app.command()
def mlflow(roots: Roots = _ROOTS, poll_s: Poll = _POLL_S) -> None:
    """Open a tunnel to the session's MLflow, until Ctrl-C.

    Example: python -m fraud_cloud mlflow
    """
    tunnel = session_tunnel(_around(Limits(poll_s=poll_s), roots=roots))
    with tunnel.opened() as process:
        _show(f"MLflow at {tunnel.uri} until Ctrl-C")
        with suppress(KeyboardInterrupt):
            process.wait()


@app.command()
def run(
    parameters: Annotated[
        list[str] | None, typer.Argument(help="of the DAG's form, name=value each")
    ] = None,
    follow: Annotated[str, typer.Option(help="only follow this DAG run, which was begun")] = "",
    stop: Annotated[str, typer.Option(help="end this DAG run, its clusters with it")] = "",
    yes: Yes = False,
    poll_s: Poll = _POLL_S,
    results: Annotated[Path, typer.Option(help="folder of all campaigns")] = _RESULTS,
    roots: Roots = _ROOTS,
    records: Records = _RECORDS,
) -> None:
    """Measure in the cloud: preflight, campaign, results here; ends with the campaign's exit code.

    What a Spark cluster and Faust hosts cost while it runs is said before. Ctrl-C leaves the run
    going and says how to follow or stop it.

    Example: python -m fraud_cloud run instances=[1,2] rates_eps=[50,400] profile=quick
    """
    if sum(map(bool, (follow, stop, parameters))) > 1:
        raise ConfigError("give parameters of a new run, or --follow, or --stop: one of them")
    around = _around(Limits(poll_s=poll_s), yes=yes, roots=roots, records=records)
    watch = Watch(around.means.clock, poll_s, _show)
    errand = Errand(around, session_airflow(around), watch, results)
    if follow:
        code = follow_run(errand, follow)
    elif stop:
        code = stop_run(errand, stop)
    else:
        code = run_(errand, parameters or ())
    raise typer.Exit(code)


def main() -> None:
    """Turn our errors into their exit codes, one line each; anything else is a bug."""
    try:
        app()
    except CloudError as error:
        word = "interrupted" if error.exit_code == EXIT_INTERRUPTED else "error"
        sys.stderr.write(f"{word}: {error}\n")
        sys.exit(error.exit_code)
    except SystemExit as end:
        # typer makes it of a Ctrl-C.
        if end.code == EXIT_INTERRUPTED:
            sys.stderr.write("interrupted: run the same command again, it goes on\n")
        raise


def _registered_or_told(around: Surroundings, artifact: Path) -> None:
    """A session is up whether its MLflow can be reached from here or not."""
    try:
        register(around, artifact, lambda uri: note_health(around, uri))
    except SurroundingsError as error:
        _show(f"going on: {error}")


def _around(
    limits: Limits = _LIMITS,
    *,
    yes: bool = False,
    roots: Path = _ROOTS,
    records: Path = _RECORDS,
) -> Surroundings:
    means = Means(connect(os.environ), load_contract(), Clock(), limits, _show)
    recorder = Recorder(records, time.time())
    return Surroundings(means, roots, os.environ, recorder, (lambda _: True) if yes else _ask)


def _sources(built: Path, transactions: Path | None) -> Sources:
    authority = os.environ.get("CLOUD_AUTHORITY", AUTHORITY)
    return Sources(PROJECT / "dags", PROJECT / "requirements", built, transactions, authority)


def _ask(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def _show(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
