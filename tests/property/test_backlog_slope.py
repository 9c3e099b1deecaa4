import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.backlog import Backlog, slope_of

WINDOW_S = 60
rates = st.floats(50, 2000)
slopes = st.floats(-50, 50)
counts = st.lists(st.integers(0, 10**5), min_size=WINDOW_S, max_size=WINDOW_S)


@given(slopes, st.floats(0, 1e6), st.floats(0, 0.2))
def test_the_slope_of_a_straight_line_is_its_own(slope_eps, start, jitter_s):
    at_s = np.arange(WINDOW_S) + jitter_s
    found = slope_of(Backlog(at_s, start + slope_eps * at_s))
    assert found.slope_eps == pytest.approx(slope_eps, abs=1e-6)
    assert found.low_eps == pytest.approx(slope_eps, abs=1e-6)
    assert found.high_eps == pytest.approx(slope_eps, abs=1e-6)


@given(rates, st.floats(0.1, 0.5), st.floats(0, 1))
def test_a_saw_tooth_of_short_batches_has_no_slope(rate_eps, batch_s, phase):
    at_s = np.arange(WINDOW_S) + 0.003
    # what came in since the last batch was taken, and the batch that is being scored
    events = np.floor(rate_eps * batch_s * (1 + (at_s / batch_s + phase) % 1))
    found = slope_of(Backlog(at_s, events))
    assert abs(found.slope_eps) <= 0.01 * rate_eps


@given(rates, st.floats(0.05, 0.5), st.floats(0.1, 0.5))
def test_growth_under_a_saw_tooth_is_seen(rate_eps, growth, batch_s):
    at_s = np.arange(WINDOW_S) + 0.003
    tooth = rate_eps * batch_s * (1 + (at_s / batch_s) % 1)
    found = slope_of(Backlog(at_s, growth * rate_eps * at_s + tooth))
    assert found.low_eps > 0.01 * rate_eps


@given(counts, st.integers(1, 100), st.integers(-(10**4), 10**4))
def test_the_slope_follows_scale_and_ignores_level(events, scale, level):
    at_s, values = np.arange(WINDOW_S, dtype=np.float64), np.array(events, np.float64)
    plain, moved = slope_of(Backlog(at_s, values)), slope_of(Backlog(at_s, values * scale + level))
    assert moved.slope_eps == pytest.approx(plain.slope_eps * scale, rel=1e-6, abs=1e-3)


@given(counts)
def test_the_slope_lies_in_its_interval(events):
    found = slope_of(Backlog(np.arange(WINDOW_S, dtype=np.float64), np.array(events, np.float64)))
    assert found.low_eps <= found.slope_eps <= found.high_eps
