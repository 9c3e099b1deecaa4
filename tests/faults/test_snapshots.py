"""A damaged snapshot is refused by name, and what is scored stays equal to the bit."""

from __future__ import annotations

import os
import re

import pytest

from fraud_core.artifact import load_artifact
from tests.engine_process import SLOW_SPARK, STARTS_WITHIN_S, EngineProcess
from tests.model_fixtures import run_program
from tests.outputs import answers, count_out, wait_until
from tests.reference import reference_predictions

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 500
ROWS = 3_000


@pytest.fixture(params=["faust", SLOW_SPARK])
def engine(request, engine_environment, tmp_path):
    engine = EngineProcess(request.param, tmp_path, engine_environment)
    yield engine
    engine.end()


@pytest.fixture
def send(topics, engine_environment, dirty_files, trained):
    """Send a stretch of the files, from a row on."""

    def stretch(skip):
        run_program(
            *("producer", "--transactions", str(dirty_files), "--artifact", str(trained)),
            *("--rate", str(RATE_EPS), "--skip", str(skip), "--limit", str(ROWS)),
            *("--topic-prefix", topics.prefix),
            env=os.environ | engine_environment,
        )

    return stretch


def stop_after(engine, kafka, topics, rows):
    wait_until(
        lambda: count_out(kafka, topics) >= rows,
        within_s=STARTS_WITHIN_S,
        what="every record has an answer",
        alive=lambda: engine.is_alive,
    )
    assert engine.stop() == 0, engine.log()


def damage_newest(folder):
    """Cut the newest snapshot of every second partition short, overwrite the others' ends."""
    damaged = [max(one.glob("*.state")) for one in sorted(folder.glob("*/*"))]
    for number, file in enumerate(damaged):
        content = file.read_bytes()
        file.write_bytes(content[:-1] if number % 2 else content[:-40] + bytes(40))
    return set(map(str, damaged))


def require_exact(kafka, topics, trained):
    """One answer to each record, with its labels; features and probability of the reference."""
    found = answers(kafka, topics)
    assert len(found) == 2 * ROWS
    expected = reference_predictions(kafka, topics, load_artifact(trained))
    predictions = {
        source: one.prediction for source, (one, *_) in found.items() if one.prediction is not None
    }
    assert set(predictions) == set(expected)
    assert all(one["labels_complete"] for one in predictions.values())
    assert all(
        (one["features"], one["fraud_probability"])
        == (expected[source]["features"], expected[source]["fraud_probability"])
        for source, one in predictions.items()
    )


def test_a_restart_from_damaged_snapshots_gives_equal_answers_and_names_the_files(
    engine, send, kafka, topics, trained, tmp_path
):
    kept = ("--snapshots", str(tmp_path / "kept"), "--snapshot-every-records", "60")
    options = (trained, topics.prefix, "--label-wait-s", "60", *kept)
    engine.start(*options)
    send(0)
    stop_after(engine, kafka, topics, ROWS)
    damaged = damage_newest(tmp_path / "kept")
    send(ROWS)
    engine.start(*options)
    stop_after(engine, kafka, topics, 2 * ROWS)
    refused = re.findall(r"snapshot refused file=(\S+) reason=it is cut short", engine.log())
    assert refused
    assert set(refused) <= damaged
    if engine.engine == "faust":  # Spark's Python workers log warnings only
        assert "snapshot read partition=" in engine.log()
    require_exact(kafka, topics, trained)
