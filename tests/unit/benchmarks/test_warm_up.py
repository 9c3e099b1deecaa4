import numpy as np
import pytest

from benchmarks.backlog import Backlog
from benchmarks.warm_up import WarmUp, is_settling

RATE_EPS = 100.0
LAG_LIMIT_S = 10.0
RISES_THEN_FALLS = [0, 10, 20, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 9, 8, 7, 6, 5, 4, 3, 2]
RISES = list(range(0, 100, 5))
GROWS_FAST = list(range(0, 400, 10))
STANDS = [0, *[5] * 20]
SETTLES_BELOW_THE_LIMIT = [0, 9, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1, *[0] * 10]


def backlog_of(lags_s, until_s):
    """Samples of each second; lags at 0, 10, 20 ... seconds, straight lines between them."""
    at_s = np.arange(0.0, until_s)
    lags = np.interp(at_s, np.arange(len(lags_s)) * 10.0, lags_s)
    return Backlog(at_s, lags * RATE_EPS)


def warmed_up_s(lags_s, asked_s=60.0, longest_s=180.0):
    warm_up = WarmUp(asked_s, longest_s, RATE_EPS, LAG_LIMIT_S)
    for elapsed_s in np.arange(0.0, 200.0):
        if warm_up.is_over_at(elapsed_s, backlog_of(lags_s, elapsed_s)):
            return warm_up.ends_s
    return None


def test_the_window_waits_while_its_lag_alone_would_lose_it():
    assert 126 < warmed_up_s(RISES_THEN_FALLS) <= 180


def test_it_waits_while_what_the_start_left_is_worked_off():
    assert 90 < warmed_up_s(SETTLES_BELOW_THE_LIMIT, asked_s=70.0) <= 130


def test_it_waits_no_longer_than_it_may():
    assert warmed_up_s(RISES, longest_s=80.0) == 80
    assert warmed_up_s(RISES_THEN_FALLS, longest_s=60.0) == 60


@pytest.mark.parametrize("lags_s", [STANDS, [0] * 20])
def test_a_small_backlog_that_stands_or_is_not_there_is_not_waited_for(lags_s):
    assert warmed_up_s(lags_s) == 60


def test_a_window_that_has_begun_is_not_begun_again():
    warm_up = WarmUp(5.0, 110.0, RATE_EPS, LAG_LIMIT_S)
    assert warm_up.is_over_at(5.0, backlog_of(RISES_THEN_FALLS, 5.0))
    assert warm_up.is_over_at(60.0, backlog_of(RISES_THEN_FALLS, 60.0))
    assert warm_up.ends_s == 5


def test_the_saw_tooth_of_a_batch_engine_does_not_settle():
    at_s = np.arange(0.0, 90.0)
    batches = Backlog(at_s, (at_s % 7) * RATE_EPS)
    assert not is_settling(batches, RATE_EPS)


def lost_at(now_s, lags_s, longest_s):
    warm_up = WarmUp(60.0, longest_s, RATE_EPS, LAG_LIMIT_S)
    return warm_up.lost(0.0, now_s, backlog_of(lags_s, now_s), 10.0)


def test_no_load_is_lost_before_the_warm_up_that_was_asked_is_over():
    assert lost_at(59.0, GROWS_FAST, longest_s=60.0) is None
    assert lost_at(61.0, GROWS_FAST, longest_s=60.0) is not None


def test_an_engine_that_may_begin_cold_is_lost_by_longer_blocks_after_that():
    assert lost_at(149.0, GROWS_FAST, longest_s=300.0) is None
    assert lost_at(152.0, GROWS_FAST, longest_s=300.0) is not None


def test_one_whose_start_alone_was_slow_is_not_lost():
    start_alone = [0, 10, 20, 30, 40, 50, 60, *[55] * 30]
    assert lost_at(200.0, start_alone, longest_s=300.0) is None
