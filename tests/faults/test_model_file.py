"""A model's file is replaced under those who score: refused, or picked up whole, never mixed."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from fraud_core.artifact import HISTORY_FILE, MANIFEST_FILE, MODEL_FILE
from fraud_core.instances_file import read_instances
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.outputs import count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 400
ROWS = 8_000
LABELS = ("--label-wait-s", "60")


@pytest.fixture
def deployed(tmp_path, trained):
    """A folder of its own, with which the engine is started."""
    return shutil.copytree(trained, tmp_path / "deployed")


@pytest.fixture
def start(engine_environment, tmp_path, deployed, topics):
    """Start an engine; it is told as a function how to find the process of an instance."""
    made = []
    file = tmp_path / "instances.json"

    def start(kind):
        engine = EngineProcess(kind, tmp_path, engine_environment)
        made.append(engine)
        file.unlink(missing_ok=True)
        engine.start(deployed, topics.prefix, *LABELS, "--instances-file", str(file))
        return engine, lambda: {
            one.name: one.pid for one in read_instances(file) or [] if one.ready
        }

    yield start
    for engine in made:
        engine.end()


def answered(kafka, topics, engine, rows):
    wait_until(
        lambda: count_out(kafka, topics) >= rows,
        within_s=STARTS_WITHIN_S,
        what=f"{rows} records are answered",
        alive=lambda: engine.is_alive,
    )


def replace(artifact, folder, *names):
    for name in names:
        shutil.copyfile(artifact / name, folder / name)


def test_a_group_refuses_half_of_another_artifact_and_takes_the_whole(
    start, stream, account, deployed, kafka, topics, trained, retrained, offline
):
    group, workers = start("faust")
    with stream.sending(ROWS, RATE_EPS):
        answered(kafka, topics, group, 1_000)
        replace(retrained, deployed, MODEL_FILE)
        answered(kafka, topics, group, 2_000)
        os.kill(workers()["faust-0"], signal.SIGKILL)
        assert group.wait(STARTS_WITHIN_S) == 2, group.log()
        assert f"{deployed / MODEL_FILE} has SHA-256" in group.log()
        replace(retrained, deployed, HISTORY_FILE, MANIFEST_FILE)
        group, _ = start("faust")
    account(group, ROWS).check(ROWS, trained, offline, retrained)


def test_a_spark_job_scores_with_the_artifact_of_its_start_whatever_comes_later(
    start, stream, account, deployed, kafka, topics, trained, retrained, offline
):
    spark, executors = start("spark")
    with stream.sending(ROWS, RATE_EPS):
        answered(kafka, topics, spark, 1_000)
        wait_until(executors, within_s=STARTS_WITHIN_S, what="its executor is ready")
        before = executors()
        replace(retrained, deployed, MODEL_FILE, HISTORY_FILE, MANIFEST_FILE)
        os.kill(before["spark-0"], signal.SIGKILL)
        wait_until(
            lambda: executors() and executors() != before,
            within_s=STARTS_WITHIN_S,
            what="another executor is in its place",
            alive=lambda: spark.is_alive,
        )
    account(spark, ROWS).check(ROWS, trained, offline)
