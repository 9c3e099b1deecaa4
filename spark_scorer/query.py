"""The streaming query: Kafka bytes, coalesce, mapInArrow, one Kafka sink with a topic column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from fraud_core.kafka import KafkaSettings
from fraud_core.topics import LARGEST_INPUT_BYTES, LARGEST_RECORD_BYTES, TopicNames
from spark_scorer.score_batch import OUTPUT_SCHEMA, ScorerSettings, score_batches

MAX_OFFSETS_PER_CORE = 50_000
"""Bounds a catch-up batch; a smaller one would make the fixed cost of a batch the limit."""


ScoreBatches = Callable[[ScorerSettings, Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""Scores the Arrow batches of one task, in an executor's Python worker."""


def start_query(
    session: SparkSession,
    settings: ScorerSettings,
    *,
    cores: int,
    checkpoint: str,
    score: ScoreBatches = score_batches,
) -> StreamingQuery:
    """Start scoring; predictions and dead letters leave in one pass.

    Args:
        session: where it runs.
        settings: of the scorer in each Python worker.
        cores: instances, one core each.
        checkpoint: where the query keeps its progress.
        score: what each task runs; a function of a module, see `score_batch`.
    """
    names = TopicNames(settings.topic_prefix)
    records = (
        session.readStream.format("kafka")
        .options(**source_options(settings.kafka, names, cores))
        .load()
        .selectExpr("partition", "offset", "unix_millis(timestamp) AS timestamp_ms", "key", "value")
    )
    # Before mapInArrow, never after: cores, not partitions, set the number of tasks.
    outputs = records.coalesce(cores).mapInArrow(partial(score, settings), OUTPUT_SCHEMA)
    return (
        outputs.writeStream.format("kafka")
        .options(**sink_options(settings.kafka))
        .option("checkpointLocation", checkpoint)
        .start()
    )


def source_options(kafka: KafkaSettings, names: TopicNames, cores: int) -> dict[str, str]:
    """Options of the Kafka source."""
    return kafka.as_java() | {
        "subscribe": names.transactions,
        "startingOffsets": "earliest",
        "failOnDataLoss": "true",
        "maxOffsetsPerTrigger": str(MAX_OFFSETS_PER_CORE * cores),
        # Offset look-ups wait behind a parked fetch of 500 ms, the default: batches halve.
        "kafka.fetch.max.wait.ms": "5",
        "kafka.max.partition.fetch.bytes": str(LARGEST_INPUT_BYTES),
    }


def sink_options(kafka: KafkaSettings) -> dict[str, str]:
    """Options of the Kafka sink; the topic is a column."""
    return kafka.as_java() | {
        "includeHeaders": "true",
        "kafka.acks": "all",
        "kafka.enable.idempotence": "true",
        "kafka.max.request.size": str(LARGEST_RECORD_BYTES),
    }
