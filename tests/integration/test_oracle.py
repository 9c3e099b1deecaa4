"""The oracle engine through a real broker: every record once, at no more than its rate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from confluent_kafka import Producer

from fraud_core.artifact import load_artifact
from fraud_core.topics import PREDICTIONS
from fraud_core.transaction import encode, encode_key
from tests.busy import BUSY
from tests.outputs import answers, count_out, read_topic, wait_until
from tests.streams import transaction

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.alone]

RATE_EPS = 100
RECORDS = 500


@pytest.fixture
def oracle(kafka, topics, trained, tmp_path):
    """Start the oracle on the topics of the test."""
    started = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "benchmarks.oracle", "--artifact", str(trained)]
        command += ["--topic-prefix", topics.prefix, "--workers", "1", "--label-wait-s", "0"]
        with (tmp_path / "oracle.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *options],
                stdout=log,
                stderr=log,
                env=os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers},
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(10)


def test_every_record_is_answered_once_at_the_rate_that_was_asked(kafka, topics, trained, oracle):
    end_s = load_artifact(trained).manifest.history_end_s
    producer = Producer(kafka.as_producer())
    for number in range(RECORDS):
        record = transaction(number, end_s + 1 + number, customer_id=number % 97)
        producer.produce(topics.transactions, key=encode_key(number % 97), value=encode(record))
    producer.produce(topics.transactions, key=b"7", value=b"no JSON")
    assert producer.flush(30) == 0
    process = oracle("--rate", str(RATE_EPS))
    wait_until(
        lambda: count_out(kafka, topics) >= RECORDS + 1,
        within_s=60,
        what="the oracle has answered everything",
        alive=lambda: process.poll() is None,
    )
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    found = answers(kafka, topics)
    assert len(found) == RECORDS + 1
    assert all(len(outputs) == 1 for outputs in found.values())
    assert [one.reason for (one,) in found.values() if one.reason] == ["not JSON"]
    assert not any(one.prediction["labels_complete"] for (one,) in found.values() if one.prediction)
    written = list(read_topic(kafka, topics.predictions, PREDICTIONS.partitions))
    assert {"src_partition", "src_offset", "due_ms"} <= set(dict(written[0].headers()))
    at_ms = sorted(message.timestamp()[1] for message in written)
    # all were waiting: after the first batch it serves without a break
    later = [at for at in at_ms if at > at_ms[0] + 50]
    served_eps = len(later) / ((at_ms[-1] - at_ms[0]) / 1000)
    assert RATE_EPS * 0.85 < served_eps < RATE_EPS * 1.1


def test_it_is_measured_like_any_engine(kafka, trained, dirty_files, tmp_path):
    plan = tmp_path / "oracle.yaml"
    plan.write_text(
        "id: oracle\nengines: [oracle]\nrates_eps: [50]\n"
        "options: {oracle: ['--rate', '300', '--batch-ms', '100']}\n"
        "step: {warmup_s: 1, measure_s: 6, block_s: 1, extend: false}\n"
        f"limits: {BUSY}\n"
    )
    command = [sys.executable, "-m", "benchmarks", "run", str(plan), "--json"]
    command += ["--artifact", str(trained), "--transactions", str(dirty_files)]
    done = subprocess.run(
        [*command, "--results", str(tmp_path / "results")],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env=os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers},
    )
    (step,) = json.loads(done.stdout)["steps"]
    assert (step["sent"], step["missing"], step["wrongly_answered"]) == (350, 0, 0), done.stderr
    assert step["dead_letters"] > 0
    assert step["labels_incomplete"] == step["scored"]
    # a record waits for the batch before it and is worked on in its own
    assert 100 < step["latency_ms"]["p50"] < 400
