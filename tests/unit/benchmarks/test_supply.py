"""A plan is fitted to what the files hold before its first step."""

import pytest

from benchmarks.plan import plan_from
from benchmarks.supply import fitted, most_eps
from fraud_core.errors import ConfigError

STEP = {"warmup_s": 30, "measure_s": 90}


def plan_of(**keys):
    return plan_from({"id": "try", "engines": ["faust", "spark"], **keys}, "here")


def fit(transactions, **keys):
    said = []
    return fitted(plan_of(step=STEP, **keys), transactions, said.append), said


def test_a_rate_must_last_for_warm_up_and_window():
    assert most_eps(plan_of(step=STEP, rates_eps=[50]), 120_000) == 1000
    assert most_eps(plan_of(step=STEP, rates_eps=[50]), 119_999) == 999


def test_a_plan_that_the_files_can_feed_stays_as_it_is():
    plan, said = fit(120_000, rates_eps=[50, 1000])
    assert plan == plan_of(step=STEP, rates_eps=[50, 1000])
    assert said == []


def test_a_rate_that_the_files_cannot_feed_is_refused_with_both_counts_and_the_remedy():
    said = r"1001 transactions .* 120,120, .* hold 120,000 .*--days"
    with pytest.raises(ConfigError, match=said):
        fit(120_000, rates_eps=[50, 1001])


def test_a_ladder_ends_below_the_first_rate_that_is_too_high_and_says_so():
    plan, said = fit(120_000, rates_eps=[50, 1000, 2000, 4000], ladder=True)
    assert list(plan.rates_eps) == [50, 1000]
    assert len(said) == 1
    assert said[0].startswith("left out: 2000, 4000/s: 2000 transactions a second")


def test_a_ladder_of_which_nothing_is_left_is_refused():
    with pytest.raises(ConfigError, match="hold 120 after"):
        fit(120, rates_eps=[50, 1000], ladder=True)


def test_a_search_gets_the_files_for_a_ceiling_and_keeps_a_lower_one():
    plan, _ = fit(120_000, find="knee", question="capacity")
    assert plan.search.highest_eps == 1000
    plan, _ = fit(120_000, find="knee", question="capacity", search={"highest_eps": 500})
    assert plan.search.highest_eps == 500
