"""`python -m spark_scorer`: score a stream with Spark Structured Streaming."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fraud_core.artifact import load_artifact
from fraud_core.command import log_to_stderr, run_command
from fraud_core.kafka import KafkaSettings
from fraud_core.memory_check import check_memory
from fraud_core.snapshots import EVERY_RECORDS, EVERY_S, snapshot_settings
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from spark_scorer.job import StopFlag, watch
from spark_scorer.progress import GroupMirror
from spark_scorer.query import start_query
from spark_scorer.score_batch import ScorerSettings
from spark_scorer.session import connector_jars, open_session

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def score(
    artifact: Annotated[Path, typer.Option(help="Folder with model.onnx, manifest.json, history.")],
    workers: Annotated[int, typer.Option(min=1, max=12, help="Instances, one core each.")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="Put before the four topic names.")] = "",
    group_id: Annotated[
        str, typer.Option(help="Consumer group that shows the progress to Kafka tools.")
    ] = "fraud-spark",
    label_wait_s: Annotated[
        float, typer.Option(min=0, help="Longest wait for labels, seconds.")
    ] = 5.0,
    checkpoint: Annotated[
        str, typer.Option(help="Folder or URI of the query's progress; a fresh one by default.")
    ] = "",
    snapshots: Annotated[
        str,
        typer.Option(help="Folder or s3://bucket/prefix that keeps the state."),
    ] = "",
    snapshot_every_records: Annotated[
        int, typer.Option(min=1, help="Records of a partition after which its state is kept.")
    ] = EVERY_RECORDS,
    snapshot_every_s: Annotated[
        float, typer.Option(min=0.1, help="Seconds after which it is kept if it has moved.")
    ] = EVERY_S,
) -> None:
    """Read transactions, score them with the artifact's model, write predictions.

    Stops cleanly on SIGTERM and Ctrl-C; started again with the same --checkpoint it goes on where
    it stopped. The broker is named by KAFKA_BOOTSTRAP_SERVERS and the other KAFKA_* settings.

    Example: python -m spark_scorer --artifact .demo/artifact --workers 2
    """
    log_to_stderr()
    check_memory(load_artifact(artifact), processes=workers)
    connector_jars()
    kafka = KafkaSettings.from_environment()
    require_topics(kafka, list(TopicNames(topic_prefix).shapes()))
    kept = snapshot_settings(snapshots, snapshot_every_records, snapshot_every_s)
    settings = ScorerSettings(artifact.resolve(), topic_prefix, label_wait_s, kafka, kept)
    with tempfile.TemporaryDirectory(prefix="fraud-spark-") as fresh:
        _run(settings, group_id, cores=workers, checkpoint=checkpoint or fresh)


def _run(settings: ScorerSettings, group_id: str, *, cores: int, checkpoint: str) -> None:
    stop = StopFlag()
    stop.install()
    session = open_session(cores, checkpoint)
    mirror = GroupMirror.open(settings.kafka, group_id)
    try:
        query = start_query(session, settings, cores=cores, checkpoint=checkpoint)
        watch(query, mirror, stop)
        query.stop()
    finally:
        mirror.close()
        session.stop()


if __name__ == "__main__":
    run_command(app)
