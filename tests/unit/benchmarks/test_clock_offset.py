import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.broker_clock import may_differ
from benchmarks.clock_offset import (
    ClockOffset,
    ClockOffsets,
    RoundTrip,
    as_result,
    from_result,
    offset_of,
)
from benchmarks.evaluate import evaluate
from benchmarks.movement import Rules
from benchmarks.store import load_run
from benchmarks.verdict import Limits, clock_limit_ms
from tests.unit.benchmarks.records import record
from tests.unit.benchmarks.results import run_of, step_of

SENT_MS = 1_700_000_000_000.0


def trip(offset_ms, took_ms=2.0):
    return RoundTrip(SENT_MS, SENT_MS + took_ms, SENT_MS + took_ms / 2 + offset_ms)


def clocks(before_ms, after_ms):
    return ClockOffsets(ClockOffset(before_ms, 1.0), ClockOffset(after_ms, 2.0))


@given(st.floats(-1000, 1000), st.floats(0, 100))
def test_the_offset_is_what_the_clocks_differ_by(offset_ms, took_ms):
    assert abs(trip(offset_ms, took_ms).offset_ms - offset_ms) < 1e-2


def test_of_some_round_trips_the_fastest_counts():
    trips = [trip(40.0, took_ms=80.0), trip(3.0, took_ms=1.0), trip(9.0, took_ms=2.0)]
    assert offset_of(trips) == ClockOffset(3.0, 1.0)


@pytest.mark.parametrize(
    ("p50_ms", "limit_ms"), [(None, 5.0), (40, 7.0), (1000, 55.0), (float("inf"), 5.0)]
)
def test_five_milliseconds_and_a_twentieth_of_the_median_latency_are_tolerated(p50_ms, limit_ms):
    assert clock_limit_ms(p50_ms, Limits()) == limit_ms


@pytest.mark.parametrize(
    ("servers", "is_external", "expected"),
    [
        ("127.0.0.1:19092", False, False),
        ("localhost:9092", False, False),
        ("rc1a.mdb.yandexcloud.net:9091,rc1b:9091", False, True),
        ("10.0.0.7:9092", False, True),
        ("127.0.0.1:19092", True, True),
    ],
)
def test_a_clock_of_its_own_may_have_what_is_on_another_machine(servers, is_external, expected):
    assert may_differ(servers, is_external=is_external) is expected


def test_a_clock_that_is_off_on_one_side_of_the_step_makes_it_invalid():
    # the median latency of the record is 40 ms, so 7 ms are tolerated
    assert step_of(clock_offsets=clocks(7.0, -7.0)).verdict == "sustainable"
    for found in (clocks(7.1, 0.0), clocks(0.0, -7.1)):
        step = step_of(clock_offsets=found)
        assert step.verdict == "invalid"
        assert "the clocks disagree" in step.why.lower()


def test_a_step_says_both_offsets_and_what_it_was_judged_by():
    found = evaluate(record(clock_offsets=clocks(1.5, -2.5)), Rules()).clock_offset_ms
    assert (found.before, found.after, found.limit) == (1.5, -2.5, 7.0)
    assert (found.before_trip, found.after_trip) == (1.0, 2.0)
    assert evaluate(record(), Rules()).clock_offset_ms is None


def test_offsets_come_back_from_a_result():
    found = clocks(1.5, -2.5)
    assert from_result(as_result(found, 7.0)) == found
    assert from_result(as_result(None, 7.0)) is None


def test_a_result_of_before_they_were_measured_is_read(tmp_path):
    run = run_of(step_of())
    old = run.model_dump(mode="json")
    del old["steps"][0]["clock_offset_ms"]
    for name in ("clock_offset_ms", "clock_offset_share_of_p50"):
        del old["plan"]["limits"][name]
    (tmp_path / "run.json").write_text(json.dumps(old))
    assert load_run(tmp_path) == run
