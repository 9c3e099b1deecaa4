import numpy as np
import pytest

from benchmarks.backlog import Backlog
from benchmarks.warm_up import WarmUp, is_settling

RATE_EPS = 100.0
BLOCK_S = 10.0


def backlog_of(lags_s, until_s):
    """Samples of each second; lags at 0, 10, 20 ... seconds, straight lines between them."""
    at_s = np.arange(0.0, until_s)
    lags = np.interp(at_s, np.arange(len(lags_s)) * BLOCK_S, lags_s)
    return Backlog(at_s, lags * RATE_EPS)


RISES_THEN_FALLS = [0, 10, 20, 30, 25, 20, 15, 10, 5, 0, 0, 0, 0]
RISES = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
STANDS = [0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5]


def warmed_up_s(lags_s, asked_s=60.0, longest_s=110.0):
    warm_up = WarmUp(asked_s, longest_s, RATE_EPS, BLOCK_S)
    for elapsed_s in np.arange(0.0, 120.0):
        if warm_up.is_over_at(elapsed_s, backlog_of(lags_s, elapsed_s)):
            return warm_up.ends_s
    return None


def test_the_window_waits_until_what_the_start_left_is_worked_off():
    assert warmed_up_s(RISES_THEN_FALLS) == pytest.approx(90, abs=15)


def test_it_waits_no_longer_than_it_may():
    assert warmed_up_s(RISES_THEN_FALLS, longest_s=70.0) == 70
    assert warmed_up_s(RISES_THEN_FALLS, longest_s=60.0) == 60


@pytest.mark.parametrize("lags_s", [RISES, STANDS, [0] * 13])
def test_a_backlog_that_grows_or_stands_or_is_not_there_is_not_waited_for(lags_s):
    assert warmed_up_s(lags_s) == 60


def test_a_window_that_has_begun_is_not_begun_again():
    warm_up = WarmUp(20.0, 110.0, RATE_EPS, BLOCK_S)
    assert warm_up.is_over_at(20.0, backlog_of(RISES_THEN_FALLS, 20.0))
    assert warm_up.is_over_at(60.0, backlog_of(RISES_THEN_FALLS, 60.0))
    assert warm_up.ends_s == 20


def test_the_saw_tooth_of_a_batch_engine_does_not_settle():
    at_s = np.arange(0.0, 90.0)
    batches = Backlog(at_s, (at_s % 7) * RATE_EPS)
    assert not is_settling(batches, RATE_EPS, BLOCK_S)
