"""What a scorer in the test's own process says of a whole topic: every engine must say the same."""

from __future__ import annotations

import orjson

from fraud_core.artifact import Artifact
from fraud_core.kafka import KafkaSettings
from fraud_core.prediction import Identity
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topics import TopicNames
from fraud_core.transaction_log import InputRecord
from tests.outputs import read_topic


def reference_predictions(
    kafka: KafkaSettings, topics: TopicNames, artifact: Artifact
) -> dict[tuple[int, int], dict]:
    """Predictions by the place of their input, with all labels that were ever published."""
    log = [
        InputRecord(m.partition(), m.offset(), 0, m.key(), m.value())
        for m in read_topic(kafka, topics.transactions, 12)
    ]
    scorer = StreamScorer.open(artifact, kafka, topics, Identity("test", "reference"), 60.0)
    try:
        outputs = scorer.score(sorted(log, key=lambda record: record[:2]))
    finally:
        scorer.close()
    found = [orjson.loads(one.value) for one in outputs if one.topic == topics.predictions]
    return {(one["source"]["partition"], one["source"]["offset"]): one for one in found}
