import numpy as np
import pytest
from scipy.stats import theilslopes

from benchmarks.backlog import (
    Backlog,
    batch_interval_s,
    block_length_s,
    lag_time,
    lag_time_s,
    lower_envelope,
    partitions_interval_s,
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


def test_the_interval_of_a_lag_time_is_as_wide_as_its_peaks_differ():
    flat = lag_time(backlog(range(60), [500] * 60), rate_eps=50)
    assert (flat.p95_s, flat.low_s, flat.high_s) == (10, 10, 10)
    rng = np.random.default_rng(3)
    noisy = lag_time(backlog(range(60), rng.uniform(100, 500, 60)), rate_eps=50)
    assert noisy.low_s < noisy.p95_s < noisy.high_s
    assert lag_time(backlog([], []), rate_eps=50) is None


def test_a_longer_window_narrows_the_interval_of_a_lag_time():
    rng = np.random.default_rng(3)
    events = rng.uniform(100, 500, 600)
    short, long = (lag_time(backlog(range(n), events[:n]), rate_eps=50) for n in (60, 600))
    assert long.high_s / long.low_s < short.high_s / short.low_s


def test_peaks_that_drift_count_for_less_than_peaks_that_jump():
    jumping = [100 if block % 2 else 500 for block in range(12) for _ in range(10)]
    drifting = sorted(jumping)
    found = [lag_time(backlog(range(120), events), rate_eps=50) for events in (jumping, drifting)]
    assert found[1].high_s / found[1].low_s > found[0].high_s / found[0].low_s


def test_the_lag_that_never_goes_away_is_what_a_batch_does_not_explain():
    flat = backlog(range(60), [150] * 60)
    assert lag_time(flat, rate_eps=50).standing_s == 2
    assert lag_time(flat, rate_eps=50, interval_s=3).standing_s == 0
    gone = backlog(range(60), [150] * 45 + [10] + [150] * 14)
    assert lag_time(gone, rate_eps=50).standing_s == 0


def test_the_batch_interval_is_the_time_between_two_rises():
    assert batch_interval_s(np.arange(7.0), np.array([0, 5, 5, 5, 9, 9, 9])) == 3
    assert batch_interval_s(np.arange(4.0), np.array([0, 1, 2, 3])) == 1
    uneven = np.array([0, 1, 2, 2, 3, 4, 4, 5])
    assert batch_interval_s(np.arange(8.0), uneven) == pytest.approx(1.5)


def test_without_two_rises_the_interval_is_all_the_time_there_is():
    assert batch_interval_s(np.arange(7.0), np.array([0, 0, 0, 5, 5, 5, 5])) == 6
    assert batch_interval_s(np.array([]), np.array([])) == 0


def in_turns(seconds, turn_s, partitions=2, each=5):
    """Samples of partitions of which one is written at a time."""
    at = np.arange(float(seconds))
    came = np.tile((at * each).astype(np.int64)[:, None], (1, partitions))
    phases = [turn_s * number // partitions for number in range(partitions)]
    out = np.array([[(s + turn_s - p) // turn_s * each for p in phases] for s in range(seconds)])
    return at, came, out


def test_instances_that_take_turns_hide_no_batch():
    at, came, out = in_turns(40, turn_s=4, partitions=4)
    assert batch_interval_s(at, out.sum(axis=1)) == 1
    assert partitions_interval_s(at, came, out) == 4


def test_a_partition_without_records_is_no_batch():
    at, came, out = in_turns(40, turn_s=4, partitions=4)
    seldom = came // 40
    assert partitions_interval_s(at, seldom, out) == 0
    assert partitions_interval_s(at, came[:, :0], out) == 0
    assert partitions_interval_s(at[:1], came[:1], out[:1]) == 0


def test_a_partition_that_is_never_written_says_nothing():
    at, came, out = in_turns(40, turn_s=4, partitions=4)
    out[:, 3] = 0
    assert partitions_interval_s(at, came, out) == 4
    assert partitions_interval_s(at, came, out * 0) == 0


def test_a_slope_has_a_word():
    assert [trend(slope, 400) for slope in (5, 3, -3, -5)] == [
        "growing",
        "steady",
        "steady",
        "draining",
    ]
