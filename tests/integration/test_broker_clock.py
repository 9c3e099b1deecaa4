"""The broker's clock against that of who measures, on a real broker."""

from __future__ import annotations

import time
import uuid

import pytest

from benchmarks.bench import Bench
from benchmarks.broker_clock import clock_topic, measure_clock, measure_offset
from benchmarks.campaign import rules_of
from benchmarks.cluster import Broker
from benchmarks.engines import program_of
from benchmarks.plan import Step, plan_from
from benchmarks.runner import run_step
from fraud_core.artifact import load_artifact
from fraud_core.errors import SurroundingsError, TopicMissingError
from fraud_core.topic_admin import require_topics

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

STEP = Step(engine="plain", instances=1, rate_eps=50, warmup_s=1, measure_s=3)
LIMITS = {
    "delay_p99_ms": 900,
    "delay_max_ms": 9000,
    "rate_share": 0.2,
    "wait_share": 0.9,
    "steal_share": 0.9,
    "clock_offset_ms": 900,
}
"""Other programs may run on the same machine: the wiring is tested here, not the load."""
WRONG_BY_S = 60.0


@pytest.fixture
def prefix():
    return f"clock-{uuid.uuid4().hex[:8]}-"


@pytest.fixture
def bench(kafka, tmp_path, dirty_files, trained, monkeypatch):
    """Parts of a campaign, for a step of the plain loop."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    asked = {"id": "try", "engines": ["plain"], "rates_eps": [50], "limits": LIMITS}

    def of(measure):
        return Bench(
            broker=Broker(kafka),
            artifact=load_artifact(trained),
            transactions=[dirty_files],
            features=None,
            run_folder=tmp_path / "clock-1",
            run_id="clock-1",
            programs={"plain": program_of("plain")},
            rules=rules_of(plan_from(asked, "here")),
            extend=False,
            broker_processes=None,
            tell=lambda _: None,
            measure_offset=measure,
        )

    return of


def test_one_clock_agrees_with_itself_and_the_topic_is_gone_afterwards(kafka, prefix):
    with clock_topic(kafka, prefix) as topic:
        trips = measure_clock(kafka, topic, time.time)
    assert len(trips) == 20
    # what took so long may be wrong by half of it, and the broker tells whole milliseconds
    assert all(abs(trip.offset_ms) <= trip.took_ms / 2 + 1 for trip in trips)
    with pytest.raises(TopicMissingError):
        require_topics(kafka, [topic])


def test_a_topic_with_the_time_of_who_writes_says_nothing_of_the_broker(kafka, topics):
    with pytest.raises(
        SurroundingsError, match=r"set its message\.timestamp\.type to LogAppendTime"
    ):
        measure_clock(kafka, topics.transactions, time.time)


def test_a_clock_that_is_wrong_makes_the_step_invalid_and_changes_no_count(kafka, bench, prefix):
    with clock_topic(kafka, prefix) as topic:
        measure = bench(lambda: measure_offset(kafka, topic, lambda: time.time() - WRONG_BY_S))
        result = run_step(STEP, measure)
    assert result.verdict == "invalid"
    assert "the clocks disagree: the broker's was +" in result.why.lower()
    assert result.why.count("ms off the generator's") == 2
    for found_ms in (result.clock_offset_ms.before, result.clock_offset_ms.after):
        assert found_ms == pytest.approx(1000 * WRONG_BY_S, abs=900)
    assert (result.missing, result.wrongly_answered, result.sent) == (0, 0, 200)


def test_a_clock_that_is_right_makes_none(kafka, bench, prefix):
    with clock_topic(kafka, prefix) as topic:
        result = run_step(STEP, bench(lambda: measure_offset(kafka, topic, time.time)))
    assert "clocks disagree" not in result.why
    assert result.clock_offset_ms.limit >= LIMITS["clock_offset_ms"]
