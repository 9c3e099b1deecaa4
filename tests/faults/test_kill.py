"""kill -9 in mid-stream: nothing is missing, and what is repeated is identical."""

from __future__ import annotations

import pytest

from tests.engine_process import SLOW_SPARK, STARTS_WITHIN_S, TUNED, EngineProcess
from tests.outputs import count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 500
ROWS = 10_000
LABELS = ("--label-wait-s", "60")


@pytest.fixture(params=["faust", TUNED, SLOW_SPARK])
def engine(request, engine_environment, tmp_path):
    engine = EngineProcess(request.param, tmp_path, engine_environment)
    yield engine
    engine.end()


def test_after_a_kill_nothing_is_missing_and_repeats_are_identical(
    engine, stream, account, kafka, topics, trained, offline
):
    engine.start_ready(trained, topics.prefix, *LABELS)
    with stream.sending(ROWS, RATE_EPS):
        wait_until(
            lambda: count_out(kafka, topics) > ROWS // 10,
            within_s=STARTS_WITHIN_S,
            what="it scores",
            alive=lambda: engine.is_alive,
        )
        assert count_out(kafka, topics) < ROWS, "it is killed in mid-stream"
        engine.kill_scorer()
        if engine.engine == "spark":
            engine.start(trained, topics.prefix, *LABELS)
    account(engine, ROWS).check(ROWS, trained, offline)
