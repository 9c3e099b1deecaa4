"""Whatever a producer compresses with: a client that cannot read it would die of each batch."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from fraud_core.artifact import load_artifact
from fraud_core.label_record import LabelRecord, encode_label_record
from tests.bad_records import good
from tests.engine_process import STARTS_WITHIN_S, VARIANTS, EngineProcess
from tests.outputs import answers, count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
RECORDS = 50
"""In one batch: a single record is not made smaller and would be sent as it is."""


@pytest.mark.parametrize("kind", VARIANTS)
def test_records_are_scored_whatever_they_were_compressed_with(
    kind, kafka, topics, engine_environment, trained, tmp_path
):
    end_s = load_artifact(trained).manifest.history_end_s
    labels = encode_label_record(LabelRecord(end_s + 10**6, []))
    for partition, codec in enumerate(CODECS):
        producer = Producer(kafka.as_producer(compression_type=codec, linger_ms=500))
        producer.produce(topics.labels, value=labels)
        for number in range(RECORDS):
            value = good(end_s, number + 1)
            producer.produce(topics.transactions, key=b"7", value=value, partition=partition)
        assert producer.flush(30) == 0
    engine = EngineProcess(kind, tmp_path, engine_environment)
    try:
        engine.start(trained, topics.prefix)
        wait_until(
            lambda: count_out(kafka, topics) >= RECORDS * len(CODECS),
            within_s=STARTS_WITHIN_S,
            what="every record has an answer",
            alive=lambda: engine.is_alive,
        )
        assert engine.stop() == 0, engine.log()
    finally:
        engine.end()
    found = answers(kafka, topics)
    assert set(found) == {(p, o) for p in range(len(CODECS)) for o in range(RECORDS)}
    assert all(len(same) == 1 and same[0].prediction for same in found.values())
