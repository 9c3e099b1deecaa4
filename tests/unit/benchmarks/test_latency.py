import numpy as np
import pytest

from benchmarks.latency import curve, finite_or_none, latencies_ms, summarize

NEVER = np.iinfo(np.int64).max


def test_latency_counts_from_the_due_time():
    found = latencies_ms(np.array([100, 200]), np.array([130, 190]), never=NEVER)
    assert found.tolist() == [30, -10]


def test_a_record_that_never_came_out_is_infinitely_late():
    found = summarize(latencies_ms(np.array([100, 200]), np.array([130, NEVER]), never=NEVER))
    assert found.p50_ms == 30
    assert found.p99_ms == np.inf
    assert (found.count, found.never_out, found.negative) == (2, 1, 0)


def test_records_out_before_they_were_due_are_counted():
    assert summarize(np.array([-1.0, 0.0, 1.0])).negative == 1


def test_without_records_there_is_no_summary():
    assert summarize(np.array([])) is None


def test_json_gets_null_for_a_percentile_on_a_lost_record():
    assert finite_or_none(np.inf) is None
    assert finite_or_none(3.0) == 3.0


def test_the_curve_goes_from_the_fastest_to_the_slowest_record():
    slower, latency_ms = curve(np.array([3.0, 1.0, 2.0, 4.0]))
    assert slower[0] == 1
    assert slower[-1] == pytest.approx(0.25)
    assert (latency_ms[0], latency_ms[-1]) == (1, 4)
    assert (np.diff(latency_ms) >= 0).all()


def test_the_curve_ends_where_records_were_lost():
    slower, latency_ms = curve(np.array([1.0] * 90 + [np.inf] * 10))
    assert np.isfinite(latency_ms).all()
    assert slower[-1] > 0.1
