"""Whatever stands in the topic: one dead letter each, the neighbours scored, no engine stops."""

from __future__ import annotations

import orjson
import pytest
from confluent_kafka import Producer

from fraud_core.artifact import load_artifact
from fraud_core.label_record import LabelRecord, encode_label_record
from fraud_core.transaction import format_time
from tests.engine_process import ENGINES, STARTS_WITHIN_S, EngineProcess
from tests.outputs import answers, count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LARGE = b'{"schema":1,"note":"' + b"x" * 2_000_000 + b'"}'


def good(time_s, tx_id, **changes):
    fields = {
        "schema": 1,
        "tx_id": tx_id,
        "tx_datetime": format_time(time_s + tx_id),
        "customer_id": 7,
        "terminal_id": 3,
        "tx_amount": 12.5,
    }
    return orjson.dumps(fields | changes)


def bad_records(time_s):
    """(key, value, expected reason); None as reason: it is scored."""
    clean = good(time_s, 1)
    return [
        (b"7", clean[:-9], "not JSON"),
        (b"7", clean.replace(b"12.5", b"NaN"), "not JSON"),
        (b"7", clean.replace(b"12.5", b"Infinity"), "not JSON"),
        (b"7", b"\xff\xfe\x00", "not JSON"),
        (b"7", None, "not JSON"),
        (b"7", b"", "not JSON"),
        (None, None, "not JSON"),
        (b"7", LARGE, "too large"),
        (b"7", b"[]", "unknown schema"),
        (b"7", good(time_s, 2, schema=9), "unknown schema"),
        (b"7", b'{"schema":1,"tx_id":1}', "missing field"),
        (b"7", good(time_s, 3, tx_amount="12.5"), "wrong type"),
        (b"7", good(time_s, 4, terminal_id=True), "wrong type"),
        (b"7", good(time_s, 5, customer_id=-7), "id not valid"),
        (b"7", good(time_s, 6, tx_datetime="0000-01-01 00:00:00"), "impossible date"),
        (b"7", good(time_s, 7, tx_datetime="2018-08-08 24:00:00"), "impossible date"),
        (b"7", good(time_s, 8, tx_amount=1e308), "amount not valid"),
        (b"7", good(time_s, 9, tx_amount=-1), "amount not valid"),
        (b"8", good(time_s, 10), "key does not match"),
        (None, good(time_s, 11), "key does not match"),
        (b"7", good(time_s, 12, mood="fine", tx_fraud=1), None),
    ]


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
