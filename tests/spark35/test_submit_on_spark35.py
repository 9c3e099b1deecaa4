"""The submit form on a standalone PySpark 3.5 cluster, as a managed one runs it.

`make test-spark35` sets SPARK35_PYTHON: an environment with nothing but requirements/spark35.txt.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fraud_core.features import FEATURE_NAMES
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from sandbox.ivy import jars_ready
from sandbox.jars import jar_paths, read_lock
from sandbox.settings import SandboxSettings
from tests.engine_process import STARTS_WITHIN_S
from tests.outputs import answers, counting, read_topic, wait_until, without_run_details
from tests.secret_search import files_with
from tests.standalone_cluster import StandaloneCluster
from tests.submitted_job import KAFKA_FILE, WORKERS, SparkInstall, SubmittedJob

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 300  # a busy machine needs a minute to its first batch; the load must outlast it
ROWS = 20_000


@pytest.fixture
def install(java_environment, tmp_path):
    return SparkInstall(Path(os.environ["SPARK35_PYTHON"]), java_environment["JAVA_HOME"], tmp_path)


@pytest.fixture
def cluster(install):
    cluster = StandaloneCluster(install)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()


@pytest.fixture
def jars(java_environment):
    java = str(Path(java_environment["JAVA_HOME"]) / "bin" / "java")
    folder = jars_ready(SandboxSettings().cache_folder, java, sets=["spark35"])
    return ",".join(map(str, jar_paths(folder, read_lock(), "spark35")))


@pytest.fixture
def names(secure_broker):
    names = TopicNames(f"spark35-{uuid.uuid4().hex[:8]}-")
    create_topics(secure_broker.settings, names)
    yield names
    delete_topics(secure_broker.settings, names)


@pytest.fixture
def job(install, secure_broker, trained):
    job = SubmittedJob(install, secure_broker.settings, trained)
    yield job
    job.end()


@pytest.fixture
def producer(secure_broker, names, dirty_files, trained, tmp_path):
    command = [sys.executable, "-m", "producer", "--transactions", str(dirty_files)]
    command += ["--artifact", str(trained), "--rate", str(RATE_EPS), "--limit", str(ROWS)]
    command += ["--topic-prefix", names.prefix, "--ledger", str(tmp_path / "ledger.parquet")]
    started = []

    def start() -> subprocess.Popen:
        with (tmp_path / "producer.log").open("wb") as log:
            environment = os.environ | secure_broker.settings.as_environment()
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[0]

    yield start
    for process in started:
        process.kill()
        process.wait(10)


def test_the_environment_has_only_what_the_lock_names(install):
    assert install.answer("import pyspark; print(pyspark.__version__)") == "3.5.7"
    program = "import importlib.util as u; print([u.find_spec(n) for n in {}])"
    ours = ["fraud_core", "spark_scorer", "typer", "faust"]
    assert install.answer(program.format(ours)) == "[None, None, None, None]"


def test_a_killed_executor_costs_nothing(
    cluster, jars, job, producer, names, secure_broker, offline, tmp_path
):
    kafka = secure_broker.settings
    job.start(cluster.master, jars, names.prefix, "--executor-cores=1", "--executor-memory=640m")
    wait_until(
        lambda: len(cluster.executors()) == WORKERS,
        within_s=60,
        what="the executors run",
        alive=lambda: job.is_alive,
    )
    load = producer()
    with counting(kafka, names) as count:
        wait_until(
            lambda: count() > ROWS // 4,
            within_s=STARTS_WITHIN_S,
            what="a quarter is scored",
            alive=lambda: job.is_alive,
        )
    assert load.poll() is None, "the load has ended, so the kill would not be in mid-stream"
    victim = cluster.executors()[0]
    victim.kill()
    assert load.wait(90) == 0
    with counting(kafka, names) as count:
        wait_until(
            lambda: count() >= ROWS and len(answers(kafka, names)) == ROWS,
            within_s=90,
            what="every record has an answer",
            alive=lambda: job.is_alive,
        )
    wait_until(lambda: len(cluster.executors()) == WORKERS, within_s=30, what="there are two again")
    assert victim.pid not in {one.pid for one in cluster.executors()}
    assert job.stop() == 0, job.log()
    check_answers(answers(kafka, names), kafka, names)
    check_features(answers(kafka, names), tmp_path / "ledger.parquet", offline)
    assert files_with("MapInArrow", tmp_path / "events"), "the event log tells of no query"
    assert files_with(secure_broker.password, tmp_path, but=[KAFKA_FILE]) == []
    assert secure_broker.commands.holding(secure_broker.password) == []


def check_answers(found, kafka, names):
    """Nothing is missing, and what was repeated is identical."""
    inputs = {(m.partition(), m.offset()) for m in read_topic(kafka, names.transactions, 12)}
    assert len(inputs) == ROWS
    assert set(found) == inputs
    for repeated in found.values():
        assert all(without_run_details(a) == without_run_details(repeated[0]) for a in repeated)


def check_features(found, ledger, offline):
    """Features are those of the offline table, bit by bit."""
    seqs = pq.read_table(ledger).to_pandas().set_index(["partition", "offset"])["seq"]
    table = pq.read_table(offline).to_pandas().set_index("seq")
    predictions = {source: each[0].prediction for source, each in found.items()}
    predictions = {source: one for source, one in predictions.items() if one}
    assert all(one["labels_complete"] for one in predictions.values())
    expected = table.loc[[seqs[s] for s in predictions], list(FEATURE_NAMES)].to_numpy()
    online = np.array([one["features"] for one in predictions.values()])
    assert np.array_equal(online.view(np.int64), expected.view(np.int64))
