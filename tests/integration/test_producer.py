"""The producer as a program, on a real broker: what it says it sent is what the topics hold."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pyarrow.parquet as pq
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from fraud_core.artifact import write_manifest
from fraud_core.label_record import LabelRecord, decode_label_record, encode_label_record
from fraud_core.topics import PARTITIONS
from fraud_core.transaction import SECONDS_PER_DAY, Rejected, decode, format_time
from tests.streams import DELAY_S, END_S, artifact_of

pytestmark = pytest.mark.kafka

HEADER = (
    "# tranaction_id | tx_datetime | customer_id | terminal_id | tx_amount | tx_time_seconds"
    " | tx_time_days | tx_fraud | tx_fraud_scenario\n"
)
HISTORY_DAYS, STREAM_DAYS, DAY_ROWS = 8, 2, 300
HISTORY_ROWS = HISTORY_DAYS * DAY_ROWS
DIRT = {5: "Err", 77: "", 140: "None"}


@pytest.fixture
def files(tmp_path):
    """Ten days of 300 rows, three of them dirty; the last two days are behind the history."""
    folder = tmp_path / "transactions"
    folder.mkdir()
    rng, tx_id = np.random.default_rng(5), 0
    for day in range(-HISTORY_DAYS, STREAM_DAYS):
        start_s = END_S + 1 + day * SECONDS_PER_DAY
        lines = []
        for index in range(DAY_ROWS):
            at_s = start_s + index * 250 + int(rng.integers(200))
            terminal = DIRT.get(index, str(rng.integers(20)))
            customer, fraud = rng.integers(40), int(rng.random() < 0.1)
            paid = f"{customer},{terminal},{index + 1}.5"
            lines.append(f"{tx_id},{format_time(at_s)},{paid},0,0,{fraud},{fraud}")
            tx_id += 1
        rng.shuffle(lines)
        name = f"{format_time(start_s)[:10]}.txt"
        (folder / name).write_text(HEADER + "\n".join(lines) + "\n")
    return folder


@pytest.fixture
def artifact(tmp_path):
    made = artifact_of(tmp_path)
    write_manifest(tmp_path, made.manifest)
    return made


@pytest.fixture
def command(kafka, topics, files, artifact, tmp_path):
    """The program's command line and environment; tests append options."""
    arguments = [sys.executable, "-m", "producer", "--transactions", str(files)]
    arguments += ["--artifact", str(artifact.folder), "--topic-prefix", topics.prefix]
    arguments += ["--ledger", str(tmp_path / "ledger.parquet")]
    arguments += ["--report", str(tmp_path / "report.json")]
    inherited = {name: value for name, value in os.environ.items() if "KAFKA" not in name}
    return arguments, inherited | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}


