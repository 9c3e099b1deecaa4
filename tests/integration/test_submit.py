"""The submit form on this machine's PySpark: executors are processes that know only the bundle."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path

import pytest

from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from tests.engine_process import STARTS_WITHIN_S
from tests.model_fixtures import run_program
from tests.outputs import answers, counting, wait_until
from tests.secret_search import files_with
from tests.standalone_cluster import StandaloneCluster
from tests.submitted_job import KAFKA_FILE, SparkInstall, SubmittedJob

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROWS = 500


@pytest.fixture
def names(secure_broker):
    names = TopicNames(f"submit-{uuid.uuid4().hex[:8]}-")
    create_topics(secure_broker.settings, names)
    yield names
    delete_topics(secure_broker.settings, names)


@pytest.fixture
def install(java_environment, tmp_path):
    return SparkInstall(Path(sys.executable), java_environment["JAVA_HOME"], tmp_path)


@pytest.fixture
def cluster(install):
    cluster = StandaloneCluster(install)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()


@pytest.fixture
def job(install, secure_broker, trained):
    job = SubmittedJob(install, secure_broker.settings, trained)
    yield job
    job.end()


def test_a_submitted_job_scores_with_what_travelled_along(
    cluster, job, names, secure_broker, java_environment, dirty_files, trained, tmp_path
):
    run_program(
        *("producer", "--transactions", str(dirty_files), "--artifact", str(trained)),
        *("--rate", "0", "--limit", str(ROWS), "--topic-prefix", names.prefix),
        env=os.environ | secure_broker.settings.as_environment(),
    )
    jars = java_environment["FRAUD_SPARK_JARS"]
    job.start(cluster.master, jars, names.prefix, "--executor-cores=1", "--executor-memory=640m")
    with counting(secure_broker.settings, names) as count:
        wait_until(
            lambda: count() >= ROWS,
            within_s=STARTS_WITHIN_S,
            what="every record has an answer",
            alive=lambda: job.is_alive,
        )
    assert job.stop() == 0, job.log()
    found = answers(secure_broker.settings, names)
    assert len(found) == ROWS
    predictions = [answer.prediction for (answer,) in found.values() if answer.prediction]
    assert all(prediction["labels_complete"] for prediction in predictions)
    assert files_with("MapInArrow", tmp_path / "events"), "the event log tells of no query"
    assert files_with(secure_broker.password, tmp_path, but=[KAFKA_FILE]) == []
    assert secure_broker.commands.holding(secure_broker.password) == []


def test_a_topic_that_does_not_exist_ends_the_job_with_its_exit_code(job, java_environment):
    job.start("local[2]", java_environment["FRAUD_SPARK_JARS"], "nowhere-")
    assert job.wait(60) == 5, job.log()
    assert "topic nowhere-transactions does not exist" in job.log()
