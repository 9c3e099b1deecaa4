import numpy as np
import pytest
from scipy.stats import theilslopes

from benchmarks.backlog import (
    Backlog,
    block_length_s,
    lag_time_s,
    lower_envelope,
    slope_of,
    theil_sen,
    trend,
)


def backlog(at_s, events):
    return Backlog(np.array(at_s, np.float64), np.array(events, np.float64))


def test_the_envelope_is_the_smallest_sample_of_each_block_at_its_own_time():
    found = lower_envelope(backlog(range(6), [5, 3, 4, 9, 8, 7]), block_s=3)
    assert found.at_s.tolist() == [1, 5]
    assert found.events.tolist() == [3, 7]


def test_a_block_without_samples_is_a_gap_and_no_zero():
    found = lower_envelope(backlog([0, 1, 25], [5, 6, 7]), block_s=10)
    assert found.events.tolist() == [5, 7]


def test_five_blocks_do_not_tell_a_slope():
    assert theil_sen(backlog(range(5), range(5))) is None
    assert slope_of(backlog(range(50), range(50))) is None


def test_a_minute_of_one_second_samples_is_enough():
    found = slope_of(backlog(np.arange(60) + 0.004, np.arange(60) * 2))
    assert (found.slope_eps, found.low_eps, found.high_eps) == pytest.approx((2, 2, 2))


def test_one_stall_does_not_tilt_the_line():
    events = np.zeros(60)
    events[30:34] = 1000
    assert slope_of(backlog(range(60), events)).slope_eps == 0


def test_the_slope_is_that_of_scipy_and_the_interval_is_not_narrower():
    rng = np.random.default_rng(7)
    for count in (6, 12, 18, 30):
        at_s, events = np.arange(count) * 10.0, rng.normal(0, 10, count)
        ours = theil_sen(backlog(at_s, events))
        theirs = theilslopes(events, at_s, alpha=0.9)
        assert ours.slope_eps == pytest.approx(theirs.slope)
        assert ours.low_eps <= theirs.low_slope
        assert ours.high_eps >= theirs.high_slope


def test_blocks_hold_three_batches_of_a_slow_engine():
    assert block_length_s(0.3) == 10
    assert block_length_s(20) == 60


def test_lag_time_is_the_backlog_over_the_rate():
    assert lag_time_s(backlog(range(100), range(100)), rate_eps=50) == pytest.approx(94 / 50)
    assert lag_time_s(backlog([], []), rate_eps=50) is None


def test_a_slope_has_a_word():
    assert [trend(slope, 400) for slope in (5, 3, -3, -5)] == [
        "growing",
        "steady",
        "steady",
        "draining",
    ]
