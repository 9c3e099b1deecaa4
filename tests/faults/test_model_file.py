"""A model's file is replaced under those who score: refused, or picked up whole, never mixed."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from fraud_core.artifact import HISTORY_FILE, MANIFEST_FILE, MODEL_FILE
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
def engine_of(engine_environment, tmp_path):
    made = []

    def make(kind):
        made.append(EngineProcess(kind, tmp_path, engine_environment))
        return made[-1]

    yield make
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
    engine_of, stream, account, deployed, kafka, topics, trained, retrained, offline
):
    group = engine_of("faust")
    group.start_ready(deployed, topics.prefix, *LABELS)
    with stream.sending(ROWS, RATE_EPS):
        answered(kafka, topics, group, 1_000)
        replace(retrained, deployed, MODEL_FILE)
        answered(kafka, topics, group, 2_000)
        os.kill(group.ready()["faust-0"], signal.SIGKILL)
        assert group.wait(STARTS_WITHIN_S) == 2, group.log()
        assert f"{deployed / MODEL_FILE} has SHA-256" in group.log()
        replace(retrained, deployed, HISTORY_FILE, MANIFEST_FILE)
        group.start(deployed, topics.prefix, *LABELS)
    account(group, ROWS).check(ROWS, trained, offline, retrained)


@pytest.mark.slow_fault
def test_a_spark_job_scores_with_the_artifact_of_its_start_whatever_comes_later(
    engine_of, stream, account, deployed, kafka, topics, trained, retrained, offline
):
    spark = engine_of("spark")
    spark.start_ready(deployed, topics.prefix, *LABELS)
    before = spark.ready()
    with stream.sending(ROWS, RATE_EPS):
        answered(kafka, topics, spark, 1_000)
        replace(retrained, deployed, MODEL_FILE, HISTORY_FILE, MANIFEST_FILE)
        os.kill(before["spark-0"], signal.SIGKILL)
        wait_until(
            lambda: spark.ready() and spark.ready() != before,
            within_s=STARTS_WITHIN_S,
            what="another executor is in its place",
            alive=lambda: spark.is_alive,
        )
    account(spark, ROWS).check(ROWS, trained, offline)
