"""SASL_SSL with SCRAM-SHA-512 and an authority's file, through every client; no secret is seen."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import uuid
import warnings

import pytest
from aiokafka import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError

from fraud_core.errors import BrokerUnreachableError
from fraud_core.topic_admin import cluster_id, create_topics, delete_topics
from fraud_core.topics import TopicNames
from sandbox.certificate import issue_certificate
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.model_fixtures import run_program
from tests.outputs import answers, counting, wait_until
from tests.secret_search import files_with

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROWS = 300
PROGRAMS = (
    "producer",
    "faust_scorer",
    "spark_scorer",
    "benchmarks.baselines.plain_loop",
    "benchmarks",
)

PLAN = """
id: secure
engines: [plain]
rates_eps: [50]
step: {warmup_s: 1, measure_s: 4, extend: false}
invalid_again: 0
"""

# Java's client behind Spark's source: a name of the certificate, then another one.
JAVA_CLIENT = """
import os
from pyspark.sql import SparkSession
from fraud_core.kafka import KafkaSettings
from spark_scorer.session import session_settings

builder = SparkSession.builder.master("local[1]")
for name, value in session_settings(1, "unused", os.environ["FRAUD_SPARK_JARS"]).items():
    builder = builder.config(name, value)
session = builder.getOrCreate()
kafka = KafkaSettings.from_environment()
for host in ("localhost", "127.0.0.1"):
    address = kafka.bootstrap_servers.replace("localhost", host)
    for settings in (kafka, kafka.with_ca_as_text()):
        options = settings.model_copy(update={"bootstrap_servers": address}).as_java()
        try:
            options["fetchOffset.numRetries"] = "1"
            rows = session.read.format("kafka").options(**options)
            rows = rows.option("subscribe", os.environ["TOPIC"]).load().count()
            print(host, "rows", rows)
        except Exception as error:
            print(host, "refused", str(error).splitlines())
