"""Another model in the middle of a stream: nothing is lost, and no score is of two models."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter

import pytest

from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.faults.faust_group import GroupUnderTest
from tests.outputs import count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 300
ROWS = 9_000
SPARK_ROWS = 18_000
"""A minute: so long a busy machine may take to start Spark, and the stream still goes on."""
DRAINED_WITHIN_S = 120
FILES = ("model.onnx", "history.parquet", "manifest.json")


@pytest.fixture
def deployed(tmp_path, trained):
    """A folder that the engine is started with."""
    return shutil.copytree(trained, tmp_path / "deployed")


def deploy(artifact, folder):
    """As `model_export fetch` does it: the manifest is taken away first and comes last."""
    (folder / FILES[-1]).unlink()
    for name in FILES:
        shutil.copyfile(artifact / name, folder / name)


def wait_answered(kafka, topics, rows, engine):
    wait_until(
        lambda: count_out(kafka, topics) >= rows,
        within_s=STARTS_WITHIN_S,
        what=f"{rows} records are answered",
        alive=lambda: engine.is_alive,
    )


def both_scored_a_part(found):
    counts = Counter(
        one.content["model"] for outputs in found for one in outputs if one.is_prediction
    )
    return len(counts) == 2 and min(counts.values()) > ROWS // 20


def test_a_group_whose_workers_are_restarted_one_by_one(
    kafka,
    topics,
    engine_environment,
    tmp_path,
    stream,
    account,
    trained,
    retrained,
    deployed,
    offline,
):
    group = GroupUnderTest("faust", tmp_path, engine_environment)
    try:
        group.start(deployed, topics, workers=2)
        with stream.sending(ROWS, RATE_EPS):
            wait_answered(kafka, topics, 1_500, group.engine)
            deploy(retrained, deployed)
            for name, worker in group.ready().items():
                os.kill(worker.pid, signal.SIGTERM)
                wait_until(
                    lambda name=name, pid=worker.pid: (
                        name in group.ready() and group.ready()[name].pid != pid
                    ),
                    within_s=STARTS_WITHIN_S,
                    what=f"{name} is there again",
                    alive=lambda: group.engine.is_alive,
                )
        found = account(group.engine, ROWS, DRAINED_WITHIN_S)
    finally:
        group.engine.end()
    found.check(ROWS, trained, offline, retrained)
    assert both_scored_a_part(found)


@pytest.mark.slow_fault
def test_a_spark_job_that_is_started_again_from_its_checkpoint(
    kafka, topics, engine_environment, tmp_path, stream, account, trained, retrained, offline
):
    engine = EngineProcess("spark", tmp_path, engine_environment)
    try:
        engine.start(trained, topics.prefix, "--label-wait-s", "60")
        with stream.sending(SPARK_ROWS, RATE_EPS):
            wait_answered(kafka, topics, 2_000, engine)
            assert engine.stop() == 0, engine.log()
            assert count_out(kafka, topics) < SPARK_ROWS, "it was stopped in the middle"
            engine.start(retrained, topics.prefix, "--label-wait-s", "60")
        found = account(engine, SPARK_ROWS, STARTS_WITHIN_S + DRAINED_WITHIN_S)
    finally:
        engine.end()
    found.check(SPARK_ROWS, trained, offline, retrained)
    assert both_scored_a_part(found)
