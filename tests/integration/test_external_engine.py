"""An engine that a test starts and a campaign only measures: the plain loop, and a silent one."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import uuid

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from benchmarks.external import only_campaign_on
from fraud_core.topic_admin import cluster_id, delete_topics
from fraud_core.topics import TopicNames
from tests.busy import BUSY
from tests.outputs import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PLAN = f"""
id: outside
engines: [external]
instances: [1, 2]
question: capacity
rates_eps: [50, 60]
step: {{warmup_s: 1, measure_s: 4, block_s: 1, extend: false}}
invalid_again: 0
limits: {BUSY}
"""
"""4 s are too short for a trend: every step is measured and none is decided: exit code 4."""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """One folder for all campaigns, so that the offline features are computed once."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def environment(kafka):
    return os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}


@pytest.fixture
def streamgauge(environment, tmp_path, results, dirty_files, trained):
    """Start the command; `run` gets plan, files and results."""
    plan = tmp_path / "outside.yaml"
    plan.write_text(PLAN)
    started = []

    def start(command, *options):
        files = ["--artifact", str(trained), "--transactions", str(dirty_files)]
        arguments = [str(plan), *files] if command == "run" else []
        if command in {"run", "judge", "report"}:
            arguments += ["--results", str(results)]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", command, *options, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def ended(streamgauge):
    """Run the command to its end: exit code, stdout, stderr."""

    def to_its_end(*arguments):
        process = streamgauge(*arguments)
        out, err = process.communicate(timeout=240)
        assert "Traceback" not in err, err
        return process.returncode, out, err

    return to_its_end


@pytest.fixture
def outside(ended, kafka):
    """Topics as the command makes them."""
    prefix = f"outside-{uuid.uuid4().hex[:8]}"
    names = TopicNames(f"{prefix}-")
    code, out, err = ended("topics", "create", "--prefix", prefix)
    assert code == 0, err
    assert f"{prefix}-transactions: created, 12 partitions" in out
    assert f"--topic-prefix {prefix}-" in err
    yield names
    delete_topics(kafka, names)


@pytest.fixture
def plain_loop(outside, environment, trained, tmp_path):
    """The plain loop, started by somebody else."""
    with (tmp_path / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.baselines.plain_loop"),
                *("--artifact", str(trained), "--topic-prefix", outside.prefix),
            ],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    yield process
    process.terminate()
    process.wait(60)


@pytest.fixture
def silent_engine(outside, kafka):
    """Answers each record and does not say which."""
    stop = threading.Event()

    def run():
        consumer = Consumer(kafka.as_consumer(f"{outside.prefix}silent"))
        consumer.subscribe([outside.transactions])
        producer = Producer(kafka.as_producer())
        while not stop.is_set():
            for message in consumer.consume(500, 0.05):
                producer.produce(outside.predictions, key=message.key(), value=b"fine")
            producer.flush()
        consumer.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


def said(names, *more, name="plain"):
    return ("--as", name, "--instances", "1", "--topic-prefix", names.prefix, *more)


def steps_of(results, run_id):
    saved = json.loads((results / run_id / "run.json").read_text())
    return saved, {step["rate_eps"]: step for step in saved["steps"]}


def interrupt_second_step(process, results):
    """Ctrl-C once its load has begun."""
    wait_until(
        lambda: len(list(results.glob("first/steps/*/producer.log"))) == 2,
        within_s=120,
        what="the load of the second step begins",
        alive=lambda: process.poll() is None,
    )
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err


def require_whole(step):
    """All of a step is compared, and nothing is told of what cannot be seen."""
    rate_eps = step["rate_eps"]
    assert step["sent"] == 5 * rate_eps
    counts = ("missing", "duplicates", "wrongly_answered", "labels_incomplete")
    assert [step[name] for name in counts] == [0, 0, 0, 0]
    assert (step["feature_mismatches"], step["score_mismatches"]) == (0, 0)
    assert step["latency_ms"]["count"] == 4 * rate_eps
    assert (step["cpu_s_per_million"], step["said_cpu_cores"]) == (None, 0.5)
    assert (step["start_up_s"], step["stop_s"], step["engine_exit_code"]) == (None, None, None)
    assert "engine" not in step["use"]
    assert step["command"] == []
    assert {"before", "after", "limit"} <= set(step["clock_offset_ms"])


