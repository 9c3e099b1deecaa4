"""Whatever stands in the topic: one dead letter each, the neighbours scored, no engine stops."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from fraud_core.artifact import load_artifact
from fraud_core.label_record import LabelRecord, encode_label_record
from tests.bad_records import bad_records, good
from tests.engine_process import ENGINES, STARTS_WITHIN_S, EngineProcess
from tests.outputs import answers, count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("kind", ENGINES)
def test_each_bad_record_is_one_dead_letter_and_its_neighbours_are_scored(
    kind, kafka, topics, engine_environment, trained, tmp_path
):
    end_s = load_artifact(trained).manifest.history_end_s
    producer = Producer(kafka.as_producer())
    labels = encode_label_record(LabelRecord(end_s + 10**6, []))
    producer.produce(topics.labels, value=labels)
    expected = []
    for number, (key, value, reason) in enumerate(bad_records(end_s)):
        for record_key, record in ((b"7", good(end_s, 100 + number)), (key, value)):
            producer.produce(topics.transactions, key=record_key, value=record, partition=5)
        expected += [None, reason]
    assert producer.flush(30) == 0
    engine = EngineProcess(kind, tmp_path, engine_environment)
    try:
        engine.start(trained, topics.prefix)
        wait_until(
            lambda: count_out(kafka, topics) >= len(expected),
            within_s=STARTS_WITHIN_S,
            what="every record has an answer",
            alive=lambda: engine.is_alive,
        )
        assert engine.stop() == 0, engine.log()
    finally:
        engine.end()
    found = answers(kafka, topics)
    reasons = [found[5, offset][0].reason for offset in range(len(expected))]
    assert reasons == expected
    assert all(len(repeats) == 1 for repeats in found.values())
    for offset, (_, value, reason) in enumerate(bad_records(end_s)):
        if reason:
            assert found[5, 2 * offset + 1][0].value == value
