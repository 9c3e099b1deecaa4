"""The reference engine: a plain confluent-kafka loop around the scorer, one process.

It shows what the scorer and the client cost without a framework, and gives the drain rates of the
engines a measure that does not depend on the machine.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from confluent_kafka import Consumer, KafkaError, Message, Producer

from fraud_core.artifact import load_artifact
from fraud_core.client import client_error, message_or_raise
from fraud_core.command import run_command, say
from fraud_core.errors import ConfigError, DeliveryError
from fraud_core.kafka import KafkaSettings
from fraud_core.prediction import Identity, OutputRecord
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from fraud_core.transaction_log import InputRecord

ENGINE: Final = "plain"
RECORDS_A_POLL: Final = 500
_POLL_S: Final = 0.02
"""`consume` waits this long for a full batch, so it is the floor of the latency."""
_DELIVERED_WITHIN_S: Final = 60.0

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


class OutputSender:
    """Writes output records and knows when all are acknowledged."""

    def __init__(self, producer: Producer) -> None:
        """Wrap a client."""
        self._producer = producer
        self._failed: list[str] = []

    def send_all(self, records: Sequence[OutputRecord]) -> None:
        """Write records and wait until the broker has all of them.

        Raises:
            DeliveryError: it did not take one.
        """
        for record in records:
            # confluent-kafka types headers as a list of pairs of wider unions
            headers: Any = record.headers
            self._producer.produce(
                record.topic, record.value, record.key, headers=headers, on_delivery=self._note
            )
        unsent = self._producer.flush(_DELIVERED_WITHIN_S)
        if unsent or self._failed:
            reason = self._failed[0] if self._failed else f"no answer in {_DELIVERED_WITHIN_S:g} s"
            raise DeliveryError(f"{unsent or len(self._failed)} outputs were not taken ({reason})")

    def _note(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(error.str())


def input_record(message: Message) -> InputRecord:
    """A message as the scorer takes it."""
    answer: Any = message_or_raise(message)  # its parts are optional only for an error
    return InputRecord(
        answer.partition(), answer.offset(), answer.timestamp()[1], answer.key(), answer.value()
    )


def consume_until(
    stop: threading.Event, consumer: Consumer, scorer: StreamScorer, sender: OutputSender
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
        records = [input_record(message) for message in messages]
        sender.send_all(scorer.score(records))
        consumer.commit(asynchronous=False)
        done += len(records)
    return done


@app.command()
def main(
    artifact: Annotated[Path, typer.Option(help="artifact folder")],
    workers: Annotated[int, typer.Option(help="always 1: it is one process")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="before the names of the topics")] = "",
    group_id: Annotated[str, typer.Option(help="consumer group")] = "plain-loop",
    label_wait_s: Annotated[float, typer.Option(help="longest wait for labels, seconds")] = 5.0,
) -> None:
    """Score transactions with a plain consumer loop until SIGTERM.

    Example: python -m benchmarks.plain_loop --artifact .demo/artifact --topic-prefix try-
    """
    if workers != 1:
        raise ConfigError(f"--workers {workers}: the plain loop is one process, use --workers 1")
    settings, names = KafkaSettings.from_environment(), TopicNames(topic_prefix)
    checked = load_artifact(artifact)
    require_topics(settings, names.shapes())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    identity = Identity(ENGINE, f"{ENGINE}-0")
    scorer = StreamScorer.open(checked, settings, names, identity, label_wait_s)
    # the topics are in the name, so that a second run on other topics is another group
    consumer = Consumer(settings.as_consumer(f"{topic_prefix}{group_id}"))
    consumer.subscribe([names.transactions])
    say(f"plain loop reads {names.transactions}")
    try:
        done = consume_until(stop, consumer, scorer, OutputSender(_producer(settings)))
    finally:
        consumer.close()
        scorer.close()
    say(f"plain loop stopped, {done} records scored")


def _producer(settings: KafkaSettings) -> Producer:
    def note(error: KafkaError) -> None:
        say(f"plain loop: {client_error(error, None)}")

    return Producer(settings.as_producer(linger_ms=5) | {"error_cb": note})


if __name__ == "__main__":
    run_command(app)
