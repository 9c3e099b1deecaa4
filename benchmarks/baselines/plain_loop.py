"""The reference engine: a plain confluent-kafka loop around the scorer, one process.

It shows what the scorer and the client cost without a framework, and gives the drain rates of the
engines a measure that does not depend on the machine.
"""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated, Final

import typer
from confluent_kafka import Consumer

from benchmarks.own_instance import OwnInstance
from fraud_core.artifact import load_artifact
from fraud_core.client import message_or_raise
from fraud_core.command import run_command, say
from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceSize
from fraud_core.kafka import KafkaSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import Identity
from fraud_core.snapshots import EVERY_RECORDS, EVERY_S, snapshot_settings
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from fraud_core.transaction_log import input_record

ENGINE: Final = "plain"
RECORDS_A_POLL: Final = 500
_POLL_S: Final = 0.02
"""`consume` waits this long for a full batch, so it is the floor of the latency."""
SESSION_MS: Final = 8_000
"""Partitions of a dead one wait so long, as a Faust worker's do; librdkafka's default is 45 s."""

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def consume_until(
    stop: threading.Event,
    consumer: Consumer,
    scorer: StreamScorer,
    writer: OutputWriter,
    instance: OwnInstance,
) -> int:
    """Read, score, write, commit, until told to stop.

    Returns:
        number of records scored.
    """
    done = 0
    while not stop.is_set():
        messages = consumer.consume(RECORDS_A_POLL, timeout=_POLL_S)
        if not messages:
            continue
        records = [input_record(message_or_raise(message)) for message in messages]
        writer.hand_over(scorer.score(records))
        writer.wait_delivered()
        consumer.commit(asynchronous=False)
        instance.ready()
        done += len(records)
    return done


@app.command()
def main(  # noqa: PLR0913, PLR0917  # one parameter for each option
    artifact: Annotated[Path, typer.Option(help="artifact folder")],
    workers: Annotated[int, typer.Option(help="always 1: it is one process")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="before the names of the topics")] = "",
    group_id: Annotated[str, typer.Option(help="consumer group")] = "plain-loop",
    label_wait_s: Annotated[float, typer.Option(help="longest wait for labels, seconds")] = 5.0,
    cpu: Annotated[float | None, typer.Option(help="CPU quota once it scores, cores")] = None,
    memory_mb: Annotated[
        int | None, typer.Option(help="memory once it scores, millions of bytes")
    ] = None,
    instances_file: Annotated[
        Path | None, typer.Option(help="file to say in which process it is")
    ] = None,
    snapshots: Annotated[
        str, typer.Option(help="folder or s3://bucket/prefix that keeps the state; none by default")
    ] = "",
    snapshot_every_records: Annotated[
        int, typer.Option(min=1, help="records of a partition after which its state is kept")
    ] = EVERY_RECORDS,
    snapshot_every_s: Annotated[
        float, typer.Option(min=0.1, help="seconds after which it is kept if it has moved")
    ] = EVERY_S,
) -> None:
    """Score transactions with a plain consumer loop until SIGTERM.

    Example: python -m benchmarks.baselines.plain_loop --artifact .demo/artifact --topic-prefix try-
    """
    if workers != 1:
        raise ConfigError(f"--workers {workers}: the plain loop is one process, use --workers 1")
    settings, names = KafkaSettings.from_environment(), TopicNames(topic_prefix)
    checked = load_artifact(artifact)
    require_topics(settings, names.shapes())
    instance = OwnInstance(f"{ENGINE}-0", InstanceSize.from_options(cpu, memory_mb), instances_file)
    kept = snapshot_settings(snapshots, snapshot_every_records, snapshot_every_s)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    identity = Identity(ENGINE, f"{ENGINE}-0")
    scorer = StreamScorer.open(checked, settings, names, identity, label_wait_s, snapshots=kept)
    # the topics are in the name, so that a second run on other topics is another group
    group = f"{topic_prefix}{group_id}"
    consumer = Consumer(settings.as_consumer(group, session_timeout_ms=SESSION_MS))
    consumer.subscribe([names.transactions])
    say(f"plain loop reads {names.transactions}")
    try:
        done = consume_until(stop, consumer, scorer, OutputWriter.open(settings), instance)
    finally:
        consumer.close()
        scorer.close()
        instance.close()
    say(f"plain loop stopped, {done} records scored")


if __name__ == "__main__":
    run_command(app)
