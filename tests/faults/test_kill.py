"""kill -9 in mid-stream: nothing is missing, and what is repeated is identical."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.engine_process import STARTS_WITHIN_S, VARIANTS, EngineProcess
from tests.outputs import answers, count_out, read_topic, wait_until, without_run_details

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 500
ROWS = 10_000


@pytest.fixture(params=VARIANTS)
def engine(request, engine_environment, tmp_path):
    engine = EngineProcess(request.param, tmp_path, engine_environment)
    yield engine
    engine.end()


def test_after_a_kill_nothing_is_missing_and_repeats_are_identical(
    engine, kafka, topics, engine_environment, dirty_files, trained
):
    producer = subprocess.Popen(
        [
            *(sys.executable, "-m", "producer", "--transactions", str(dirty_files)),
            *("--artifact", str(trained), "--rate", str(RATE_EPS), "--limit", str(ROWS)),
            *("--topic-prefix", topics.prefix),
        ],
        env=os.environ | engine_environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        engine.start(trained, topics.prefix, "--label-wait-s", "60")
        wait_until(
            lambda: count_out(kafka, topics) > ROWS // 10,
            within_s=STARTS_WITHIN_S,
            what="it scores",
            alive=lambda: engine.is_alive,
        )
        engine.kill_scorer()
        if engine.engine == "spark":
            engine.start(trained, topics.prefix, "--label-wait-s", "60")
        assert producer.wait(120) == 0
    finally:
        producer.kill()
        producer.wait()
    wait_until(
        lambda: len(answers(kafka, topics)) == ROWS,
        within_s=STARTS_WITHIN_S + 30,
        what="every record has an answer",
        alive=lambda: engine.is_alive,
    )
    assert engine.stop() == 0
    found = answers(kafka, topics)
    inputs = {(m.partition(), m.offset()) for m in read_topic(kafka, topics.transactions, 12)}
    assert set(found) == inputs
    for repeated in found.values():
        assert all(without_run_details(a) == without_run_details(repeated[0]) for a in repeated)
