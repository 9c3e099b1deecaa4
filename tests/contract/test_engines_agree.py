"""One test over all engines: one record in, one out; features and scores equal to the bit."""

from __future__ import annotations

import os
import uuid
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from fraud_core.artifact import load_artifact
from fraud_core.features import FEATURE_NAMES
from fraud_core.scorer import OnnxScorer
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from fraud_core.transaction import REASONS, Rejected, decode
from tests.engine_process import STARTS_WITHIN_S, VARIANTS, EngineProcess
from tests.model_fixtures import run_program
from tests.outputs import answers, count_in, count_out, read_topic, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROWS = 20_000


@pytest.fixture(scope="module", params=[*VARIANTS, "plain", "quix"])
def scored(request, kafka, engine_environment, dirty_files, trained, tmp_path_factory):
    """What an engine has made of 20,000 rows with dirt, with the producer's ledger."""
    folder = tmp_path_factory.mktemp(request.param)
    names = TopicNames(f"agree-{uuid.uuid4().hex[:8]}-")
    create_topics(kafka, names)
    engine = EngineProcess(request.param, folder, engine_environment)
    ledger = folder / "ledger.parquet"
    try:
        run_program(
            *("producer", "--transactions", str(dirty_files), "--artifact", str(trained)),
            *("--rate", "0", "--limit", str(ROWS), "--topic-prefix", names.prefix),
            *("--ledger", str(ledger)),
            env=os.environ | engine_environment,
        )
        # Far more than the labels need: a busy machine must not turn into missing labels.
        engine.start(trained, names.prefix, "--label-wait-s", "60")
        wait_until(
            lambda: count_out(kafka, names) >= ROWS,
            within_s=STARTS_WITHIN_S + 60,
            what="all outputs are there",
            alive=lambda: engine.is_alive,
        )
        code = engine.stop()
        yield {
            "engine": request.param,
            "answers": answers(kafka, names),
            "ledger": pq.read_table(ledger).to_pandas(),
            "inputs": {
                (m.partition(), m.offset()): m for m in read_topic(kafka, names.transactions, 12)
            },
            "in": count_in(kafka, names),
            "code": code,
            "log": engine.log(),
        }
    finally:
        engine.end()
        delete_topics(kafka, names)


def predictions(scored):
    return {
        source: found[0].prediction
        for source, found in scored["answers"].items()
        if found[0].prediction
    }


def test_every_record_has_exactly_one_answer(scored):
    assert scored["in"] == ROWS
    assert set(scored["answers"]) == set(scored["inputs"])
    assert Counter(len(found) for found in scored["answers"].values()) == {1: ROWS}
    assert scored["code"] == 0, scored["log"]


def test_dead_letters_are_the_records_that_the_decoder_refuses(scored, trained):
    dates = load_artifact(trained).manifest.dates
    seen = Counter()
    for source, (answer,) in scored["answers"].items():
        record = scored["inputs"][source]
        try:
            decode(record.key(), record.value(), dates)
            expected = None
        except Rejected as rejected:
            expected = rejected.reason
            seen[expected] += 1
        assert answer.reason == expected
        if expected:
            assert answer.value == record.value()
    assert set(seen) >= {"wrong type", "id not valid", "impossible date", "amount not valid"}
    assert set(seen) <= set(REASONS)


def test_the_features_are_bitwise_the_offline_ones(scored, offline):
    ledger = scored["ledger"].set_index(["partition", "offset"])["seq"]
    table = pq.read_table(offline).to_pandas().set_index("seq")
    found = predictions(scored)
    assert all(prediction["labels_complete"] for prediction in found.values())
    seqs = [ledger[source] for source in found]
    expected = table.loc[seqs, list(FEATURE_NAMES)].to_numpy()
    online = np.array([prediction["features"] for prediction in found.values()])
    assert online.dtype == expected.dtype == np.float64
    assert np.array_equal(online.view(np.int64), expected.view(np.int64))
    # windows and terminals are not all trivial, or the comparison would prove little
    assert (online[:, FEATURE_NAMES.index("TERMINAL_ID_NB_TX_30DAY_WINDOW")] > 0).mean() > 0.5
    assert (online[:, FEATURE_NAMES.index("TERMINAL_ID_RISK_30DAY_WINDOW")] > 0).any()


def test_the_probabilities_are_bitwise_the_models(scored, offline, trained):
    # Compared with one reference, so the engines' probabilities equal each other as well.
    ledger = scored["ledger"].set_index(["partition", "offset"])["seq"]
    table = pq.read_table(offline).to_pandas().set_index("seq")
    found = predictions(scored)
    features = table.loc[[ledger[s] for s in found], list(FEATURE_NAMES)].to_numpy(np.float32)
    expected = OnnxScorer(load_artifact(trained).model_path).score(features)
    online = np.array([p["fraud_probability"] for p in found.values()])
    assert np.array_equal(online.astype(np.float32).view(np.int32), expected.view(np.int32))
    assert np.array_equal(online, expected.astype(np.float64))