def first_seqs(results):
    """Of every step of every campaign: the row that its load began with."""
    loads = results.glob("*/steps/[!.]*/load.json")
    return [json.loads(path.read_text())["first_seq"] for path in loads]


def test_a_campaign_on_a_log_that_goes_on_compares_every_step_and_begins_behind_the_last(
    streamgauge, ended, outside, plain_loop, results, kafka
):
    options = ("run", "--run-id", "first", *said(outside, "--cpu", "0.5"))
    interrupt_second_step(streamgauge(*options), results)
    assert plain_loop.poll() is None  # not ours to stop

    code, out, err = ended(*options, "--resume", "--json")
    assert code == 4, err
    saved, steps = steps_of(results, "first")
    assert saved == json.loads(out)
    assert sorted(steps) == [50, 60]
    assert [cell["engine"] for cell in saved["cells"]] == ["plain"]
    assert saved["cells_missing"] == ["plain-2"]
    for step in steps.values():
        require_whole(step)
    topics = AdminClient(kafka.as_admin()).list_topics(timeout=10).topics
    assert {name for name in topics if name.startswith(outside.prefix)} == set(outside.shapes())
    judged = ended("judge", "first", "--json")
    assert judged[0] == 0, judged[2]
    assert [step["differs"] for step in json.loads(judged[1])["steps"]] == [[], []]

    code, _, err = ended("run", "--run-id", "second", *said(outside))
    assert code == 2
    assert "records already: add --continue" in err
    with only_campaign_on(cluster_id(kafka), outside):
        code, _, err = ended("run", "--run-id", "second", *said(outside, "--continue"))
    assert code == 2
    assert "another campaign measures on" in err

    code, _, err = ended("run", "--run-id", "second", *said(outside, "--continue"))
    assert code == 4, err
    _, more = steps_of(results, "second")
    for step in more.values():
        assert (step["missing"], step["feature_mismatches"]) == (0, 0)
        assert step["baseline"]["inputs"] > 300
    assert len(set(first_seqs(results))) == 4


def test_an_engine_that_copies_no_headers_has_a_backlog_and_nothing_else(
    ended, outside, silent_engine, results
):
    one_rate = ("--set", "rates_eps=50")
    code, out, err = ended("run", "--run-id", "silent", *one_rate, *said(outside, name="silent"))
    assert code == 4, err
    assert "Latency, duplicates and parity of silent are not measured" in out
    _, steps = steps_of(results, "silent")
    for rate_eps, step in steps.items():
        assert step["verdict"] == "inconclusive", step["why"]
        assert step["latency_ms"] is step["duplicates"] is step["feature_mismatches"] is None
        assert (step["missing"], step["scored"], step["left"]) == (None, 5 * rate_eps, 0)
    folder = results / "silent"
    page = (folder / "report.html").read_text()
    assert "silent x1 @ 50/s" in page
    with (folder / "steps.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["cpu_s_per_million"], row["duplicates"], row["missing"]) for row in rows} == {
        ("", "", "")
    }
    judged = ended("judge", "silent", "--json")
    assert [step["differs"] for step in json.loads(judged[1])["steps"]] == [[]]


def test_exit_codes_where_nothing_can_be_measured(ended, outside, results):
    code, _, err = ended("run", "--run-id", "none")
    assert code == 2
    assert "say which with --as NAME" in err
    code, _, err = ended("run", "--run-id", "none", *said(outside, "--cell", "plain-2"))
    assert code == 2
    assert "which has plain-1" in err
    code, out, err = ended("topics", "delete", "--prefix", outside.prefix)
    assert code == 0, err
    assert outside.labels in out
    code, _, err = ended("run", "--run-id", "none", *said(outside))
    assert code == 5
    assert f"{outside.transactions} does not exist" in err
    assert not (results / "none").exists()
