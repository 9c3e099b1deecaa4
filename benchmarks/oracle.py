"""An engine of known service rate: it answers as an engine does, and never faster than it is told.

The instrument is tried on it: what the search finds is compared with what the same engine does in
`benchmarks.traces`, whose durations it uses. It knows no model; its predictions say so by
`labels_complete: false`, which leaves them out of every comparison of scores.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import orjson
import typer
from confluent_kafka import Consumer

from benchmarks.own_instance import OwnInstance
from benchmarks.traces import Engines, durations_s, largest_of_loop
from fraud_core.artifact import Artifact, load_artifact
from fraud_core.client import message_or_raise
from fraud_core.command import run_command, say
from fraud_core.features import FEATURE_NAMES
from fraud_core.instance_size import InstanceSize
from fraud_core.kafka import KafkaSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import (
    Identity,
    OutputRecord,
    Scored,
    Stamp,
    dead_letter_record,
    prediction_record,
)
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from fraud_core.transaction import PROBE_ID_FLOOR, Rejected, decode
from fraud_core.transaction_log import InputRecord, input_record

ENGINE: Final = "oracle"
_POLL_S: Final = 0.02
_RECORDS_A_POLL: Final = 10_000
_LATE_S: Final = 0.1
"""A wake-up late by less is made up for; one that stood still for longer has lost the time."""
LARGEST_S: Final = 10.0
LOOP_INTERVAL_S: Final = 0.1
_NO_FEATURES: Final = [0.0] * len(FEATURE_NAMES)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@dataclass(slots=True)
class Pace:
    """When the next batch may begin, and when it ends. Pure: the time is passed in.

    Attributes:
        engine: one engine.
        rng: of its noise and its pauses.
        cold_s: how much longer the first batch of the load takes.
        free_s: when the last batch ended, on the caller's clock.
        next_s: earliest start of the next batch.
    """

    engine: Engines
    rng: np.random.Generator
    cold_s: float = 0.0
    free_s: float = -math.inf
    next_s: float = -math.inf

    def largest(self) -> int:
        """Records of a batch, at most."""
        return int(self.engine.largest_batch[0])

    def ends_s(self, records: int, now_s: float, *, is_load: bool = True) -> float:
        """Take a batch now: when its outputs may be seen.

        What asks whether the engine is ready does not warm it.

        A batch taken just after it could begin counts from then, so that late wake-ups of the
        process do not slow the engine.
        """
        could_s = max(self.free_s, self.next_s)
        start_s = could_s if now_s - could_s < _LATE_S else now_s
        took = np.array([float(records)])
        self.free_s = start_s + float(durations_s(self.engine, took, self.rng)[0])
        self.next_s = start_s + float(self.engine.batch_interval_s[0])
        if is_load:
            self.free_s, self.cold_s = self.free_s + self.cold_s, 0.0
        return self.free_s


@dataclass(frozen=True, slots=True)
class Answerer:
    """Turns inputs into outputs as an engine does, without a model."""

    artifact: Artifact
    names: TopicNames

    def answer(self, record: InputRecord) -> OutputRecord:
        """The prediction of a transaction, the dead letter of anything else."""
        manifest = self.artifact.manifest
        try:
            transaction = decode(record.key, record.value, manifest.dates)
        except Rejected as rejected:
            return dead_letter_record(self.names.dead_letters, record, rejected)
        scored = Scored(transaction, _NO_FEATURES, 0.0, labels_complete=False, late=False)
        stamp = Stamp(
            Identity(ENGINE, f"{ENGINE}-0"), self.artifact.model_sha256, manifest.thresholds
        )
        at_ms = round(time.time() * 1000)
        return prediction_record(self.names.predictions, record, scored, stamp, at_ms)


def engine_of(
    rate_eps: float,
    instances: int,
    batch_cost_s: float,
    batch_interval_s: float,
    pause_every_s: float | None,
) -> Engines:
    """The oracle as a simulated engine: instances share the load evenly, as one fast one.

    Without a batch cost it is a loop, which takes little at once. A batch takes at most what is
    served in ten seconds: twice what a batch at its knee takes, and a full topic is no one batch.
    """
    service_eps, interval_s = np.array([rate_eps * instances]), np.array([batch_interval_s])
    loops = largest_of_loop(service_eps, interval_s)
    return Engines(
        service_eps=service_eps,
        batch_cost_s=np.array([batch_cost_s]),
        batch_interval_s=interval_s,
        pause_every_s=np.array([pause_every_s or math.inf]),
        largest_batch=loops if batch_cost_s == 0 else np.ceil(LARGEST_S * service_eps),
    )


def asked_engine(
    rate_eps: float, instances: int, batch_ms: float, interval_ms: float, pause_every_s: float
) -> Engines:
    """The engine that the options ask for; 0 stands for what is usual."""
    interval_s = interval_ms / 1000 if interval_ms or batch_ms else LOOP_INTERVAL_S
    return engine_of(rate_eps, instances, batch_ms / 1000, interval_s, pause_every_s or None)


def take(consumer: Consumer, largest: int) -> list[InputRecord]:
    """All records that wait, up to a number; after a moment none."""
    taken = consumer.consume(min(largest, _RECORDS_A_POLL), timeout=_POLL_S)
    while taken and len(taken) < largest:
        # what the client holds already; it fetches more while the batch is worked on
        more = consumer.consume(min(largest - len(taken), _RECORDS_A_POLL), timeout=0)
        if not more:
            break
        taken += more
    return [input_record(message_or_raise(message)) for message in taken]


def is_probe(record: InputRecord) -> bool:
    """Whether a record only asks whether the engine is ready."""
    try:
        return int(orjson.loads(record.value or b"")["tx_id"]) >= PROBE_ID_FLOOR
    except (ValueError, TypeError, KeyError):
        return False


def serve(
    stop: threading.Event,
    consumer: Consumer,
    writer: OutputWriter,
    pace: Pace,
    answerer: Answerer,
) -> int:
    """Take, wait, answer, commit, until told to stop.

    Returns:
        number of records answered.
    """
    done = 0
    while not stop.wait(max(pace.next_s - time.monotonic(), 0)):
        records = take(consumer, pace.largest())
        if not records:
            continue
        is_load = not all(map(is_probe, records)) if pace.cold_s else True
        ends_s = pace.ends_s(len(records), time.monotonic(), is_load=is_load)
        outputs = [answerer.answer(record) for record in records]
        if stop.wait(max(ends_s - time.monotonic(), 0)):
            break
        _write(outputs, writer, consumer)
        done += len(records)
    return done


def _write(outputs: Sequence[OutputRecord], writer: OutputWriter, consumer: Consumer) -> None:
    writer.hand_over(outputs)
    writer.wait_delivered()
    consumer.commit(asynchronous=True)


@app.command()
def main(  # noqa: PLR0913, PLR0917  # one parameter for each option
    artifact: Annotated[Path, typer.Option(help="artifact folder: what is a transaction")],
    rate: Annotated[float, typer.Option(min=1, help="records per second of one instance")] = 300,
    batch_ms: Annotated[float, typer.Option(min=0, help="fixed time of a batch, ms")] = 0,
    interval_ms: Annotated[
        float, typer.Option(min=0, help="shortest time between two batches, ms; loops: 100")
    ] = 0,
    pause_every_s: Annotated[
        float, typer.Option(min=0, help="mean work between pauses of 0.5 to 2 s; 0: none")
    ] = 0,
    instances: Annotated[int, typer.Option(min=0, help="0: as many as --workers")] = 0,
    cold_s: Annotated[
        float,
        typer.Option(min=0, help="nothing comes out for so long after the load's first record"),
    ] = 0,
    seed: Annotated[int, typer.Option(help="of noise and pauses")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="instances, as other engines take it")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="before the names of the topics")] = "",
    group_id: Annotated[str, typer.Option(help="consumer group")] = ENGINE,
    label_wait_s: Annotated[float, typer.Option(help="not used: it reads no labels")] = 5.0,  # noqa: ARG001
    cpu: Annotated[float | None, typer.Option(help="not used: --rate is its size")] = None,  # noqa: ARG001
    memory_mb: Annotated[int | None, typer.Option(help="not used: it keeps nothing")] = None,  # noqa: ARG001
    instances_file: Annotated[
        Path | None, typer.Option(help="file to say in which process it is")
    ] = None,
) -> None:
    """Answer transactions at a known rate until SIGTERM.

    Example: python -m benchmarks.oracle --artifact .demo/artifact --rate 300 --batch-ms 100
    """
    settings, names = KafkaSettings.from_environment(), TopicNames(topic_prefix)
    checked = load_artifact(artifact)
    require_topics(settings, names.shapes())
    engine = asked_engine(rate, instances or workers, batch_ms, interval_ms, pause_every_s)
    OwnInstance(f"{ENGINE}-0", InstanceSize(), instances_file).ready()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # the topics are in the name, so that a second run on other topics is another group
    consumer = Consumer(settings.as_consumer(f"{topic_prefix}{group_id}"))
    consumer.subscribe([names.transactions])
    say(f"oracle reads {names.transactions}, {rate:g}/s x {instances or workers}")
    try:
        pace = Pace(engine, np.random.default_rng(seed), cold_s)
        done = serve(stop, consumer, OutputWriter.open(settings), pace, Answerer(checked, names))
    finally:
        consumer.close()
    say(f"oracle stopped, {done} records answered")


if __name__ == "__main__":
    run_command(app)
