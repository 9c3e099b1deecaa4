"""The job as `spark-submit` runs it, on a cluster that somebody else started.

No master is named here and no jar: both are the cluster's, or options of spark-submit. The model
and the Kafka settings travel with the job as an archive and as files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from fraud_core.artifact import load_artifact
from fraud_core.command import log_to_stderr, run_command
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from spark_scorer.job import StopFlag, watch
from spark_scorer.kafka_file import read_kafka_file
from spark_scorer.progress import GroupMirror
from spark_scorer.query import start_query
from spark_scorer.score_batch import ScorerSettings, score_batches
from spark_scorer.session import query_settings, start_session
from spark_scorer.shipped_files import shipped


def main() -> None:
    """What the bundle's `main.py` calls; ends with the exit code of every command of ours."""
    run_command(partial(score_until_stopped, parse_arguments()))


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The job's arguments: argparse, because a cluster has no typer; it too exits with 2.

    Args:
        arguments: without the program's name; those of the process by default.
    """
    parser = argparse.ArgumentParser(prog="main.py", description=score_until_stopped.__doc__)
    parser.add_argument(
        "--checkpoint", required=True, metavar="URI", help="where the query keeps its progress"
    )
    parser.add_argument(
        "--workers", required=True, type=int, help="executor cores that the job gets, 1 to 12"
    )
    parser.add_argument("--topic-prefix", default="", help="put before the four topic names")
    parser.add_argument(
        "--group-id", default="fraud-spark", help="consumer group that shows the progress"
    )
    parser.add_argument(
        "--label-wait-s", default=5.0, type=float, help="longest wait for labels, seconds"
    )
    parser.add_argument(
        "--artifact", default="artifact", metavar="NAME", help="what --archives calls the artifact"
    )
    parser.add_argument(
        "--kafka-settings", default="kafka.env", metavar="NAME", help="one of --files"
    )
    return parser.parse_args(arguments)


def score_until_stopped(options: argparse.Namespace) -> None:
    """Read transactions, score them with the model that came along, write predictions."""
    log_to_stderr()
    stop = StopFlag()
    stop.install()
    session = _session(options.workers, options.checkpoint)
    try:
        settings = _scorer_settings(options)
        mirror = GroupMirror.open(settings.kafka, options.group_id)
        try:
            query = start_query(
                session,
                settings,
                cores=options.workers,
                checkpoint=options.checkpoint,
                score=score_shipped,
            )
            watch(query, mirror, stop)
            query.stop()
        finally:
            mirror.close()
    finally:
        session.stop()


def score_shipped(
    settings: ScorerSettings, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """As `score_batches`, with the artifact where this executor has unpacked it."""
    here = shipped(str(settings.artifact))
    return score_batches(replace(settings, artifact=here), batches)


def _session(cores: int, checkpoint: str) -> SparkSession:
    builder = SparkSession.builder.appName("fraud-spark")
    for name, value in query_settings(cores, checkpoint).items():
        builder = builder.config(name, value)
    return start_session(builder)


def _scorer_settings(options: argparse.Namespace) -> ScorerSettings:
    """Settings of the scorers, checked here, where an error is seen."""
    load_artifact(shipped(options.artifact))
    kafka = read_kafka_file(shipped(options.kafka_settings), shipped)
    require_topics(kafka, list(TopicNames(options.topic_prefix).shapes()))
    return ScorerSettings(Path(options.artifact), options.topic_prefix, options.label_wait_s, kafka)
