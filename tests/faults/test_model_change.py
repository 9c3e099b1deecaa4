"""Another model in the middle of a stream: nothing is lost, and no score is of two models."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from fraud_core.artifact import load_artifact
from fraud_core.features import FEATURE_NAMES
from fraud_core.scorer import OnnxScorer
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.faults.faust_group import Account, GroupUnderTest, Stream
from tests.model_fixtures import run_program
from tests.outputs import count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 300
ROWS = 12_000
DRAINED_WITHIN_S = 120
FILES = ("model.onnx", "history.parquet", "manifest.json")


@pytest.fixture(scope="session")
def retrained(tmp_path_factory, dirty_files, trained):
    """Another model on the same history."""
    folder = tmp_path_factory.mktemp("retrained")
    source = ("--transactions", str(dirty_files), "--out", str(folder))
    run_program("model_export", "train", *source, "--train-days", "14")
    first, second = load_artifact(trained), load_artifact(folder)
    assert first.history_sha256 == second.history_sha256
    assert first.model_sha256 != second.model_sha256
    return folder


@pytest.fixture
def deployed(tmp_path, trained):
    """A folder that the engine is started with."""
    return shutil.copytree(trained, tmp_path / "deployed")


@pytest.fixture
def stream(tmp_path, dirty_files, trained, topics, engine_environment):
    return Stream(tmp_path, dirty_files, trained, topics, engine_environment)


def deploy(artifact, folder):
    """As `model_export fetch` does it: the manifest is taken away first and comes last."""
    (folder / FILES[-1]).unlink()
    for name in FILES:
        shutil.copyfile(artifact / name, folder / name)


def wait_answered(kafka, topics, rows, engine, within_s=STARTS_WITHIN_S):
    wait_until(
        lambda: count_out(kafka, topics) >= rows,
        within_s=within_s,
        what=f"{rows} records are answered",
        alive=lambda: engine.is_alive,
    )


def check(account, artifacts, offline):
    """Every record is answered, and each answer has the score of the model that it names."""
    assert (len(account.inputs), account.missing) == (ROWS, 0)
    assert account.dead_letters > 0, "the stream has dirt in it"
    answers = [
        (source, one.content)
        for source, found in account.outputs.items()
        for one in found
        if isinstance(one.content, dict)
    ]
    table = pq.read_table(offline).to_pandas().set_index("seq")
    seqs = account.seqs.loc[[source for source, _ in answers]]
    features = table.loc[seqs, list(FEATURE_NAMES)].to_numpy()
    online = np.array([content["features"] for _, content in answers])
    assert np.array_equal(online.view(np.int64), features.view(np.int64))
    models = np.array([content["model"] for _, content in answers])
    found = np.array([content["fraud_probability"] for _, content in answers])
    for artifact in map(load_artifact, artifacts):
        mine = models == artifact.model_sha256
        expected = OnnxScorer(artifact.model_path).score(features[mine].astype(np.float32))
        assert np.array_equal(found[mine], expected.astype(np.float64))
    counts = Counter(models.tolist())
    assert set(counts) == {load_artifact(one).model_sha256 for one in artifacts}
    assert min(counts.values()) > ROWS // 20, "both models have scored a part of the stream"


def test_a_group_whose_workers_are_restarted_one_by_one(
    kafka, topics, engine_environment, tmp_path, stream, trained, retrained, deployed, offline
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
        wait_answered(kafka, topics, ROWS, group.engine, DRAINED_WITHIN_S)
        assert group.engine.stop() == 0, group.engine.log()
    finally:
        group.engine.end()
    account = Account(kafka, topics, stream.ledger)
    check(account, [trained, retrained], offline)
    assert account.repeated == {}, "who stops cleanly has committed"


def test_a_spark_job_that_is_started_again_from_its_checkpoint(
    kafka, topics, engine_environment, tmp_path, stream, trained, retrained, offline
):
    engine = EngineProcess("spark", tmp_path, engine_environment)
    try:
        engine.start(trained, topics.prefix, "--label-wait-s", "60")
        with stream.sending(ROWS, RATE_EPS):
            wait_answered(kafka, topics, 2_000, engine)
            assert engine.stop() == 0, engine.log()
            assert count_out(kafka, topics) < ROWS, "it was stopped in the middle"
            engine.start(retrained, topics.prefix, "--label-wait-s", "60")
        wait_answered(kafka, topics, ROWS, engine, STARTS_WITHIN_S + DRAINED_WITHIN_S)
        assert engine.stop() == 0, engine.log()
    finally:
        engine.end()
    account = Account(kafka, topics, stream.ledger)
    check(account, [trained, retrained], offline)
