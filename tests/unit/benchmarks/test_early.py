import numpy as np
import pytest

from benchmarks.backlog import Backlog
from benchmarks.early import clearly_lost, is_decided
from benchmarks.movement import Rules, Window, movement
from benchmarks.verdict import Limits
from tests.unit.benchmarks.records import BASELINE, START_S, offsets


def backlog(events):
    events = np.asarray(events, dtype=float)
    return Backlog(np.arange(len(events), dtype=float), events)


def test_a_lag_above_thirty_seconds_that_grows_over_three_blocks_is_lost():
    said = clearly_lost(backlog(np.arange(80) * 50.0), 100, 10)
    assert said == "lag time 40 s, and the backlog grew over 3 blocks"


@pytest.mark.parametrize(
    "events",
    [
        np.arange(50) * 50.0,  # 24 s
        5000 - np.arange(80) * 10.0,  # it drains
        np.full(80, 5000.0),  # it stands
        np.arange(25) * 1000.0,  # only two whole blocks
        [],
    ],
)
def test_all_else_may_still_be_held(events):
    assert clearly_lost(backlog(events), 100, 10) is None


@pytest.mark.parametrize(("growth_eps", "decided"), [(0, True), (4, True), (0.1, False)])
def test_a_window_is_decided_where_its_verdict_would_be(growth_eps, decided):
    window = Window(START_S + 20, START_S + 80)
    moved = movement(offsets(growth_eps), BASELINE, window, 10, Rules())
    assert is_decided(moved, 10, Limits()) is decided
