"""The scorer in quixstreams, one process: what another Python framework costs.

A `sink` is the framework's own way to batches: records pass its pipeline one by one and are handed
over at each checkpoint, which is then committed. Batches and waits are those of the plain loop. It
runs in an environment of its own, see requirements/baselines.in.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from quixstreams import Application
from quixstreams.kafka import ConnectionConfig
from quixstreams.sinks.base import BaseSink

from benchmarks.own_instance import OwnInstance
from fraud_core.artifact import load_artifact
from fraud_core.command import run_command, say
from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceSize
from fraud_core.kafka import KafkaSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import Identity
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from fraud_core.transaction_log import InputRecord

ENGINE: Final = "quix"
RECORDS_A_BATCH: Final = 500
BATCH_EVERY_S: Final = 0.02
"""Both as in the plain loop."""
_ITS_OWN: Final = frozenset({"bootstrap.servers", "group.id", "auto.offset.reset"})
"""Client settings that the framework takes as arguments of its own."""

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


class ScoringSink(BaseSink):  # type: ignore[misc]  # has no types where it is not installed
    """Scores and writes what came in since the last checkpoint.

    Attributes:
        done: records scored.
    """

    def __init__(
        self, scorer: StreamScorer, writer: OutputWriter, on_scored: Callable[[], None]
    ) -> None:
        """Nothing came in yet.

        Args:
            scorer: reads the topics' state.
            writer: of both outputs.
            on_scored: called when a batch is written.
        """
        super().__init__()
        self.done = 0
        self._scorer, self._writer, self._on_scored = scorer, writer, on_scored
        self._batch: list[InputRecord] = []

    def add(  # noqa: PLR0913, PLR0917  # the framework's signature
        self,
        value: bytes | None,
        key: bytes | None,
        timestamp: int,
        headers: Any,  # noqa: ANN401, ARG002  # the framework's signature
        topic: str,  # noqa: ARG002
        partition: int,
        offset: int,
    ) -> None:
        """Take in one record."""
        self._batch.append(InputRecord(partition, offset, timestamp, key, value))

    def flush(self) -> None:
        """Score what came in and wait until it is written; the framework commits afterwards."""
        batch, self._batch = self._batch, []
        if batch:
            self._writer.hand_over(self._scorer.score(batch))
            self._writer.wait_delivered()
            self.done += len(batch)
            self._on_scored()


def application(settings: KafkaSettings, group_id: str, state_folder: str) -> Application:
    """The framework, with the client settings of all our consumers."""
    connection = {
        name: value for name, value in settings.as_librdkafka().items() if name not in _ITS_OWN
    }
    more = settings.as_consumer(group_id)
    return Application(
        ConnectionConfig.from_librdkafka_dict(
            {"bootstrap.servers": settings.bootstrap_servers, **connection}
        ),
        consumer_group=group_id,
        auto_offset_reset="earliest",
        commit_interval=BATCH_EVERY_S,
        commit_every=RECORDS_A_BATCH,
        consumer_poll_timeout=BATCH_EVERY_S,
        consumer_extra_config={
            name: more[name] for name in more.keys() - connection.keys() - _ITS_OWN
        },
        state_dir=state_folder,
        use_changelog_topics=False,
        auto_create_topics=False,
        loglevel=None,
    )


@app.command()
def main(  # noqa: PLR0913, PLR0917  # a command has as many parameters as it has options
    artifact: Annotated[Path, typer.Option(help="artifact folder")],
    workers: Annotated[int, typer.Option(help="always 1: it is one process")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="before the names of the topics")] = "",
    group_id: Annotated[str, typer.Option(help="consumer group")] = "quix-loop",
    label_wait_s: Annotated[float, typer.Option(help="longest wait for labels, seconds")] = 5.0,
    cpu: Annotated[float | None, typer.Option(help="cores it may use once it is ready")] = None,
    memory_mb: Annotated[int | None, typer.Option(help="its memory, in the same way")] = None,
    instances_file: Annotated[
        Path | None, typer.Option(help="says which process the instance is")
    ] = None,
) -> None:
    """Score transactions in quixstreams until SIGTERM.

    Example: python -m benchmarks.baselines.quix_loop --artifact .demo/artifact --topic-prefix try-
    """
    if workers != 1:
        raise ConfigError(f"--workers {workers}: this baseline is one process, use --workers 1")
    settings, names = KafkaSettings.from_environment(), TopicNames(topic_prefix)
    checked = load_artifact(artifact)
    require_topics(settings, names.shapes())
    identity = Identity(ENGINE, f"{ENGINE}-0")
    instance = OwnInstance(
        identity.instance, InstanceSize.from_options(cpu, memory_mb), instances_file
    )
    scorer = StreamScorer.open(checked, settings, names, identity, label_wait_s)
    sink = ScoringSink(scorer, OutputWriter.open(settings), instance.ready)
    with tempfile.TemporaryDirectory(prefix="quix-") as folder:
        # the topics are in the name, so that a second run on other topics is another group
        framework = application(settings, f"{topic_prefix}{group_id}", folder)
        records = framework.topic(
            names.transactions, value_deserializer="bytes", key_deserializer="bytes"
        )
        framework.dataframe(records).sink(sink)
        say(f"quixstreams reads {names.transactions}")
        try:
            framework.run()
        finally:
            scorer.close()
            instance.close()
    say(f"quixstreams stopped, {sink.done} records scored")


if __name__ == "__main__":
    run_command(app)