session.stop()
"""


@pytest.fixture
def secure_topics(secure_broker):
    names = TopicNames(f"secure-{uuid.uuid4().hex[:8]}-")
    create_topics(secure_broker.settings, names)
    yield names
    delete_topics(secure_broker.settings, names)


@pytest.fixture
def login(secure_broker, java_environment):
    """Variables of a program that logs in."""
    return java_environment | secure_broker.settings.as_environment()


def produce(names, files, artifact, environment, *more):
    return run_program(
        *("producer", "--transactions", str(files), "--artifact", str(artifact)),
        *("--rate", "0", "--limit", str(ROWS), "--topic-prefix", names.prefix, *more),
        env=environment,
    )


@pytest.mark.parametrize("kind", ["faust", "spark", "plain"])
def test_an_engine_scores_and_the_password_is_nowhere(
    kind, secure_broker, secure_topics, login, dirty_files, trained, tmp_path
):
    ledger = ("--ledger", str(tmp_path / "ledger.parquet"))
    sent = produce(secure_topics, dirty_files, trained, login, *ledger)
    (tmp_path / "producer.log").write_text(sent.stdout + sent.stderr)
    engine = EngineProcess(kind, tmp_path, login)
    try:
        engine.start(trained, secure_topics.prefix, "--label-wait-s", "60")
        with counting(secure_broker.settings, secure_topics) as count:
            wait_until(
                lambda: count() >= ROWS,
                within_s=STARTS_WITHIN_S,
                what="every record has an answer",
                alive=lambda: engine.is_alive,
            )
        assert engine.stop() == 0, engine.log()
    finally:
        engine.end()
    found = answers(secure_broker.settings, secure_topics)
    assert len(found) == ROWS
    predictions = [answer.prediction for (answer,) in found.values() if answer.prediction]
    assert all(prediction["labels_complete"] for prediction in predictions)
    assert files_with(secure_broker.password, tmp_path) == []
    started = [line for line in secure_broker.commands.seen if secure_topics.prefix in line]
    assert started, "the engine's command line was not among those that were searched"
    assert secure_broker.commands.holding(secure_broker.password) == []


def test_a_benchmark_step_is_measured_and_its_results_hold_no_password(
    secure_broker, login, dirty_files, trained, tmp_path
):
    done = benchmark(tmp_path, login, dirty_files, trained)
    # 4 s are too short for a trend: the step is undecided, and whatever else it found is there
    assert done.returncode == 4, done.stderr
    results = tmp_path / "results"
    assert len(list(results.glob("*/report.html"))) == 1
    assert len(list(results.glob("*/steps/*/engine.log"))) == 1
    assert secure_broker.password not in done.stdout + done.stderr
    assert files_with(secure_broker.password, results) == []
    assert secure_broker.commands.holding(secure_broker.password) == []


def test_the_broker_keeps_its_passwords_in_files_of_its_owner(secure_broker):
    holding = {path.name: path for path in files_with(secure_broker.password, secure_broker.folder)}
    assert set(holding) == {"logins.json"}
    folder = secure_broker.folder / "kafka-secure"
    private = ("logins.json", "broker.pem", "server.properties")
    assert {name: oct((folder / name).stat().st_mode & 0o777) for name in private} == dict.fromkeys(
        private, "0o600"
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_password_is_said_within_bounded_time(
    program, login, dirty_files, trained, tmp_path
):
    wrong = "not-the-password-4711"
    environment = login | {"KAFKA_SASL_PASSWORD": wrong}
    done = start(program, tmp_path, environment, dirty_files, trained)
    assert done.returncode == 5, done.stderr
    assert "uthentication failed" in done.stderr
    assert "KAFKA_SASL_PASSWORD" in done.stderr
    assert "Traceback" not in done.stderr
    assert wrong not in done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_certificate_for_another_name_is_refused(
    program, secure_broker, login, dirty_files, trained, tmp_path
):
    address = secure_broker.settings.bootstrap_servers.replace("localhost", "127.0.0.1")
    environment = login | {"KAFKA_BOOTSTRAP_SERVERS": address}
    done = start(program, tmp_path, environment, dirty_files, trained)
    assert done.returncode == 5, done.stderr
    assert "certificate" in done.stderr
    assert "KAFKA_SSL_CA_LOCATION" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("as_text", [False, True], ids=["file", "text"])
def test_librdkafka_refuses_another_name_and_another_authority(secure_broker, tmp_path, as_text):
    settings = secure_broker.settings
    for refused in (with_address(settings, "127.0.0.1"), with_authority(settings, tmp_path)):
        with pytest.raises(BrokerUnreachableError, match="certificate"):
            cluster_id(refused.with_ca_as_text() if as_text else refused)
    assert cluster_id(settings.with_ca_as_text() if as_text else settings)


@pytest.mark.parametrize("as_text", [False, True], ids=["file", "text"])
def test_aiokafka_refuses_another_name_and_another_authority(
    secure_broker, tmp_path, as_text, caplog
):
    settings = secure_broker.settings
    for refused in (with_address(settings, "127.0.0.1"), with_authority(settings, tmp_path)):
        caplog.clear()
        with pytest.raises(KafkaConnectionError):
            asyncio.run(connect(refused.with_ca_as_text() if as_text else refused))
        assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    with warnings.catch_warnings():
        # aiokafka leaves the sockets of what it refused to the collector, whose day it is now
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    asyncio.run(connect(settings.with_ca_as_text() if as_text else settings))


def test_java_refuses_another_name(secure_broker, secure_topics, login, dirty_files, trained):
    produce(secure_topics, dirty_files, trained, login)
    done = subprocess.run(
        [sys.executable, "-c", JAVA_CLIENT],
        env=login | {"TOPIC": secure_topics.transactions},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == [f"localhost rows {ROWS}"] * 2, done.stdout + done.stderr
    assert all(line.startswith("127.0.0.1 refused") for line in lines[2:]), done.stdout
    assert len(lines) == 4
    assert "No subject alternative names matching IP address 127.0.0.1" in done.stdout + done.stderr
    assert secure_broker.password not in done.stdout + done.stderr


async def connect(settings) -> None:
    client = AIOKafkaClient(**settings.as_aiokafka())
    try:
        await client.bootstrap()
    finally:
        await client.close()


def with_address(settings, host):
    address = settings.bootstrap_servers.replace("localhost", host)
    return settings.model_copy(update={"bootstrap_servers": address})


def with_authority(settings, folder):
    """Settings that trust somebody else."""
    path = folder / "other-ca.pem"
    path.write_text(issue_certificate().authority_pem)
    return settings.model_copy(update={"ssl_ca_location": str(path)})


def benchmark(folder, environment, files, artifact):
    plan = folder / "secure.yaml"
    plan.write_text(PLAN)
    options = ["--artifact", str(artifact), "--transactions", str(files)]
    return subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "run", str(plan), *options),
            *("--results", str(folder / "results"), "--json"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def start(program, folder, environment, files, artifact):
    """Start a program that must end by itself within half a minute."""
    if program == "benchmarks":
        return benchmark(folder, environment, files, artifact)
    options = ["--artifact", str(artifact)]
    if program == "producer":
        options += ["--transactions", str(files), "--limit", "1"]
    return subprocess.run(
        [sys.executable, "-m", program, *options],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
