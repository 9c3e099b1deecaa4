from pathlib import Path

import pytest

from benchmarks.oracle_trials import ORACLES, Oracle, Trial, plan_of, trials_table
from benchmarks.result import KneeResult


def trial(low_eps, high_eps, truth_eps=300.0):
    knee = KneeResult(low_eps=low_eps, high_eps=high_eps, confirmed=True)
    return Trial(Oracle(300), truth_eps, knee, 5, Path("x"))


@pytest.mark.parametrize("oracle", ORACLES)
def test_each_oracle_has_a_plan_that_searches_its_knee(oracle):
    plan = plan_of(oracle, "quick")
    assert plan.find == "knee"
    assert plan.engines == ("oracle",)
    assert plan.options["oracle"][:2] == ("--rate", f"{oracle.rate_eps:g}")


def test_names_of_oracles_are_their_own():
    assert len({oracle.name for oracle in ORACLES}) == len(ORACLES)


def test_the_truth_is_inside_when_it_lies_between_held_and_lost():
    assert trial(290, 310).is_inside
    assert trial(300, 310).is_inside
    assert not trial(301, 310).is_inside
    assert not trial(290, 300).is_inside
    assert not trial(None, 310).is_inside
    assert not Trial(Oracle(300), 300.0, None, 0, Path("x")).is_inside


def test_the_table_counts_the_right_ones():
    table = trials_table([trial(290, 310), trial(310, 330), trial(None, 3)])
    assert table.endswith("1 of 3 intervals hold the true knee")
    assert "none" in table
