"""The search and the verdict together, on simulated engines whose knee is known.

`streamgauge validate` is the same with thousands of searches; its table is in docs/measuring.md.
"""

import numpy as np
import pytest

from benchmarks.traces import Engines, true_knees_eps, verdicts_of
from benchmarks.validation import (
    HEALTHY,
    OVERLOAD,
    STANDARD,
    engines_of_cost,
    rate_rows,
    validate_on_traces,
    validation_table,
)
from benchmarks.verdict import Limits

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def validation():
    return validate_on_traces(searches=150, seed=7, hours=0.5)


def test_the_truth_lies_in_the_interval(validation):
    found = validation.searches["all"]
    assert found.searches == 150
    # 95 % of thousands; of 150 searches, two standard errors less
    assert found.inside_share >= 0.92
    assert found.undecided_share <= 0.10
    assert found.width_max <= 1.10


def test_light_batches_are_judged_right_at_two_percent_overload_and_at_eighty_percent(validation):
    rows = [
        row for row in validation.rates if row.of_what == "capacity" and row.batch_cost_s <= 0.1
    ]
    assert len(rows) == 2
    for row in rows:
        # 1 % of thousands; of 160 runs, two standard errors more
        assert row.overloaded["sustainable"] <= 0.025
        assert row.healthy["unsustainable"] <= 0.01


def test_the_table_names_seed_and_shares(validation):
    table = validation_table(validation)
    assert "seed 7" in table
    assert f"{validation.searches['all'].inside_share:.1%}" in table


def test_the_same_seed_gives_the_same_rows():
    rows = [rate_rows(0.35, STANDARD, 20, 0.1, np.random.default_rng(3)) for _ in range(2)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.72, 0.8])
@pytest.mark.parametrize("batch_cost_s", [0.0, 0.1, 0.35])
def test_below_its_knee_an_engine_is_held_whatever_the_length_of_its_batches(batch_cost_s, share):
    rng = np.random.default_rng(5)
    engines = engines_of_cost(np.full(40, batch_cost_s), rng)
    rates_eps = share * engines.capacity_eps()
    found = [one.verdict for one in verdicts_of(engines, rates_eps, STANDARD, Limits(), rng)]
    assert found.count("sustainable") >= 39


def test_the_knee_of_a_loop_without_pauses_is_its_service_rate():
    engines = Engines(*(np.array([value]) for value in (300.0, 0.0, 0.2, np.inf, 120.0)))
    (knee_eps,) = true_knees_eps(engines, Limits(), 1.0, np.random.default_rng(1))
    assert knee_eps == pytest.approx(300, rel=0.01)


def test_the_knee_of_a_batch_engine_is_where_a_batch_takes_half_the_tolerated_lag():
    """A record waits one batch and is worked on in the next: 10 s of lag are two of some 5 s."""
    engines = Engines(*(np.array([value]) for value in (400.0, 1.0, 0.0, np.inf, np.inf)))
    (knee_eps,) = true_knees_eps(engines, Limits(), 1.0, np.random.default_rng(1))
    assert 0.72 < knee_eps / 400 < 0.85


def test_pauses_lower_the_capacity_by_their_share():
    engines = engines_of_cost(np.zeros(50), np.random.default_rng(1))
    share = engines.capacity_eps() / engines.service_eps
    assert share == pytest.approx(1 / (1 + 1.25 / engines.pause_every_s), rel=1e-6)
    assert HEALTHY < 1 < OVERLOAD
