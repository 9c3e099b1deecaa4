"""`python -m producer`: send transactions to Kafka on a schedule."""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from fraud_core.artifact import Manifest, read_manifest
from fraud_core.command import run_command, say, show
from fraud_core.errors import (
    EXIT_INTERRUPTED,
    DeliveryError,
    SurroundingsError,
    TransactionFileError,
)
from fraud_core.kafka import KafkaSettings
from fraud_core.load_report import LoadReport
from fraud_core.topic_admin import require_topics
from fraud_core.topics import LABELS, TopicNames
from fraud_core.transaction import format_time
from fraud_core.transaction_files import transaction_files
from fraud_core.transaction_source import TransactionFile
from producer.ahead import Ahead
from producer.labels_topic import LabelsEnd, read_labels_end
from producer.ledger import Ledger
from producer.load import Load
from producer.options import Options, plan_of, schedule_of
from producer.pacer import WallClock
from producer.progress import Progress
from producer.reader import BlockReader, ReadRequest
from producer.report import load_report, report_table, write_report
from producer.schedule import Clock, Schedule
from producer.sender import Sender

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

EXAMPLE = (
    "Example: python -m producer --transactions data --artifact artifact --rate 400 --for 60s "
    "--ledger ledger.parquet --report load.json"
)


@app.command(epilog=EXAMPLE, no_args_is_help=True)
def produce(
    transactions: Annotated[
        list[str],
        typer.Option(help="Files of transactions, or folders of *.txt, or s3://bucket/prefix."),
    ],
    artifact: Annotated[Path, typer.Option(help="The artifact folder that the scorers use.")],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="More of --transactions.")
    ] = None,
    rate: Annotated[
        float, typer.Option(help="Events per second; 0 sends as fast as possible.")
    ] = 400.0,
    duration: Annotated[
        str | None,
        typer.Option("--for", help="How long, e.g. 60s, 5m, 1h; else to the files' end."),
    ] = None,
    topic_prefix: Annotated[str, typer.Option(help="Put before each topic's name.")] = "",
    ledger: Annotated[
        Path | None, typer.Option(help="Parquet file with a row for each record sent.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="JSON file for the load report.")] = None,
    start_at: Annotated[
        int | None, typer.Option(help="Due time of the first event, Unix milliseconds.")
    ] = None,
    skip: Annotated[
        int, typer.Option(min=0, help="Leave out so many events: an earlier run sent them.")
    ] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Send at most so many events.")] = None,
    skip_dirty: Annotated[
        bool, typer.Option("--skip-dirty", help="Leave out rows that the scorers must refuse.")
    ] = False,
    customers_share: Annotated[
        float | None, typer.Option(help="Fails unless it is the artifact's.")
    ] = None,
    label_lead: Annotated[
        str, typer.Option(help="How long before a transaction its labels are complete.")
    ] = "5s",
) -> None:
    """Send the transactions after the artifact's history, and their outcomes, on a schedule.

    Event i is due at start + i / rate and carries that time as its timestamp; a late event is sent
    at once and the schedule never shifts.
    """
    options = Options(
        rate_eps=rate,
        duration=duration,
        limit=limit,
        start_at_ms=start_at,
        skip=skip,
        skip_dirty=skip_dirty,
        customers_share=customers_share,
        label_lead=label_lead,
        ledger=ledger,
        report=report,
    )
    files = transaction_files([*transactions, *(more or [])])
    _send(files, read_manifest(artifact), TopicNames(topic_prefix), options)


def _send(
    files: list[TransactionFile], manifest: Manifest, names: TopicNames, options: Options
) -> None:
    schedule = schedule_of(options)
    plan_of(options, schedule, manifest, None)  # so that a wrong option needs no broker
    settings = KafkaSettings.from_environment()
    labels_end = _check_topics(settings, names)
    plan = plan_of(options, schedule, manifest, labels_end.complete_until_s)
    request = ReadRequest(files, manifest.dates, manifest.customers_share, plan)
    sender = Sender(settings, names, labels_end.next_offset, is_paced=schedule.is_paced)
    load = _run(request, sender, schedule, options.ledger)
    outcome = load_report(load.totals, sender, schedule, options.ledger)
    _finish(outcome, load, sender, options, manifest)


def _check_topics(settings: KafkaSettings, names: TopicNames) -> LabelsEnd:
    partitions = require_topics(settings, [names.transactions, names.labels])
    if partitions[names.labels] != LABELS.partitions:
        message = (
            f"{names.labels} has {partitions[names.labels]} partitions and must have "
            f"{LABELS.partitions}: create it anew with `python -m sandbox topics`"
        )
        raise SurroundingsError(message)
    labels_end = read_labels_end(settings, names.labels)
    if labels_end.complete_until_s is not None:
        until = format_time(labels_end.complete_until_s)
        say(f"{names.labels} is complete until {until}: continuing from there")
    return labels_end


def _run(request: ReadRequest, sender: Sender, schedule: Schedule, path: Path | None) -> Load:
    clock = Clock(time.monotonic, time.sleep, WallClock(time.time(), time.monotonic()))
    progress = Progress(_write_progress, is_live=sys.stderr.isatty())
    reader = BlockReader(request)
    try:
        with Ledger(path) if path else nullcontext() as ledger:
            ahead = Ahead(reader, sender, schedule, clock)
            load = Load(ahead, sender, ledger, schedule, clock, progress)
            # nothing here makes cycles, and one walk over all objects stops the load for 60 ms
            gc.disable()
            with _signals_stop(load):
                load.run()
    finally:
        reader.close()
    return load


@contextmanager
def _signals_stop(load: Load) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the load, so that the ledger and the report are complete."""
    before = {
        number: signal.signal(number, lambda *_: load.stop())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_progress(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _finish(
    outcome: LoadReport, load: Load, sender: Sender, options: Options, manifest: Manifest
) -> None:
    """Report, then end with the exit code that the load deserves."""
    totals = load.totals
    if not (totals.handed or load.is_stopped or sender.failure):
        left_over = f" that --skip {options.skip} leaves over" if options.skip else ""
        message = (
            f"the files hold no transaction after {format_time(manifest.history_end_s)}, the end "
            f"of the artifact's history{left_over}: give the files of later days"
        )
        raise TransactionFileError(message)
    show(report_table(outcome))
    if options.report is not None:
        write_report(options.report, outcome)
    if totals.labels_too_late:
        say(f"warning: {totals.labels_too_late} outcomes were read after they were needed")
    if sender.failure is not None:
        raise DeliveryError(sender.failure)
    if load.is_stopped:
        done = options.skip + totals.handed
        say(f"interrupted; --skip {done} continues with the next event")
        raise typer.Exit(EXIT_INTERRUPTED)
    _check_end(outcome, load, sender, options)


def _check_end(outcome: LoadReport, load: Load, sender: Sender, options: Options) -> None:
    asked = schedule_of(options).asked
    if asked is not None and load.totals.handed < asked:
        say(f"the files ended after {load.totals.handed:,} of {asked:,} events")
    if outcome.delivery_errors:
        message = (
            f"the broker did not take {outcome.delivery_errors} of {outcome.asked} records "
            f"({sender.error_reason}): the load is not valid; look into the broker's log"
        )
        raise DeliveryError(message)


if __name__ == "__main__":
    run_command(app)