def run(command, *options):
    arguments, environment = command
    return subprocess.run(
        [*arguments, *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def everything(kafka, topic, partitions):
    """All records of a topic, in the order of partition and offset."""
    consumer = Consumer(kafka.as_consumer("reads-all", enable_partition_eof=True))
    places = [TopicPartition(topic, partition, 0) for partition in range(partitions)]
    consumer.assign(places)
    found, ended, deadline = [], set(), time.monotonic() + 30
    while len(ended) < partitions:
        assert time.monotonic() < deadline, f"{topic} was not read to its end"
        for message in consumer.consume(500, 0.2):
            if message.error():
                ended.add(message.partition())
            else:
                found.append(message)
    consumer.close()
    return sorted(found, key=lambda message: (message.partition(), message.offset()))


@contextmanager
def sending(kafka, topics, command, *options):
    """The program, running, once its first transaction is in the topic."""
    arguments, environment = command
    program = subprocess.Popen(
        [*arguments, *options], env=environment, stderr=subprocess.PIPE, text=True
    )
    consumer = Consumer(kafka.as_consumer("watches"))
    try:
        deadline = time.monotonic() + 60
        while not has_records(consumer, topics.transactions):
            assert time.monotonic() < deadline
        yield program
    finally:
        consumer.close()
        program.kill()
        program.communicate()


def has_records(consumer, topic):
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    return any(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)


def seq_of(message):
    [(name, value)] = message.headers()
    assert name == "seq"
    return int(value)


def labels_of(kafka, topics):
    messages = everything(kafka, topics.labels, 1)
    return [decode_label_record(message.value(), message.offset()) for message in messages]


def ledger_of(tmp_path):
    return pq.read_table(tmp_path / "ledger.parquet").to_pylist()


def test_the_topics_hold_what_ledger_and_report_say(kafka, topics, command, tmp_path):
    answer = run(command, "--rate", "200", "--for", "2s")
    assert answer.returncode == 0, answer.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    sent = everything(kafka, topics.transactions, PARTITIONS)
    ledger = ledger_of(tmp_path)

    assert len(sent) == len(ledger) == report["sent"] == report["asked"] == 400
    assert report["delivery_errors"] == 0
    assert [entry["seq"] for entry in ledger] == list(range(HISTORY_ROWS, HISTORY_ROWS + 400))
    by_place = {(entry["partition"], entry["offset"]): entry for entry in ledger}
    assert set(by_place) == {(message.partition(), message.offset()) for message in sent}
    for message in sent:
        entry = by_place[message.partition(), message.offset()]
        assert seq_of(message) == entry["seq"]
        _, timestamp_ms = message.timestamp()
        assert timestamp_ms == entry["due_ms"]
        index = entry["seq"] - HISTORY_ROWS
        assert abs(timestamp_ms - report["first_due_ms"] - index * 5) <= 1  # 200 a second


def test_dirty_rows_are_sent_as_they_are_and_counted_by_kind(
    kafka, topics, command, artifact, tmp_path
):
    assert run(command, "--rate", "0").returncode == 0
    report = json.loads((tmp_path / "report.json").read_text())
    sent = everything(kafka, topics.transactions, PARTITIONS)
    refused = []
    for message in sent:
        try:
            decode(message.key(), message.value(), artifact.manifest.dates)
        except Rejected as rejected:
            refused.append(rejected.reason)
    assert len(sent) == STREAM_DAYS * DAY_ROWS
    assert report["dirty"] == {reason: refused.count(reason) for reason in set(refused)}
    assert len(refused) == len(DIRT) * STREAM_DAYS


def test_dirty_rows_can_be_left_out(kafka, topics, command, tmp_path):
    assert run(command, "--rate", "0", "--skip-dirty").returncode == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["skipped_dirty"] == len(DIRT) * STREAM_DAYS
    assert report["sent"] == STREAM_DAYS * DAY_ROWS - report["skipped_dirty"]
    assert report["dirty"] == {}


def test_labels_are_in_the_topic_before_the_transactions_that_need_them(kafka, topics, command):
    assert run(command, "--rate", "200", "--label-lead", "2s").returncode == 0
    sent = everything(kafka, topics.transactions, PARTITIONS)
    labels = [
        (message.timestamp()[1], decode_label_record(message.value(), message.offset()))
        for message in everything(kafka, topics.labels, 1)
    ]
    due_of = {}
    for message in sent:
        value = json.loads(message.value())
        due_of[value["tx_datetime"]] = message.timestamp()[1]
    for date, due_ms in due_of.items():
        published_ms = next(
            at for at, record in labels if format_time(record.complete_until_s) >= date
        )
        assert published_ms <= due_ms, date


def test_every_outcome_is_published_once_over_two_runs(kafka, topics, command, tmp_path):
    assert run(command, "--rate", "0", "--limit", "250").returncode == 0
    first = ledger_of(tmp_path)
    assert run(command, "--rate", "0", "--skip", "250").returncode == 0
    both = first + ledger_of(tmp_path)
    assert [entry["seq"] for entry in both] == list(
        range(HISTORY_ROWS, HISTORY_ROWS + STREAM_DAYS * DAY_ROWS)
    )
    records = labels_of(kafka, topics)
    untils = [record.complete_until_s for record in records]
    assert untils == sorted(untils)
    assert untils[-1] == max(entry["tx_time_s"] for entry in both)
    outcomes = [outcome for record in records for outcome in record.outcomes]
    assert len(outcomes) == len({outcome.tx_id for outcome in outcomes})
    assert all(END_S < o.label_time_s == o.tx_time_s + DELAY_S <= untils[-1] for o in outcomes)
    # two days of outcomes become known in the stream, of clean rows; the last minutes are cut off
    clean = STREAM_DAYS * (DAY_ROWS - len(DIRT))
    assert clean - 3 <= len(outcomes) <= clean


def test_files_that_end_early_are_reported(command):
    answer = run(command, "--rate", "2000", "--for", "1m")
    assert answer.returncode == 0
    assert "the files ended after 600 of 120,000 events" in answer.stderr
    assert "600, late" in answer.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_load_and_the_ledger_holds_what_was_sent(
    kafka, topics, command, tmp_path, number
):
    with sending(kafka, topics, command, "--rate", "20") as program:
        program.send_signal(number)
        _, errors = program.communicate(timeout=60)
    assert program.returncode == 130, errors
    sent = everything(kafka, topics.transactions, PARTITIONS)
    ledger = ledger_of(tmp_path)
    assert [entry["seq"] for entry in ledger] == sorted(seq_of(message) for message in sent)
    assert f"--skip {len(sent)} continues" in errors


def test_a_record_of_two_megabytes_is_sent(kafka, topics, command, files, tmp_path):
    day = max(files.glob("*.txt"))
    with day.open("a") as file:
        file.write(
            f"1,{format_time(END_S + 2 * SECONDS_PER_DAY)},{'9' * 2_000_000},1,2.5,0,0,0,0\n"
        )
    assert run(command, "--rate", "0").returncode == 0
    largest = max(len(message.value()) for message in everything(kafka, topics.transactions, 12))
    assert largest > 2_000_000
    assert len(ledger_of(tmp_path)) == STREAM_DAYS * DAY_ROWS + 1


def test_a_second_publisher_of_labels_is_noticed(kafka, topics, command):
    record = LabelRecord(END_S + 5 * SECONDS_PER_DAY, [])
    with sending(kafka, topics, command, "--rate", "20") as program:
        intruder = Producer(kafka.as_producer())
        intruder.produce(topics.labels, value=encode_label_record(record), partition=0)
        intruder.flush(10)
        _, errors = program.communicate(timeout=60)
    assert program.returncode == 5
    assert "another producer publishes labels" in errors


def test_a_missing_topic_is_named_within_30_s(command):
    arguments, environment = command
    started_s = time.monotonic()
    answer = run(([*arguments, "--topic-prefix", "nowhere-"], environment))
    assert answer.returncode == 5
    assert "topic nowhere-transactions does not exist" in answer.stderr
    assert time.monotonic() - started_s < 30


def test_an_unreachable_broker_is_named_within_30_s(command):
    arguments, environment = command
    started_s = time.monotonic()
    answer = run((arguments, environment | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}))
    assert answer.returncode == 5
    assert "no Kafka broker answers at 127.0.0.1:1" in answer.stderr
    assert time.monotonic() - started_s < 30


def test_an_unknown_setting_is_named_with_the_nearest_known_one(command):
    arguments, environment = command
    answer = run((arguments, environment | {"KAFKA_BOOTSTRAP_SERVER": "127.0.0.1:1"}))
    assert answer.returncode == 2
    assert "did you mean KAFKA_BOOTSTRAP_SERVERS?" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_files_without_a_stream_are_an_error(command, files):
    for day in sorted(files.glob("*.txt"))[-STREAM_DAYS:]:
        day.unlink()
    answer = run(command)
    assert answer.returncode == 2
    assert "hold no transaction after 2018-08-07 23:59:59" in answer.stderr


def test_a_file_that_is_none_is_an_error_of_the_reading_process_too(command, files):
    (files / "2018-09-01.txt").write_text("hello\n")
    answer = run(command)
    assert answer.returncode == 2
    assert "2018-09-01.txt holds no transactions" in answer.stderr
    assert "Traceback" not in answer.stderr
