"""The streaming query: Kafka bytes, a task for each executor, mapInArrow, one Kafka sink."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from fraud_core.kafka import KafkaSettings
from fraud_core.topics import LARGEST_INPUT_BYTES, LARGEST_RECORD_BYTES, PARTITIONS, TopicNames
from spark_scorer.checkpoint import EARLIEST, Offsets, find_place
from spark_scorer.score_batch import OUTPUT_SCHEMA, ScorerSettings, score_batches

MAX_OFFSETS_PER_CORE = 50_000
"""Bounds a catch-up batch; a smaller one would make the fixed cost of a batch the limit."""


PRODUCER_BATCH_BYTES = 256 * 1024

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
        checkpoint: where the query keeps its progress, a folder or a URI.
        score: what each task runs; a function of a module, see `score_batch`.
    """
    place = find_place(session, checkpoint, cores)
    # Before mapInArrow, never after: cores, not partitions, set the number of tasks.
    records = reduce(
        DataFrame.unionAll,
        [_share(session, settings, share, place.offsets) for share in shares(cores)],
    )
    outputs = records.mapInArrow(partial(score, settings), OUTPUT_SCHEMA)
    return (
        outputs.writeStream.format("kafka")
        .options(**sink_options(settings.kafka))
        .option("checkpointLocation", place.checkpoint)
        .start()
    )


def shares(count: int) -> list[list[int]]:
    """The partitions of each executor.

    Spark reads partition p of a topic on executor (31 p + c) mod `count`, so those of one share
    have the same executor, and each share is a task of its own. One source with `coalesce` gives
    3, 4 and 5 of 12 partitions to three executors, and other ones when some had nothing new.

    Args:
        count: executors.
    """
    return [list(range(first, PARTITIONS, count)) for first in range(count)]


def _share(
    session: SparkSession, settings: ScorerSettings, partitions: Sequence[int], offsets: Offsets
) -> DataFrame:
    names = TopicNames(settings.topic_prefix)
    return (
        session.readStream.format("kafka")
        .options(**source_options(settings.kafka, names, partitions, offsets))
        .load()
        .selectExpr("partition", "offset", "unix_millis(timestamp) AS timestamp_ms", "key", "value")
        .coalesce(1)
    )


def source_options(
    kafka: KafkaSettings, names: TopicNames, partitions: Sequence[int], offsets: Offsets
) -> dict[str, str]:
    """Options of the Kafka source of one share.

    Args:
        kafka: how to reach the broker.
        names: the topics.
        partitions: of the share.
        offsets: where it starts, for a checkpoint that is new.
    """
    starts = {str(one): offsets.get(one, EARLIEST) for one in partitions}
    return kafka.as_java() | {
        "assign": json.dumps({names.transactions: list(partitions)}),
        "startingOffsets": json.dumps({names.transactions: starts}),
        "failOnDataLoss": "true",
        "maxOffsetsPerTrigger": str(MAX_OFFSETS_PER_CORE),
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
        # 16 KB by default: 20 predictions a request. A task flushes at its end, so nothing lingers.
        "kafka.batch.size": str(PRODUCER_BATCH_BYTES),
        "kafka.linger.ms": "5",
    }
