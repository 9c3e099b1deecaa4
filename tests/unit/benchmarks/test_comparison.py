import pytest

from benchmarks.comparison import compare_runs, comparison_table, interval, knee_change
from benchmarks.result import CellResult, KneeResult
from fraud_core.errors import ConfigError
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.sizing_campaigns import (
    capacities,
    capacity_of,
    ladder,
    plan_of,
    run_to_end,
)


def knee(low, high):
    return KneeResult(low_eps=low, high_eps=high, confirmed=True)


@pytest.mark.parametrize(
    ("here", "there", "change"),
    [
        (knee(100, 110), knee(105, 115), ""),
        (knee(100, 110), knee(110, 120), ""),
        (knee(100, 110), knee(130, 143), "neighbours"),
        (knee(130, 143), knee(100, 110), "neighbours"),
        (knee(100, 110), knee(150, 165), "moved"),
        (knee(100, None), knee(500, 550), ""),
    ],
)
def test_knees_overlap_are_neighbours_or_moved(here, there, change):
    assert knee_change(here, there) == change


def test_an_interval_says_which_end_is_open():
    assert interval(knee(100, 110)) == "100-110/s"
    assert interval(knee(100, None)) == "above 100/s"
    assert interval(knee(None, 50)) == "0-50/s"


def test_runs_of_different_machines_are_refused_unless_anyway():
    here, there = run_of(step_of()), run_of(step_of())
    there = there.model_copy(update={"machine": there.machine | {"cores": 8}})
    with pytest.raises(ConfigError, match=r"different machines \(cores 2 and 8\).*--anyway"):
        compare_runs(here, there, anyway=False)
    assert compare_runs(here, there, anyway=True)


def test_what_changed_is_named_and_noise_is_not():
    here = run_of(step_of())
    slower = step_of().model_copy(
        update={"verdict": "unsustainable", "cpu_s_per_million": 60_000.0}
    )
    changes = {one.what: one.change for one in compare_runs(here, run_of(slower), anyway=False)}
    assert changes == {
        "faust-x1-10eps verdict": "another verdict",
        "faust-x1-10eps p99 ms": "",
        "faust-x1-10eps CPU-s per million": "+20%",
    }


def test_knees_are_compared_and_shown():
    runs = [
        run_of(cells=[CellResult(engine="faust", instances=1, knee_backlog=knee(low, low * 1.1))])
        for low in (100, 200)
    ]
    (change,) = compare_runs(*runs, anyway=False)
    assert change.change == "moved"
    assert "100-110/s" in comparison_table([change])


def test_runs_with_nothing_in_common_are_refused():
    with pytest.raises(ConfigError, match="nothing to compare"):
        compare_runs(run_of(), run_of(step_of()), anyway=False)


def slower_campaign(share_of_two):
    """A capacity campaign in which two instances hold a share of what they held."""
    changes = {"question": "capacity", "find": "knee", "instances": [1, 2]}

    def capacity(action):
        share = share_of_two if action.instances == 2 else 1.0
        return capacity_of(action) * share

    return run_to_end(plan_of(search={"factor": 1.15}, **changes), capacity)


def changes_of(first, second, word):
    found = compare_runs(first, second, anyway=False)
    return {one.what: one for one in found if word in one.what}


def test_efficiencies_are_compared_by_their_intervals():
    alike = changes_of(slower_campaign(1.0), slower_campaign(1.0), "efficiency")
    assert [one.change for one in alike.values()] == ["", ""]
    changed = changes_of(slower_campaign(1.0), slower_campaign(0.5), "efficiency")
    faust = changed["faust of 0.25 core efficiency of 2 instances"]
    assert float(faust.first.split()[0]) > 0.8
    assert float(faust.second.split()[0]) < 0.6
    assert faust.change.startswith("-")


def test_a_line_and_the_law_are_not_compared_by_their_slopes():
    changes = changes_of(capacities((1, 2, 3)), capacities((1, 2, 3, 4)), "of 0.25 core ")
    assert "faust of 0.25 core efficiency of 3 instances" in changes
    assert not any("per instance" in what for what in changes)


def test_what_a_million_events_cost_is_compared_at_the_highest_rate_that_both_held():
    first = ladder()
    dearer = first.model_copy(
        update={
            "costs": [
                row.model_copy(update={"provisioned": row.provisioned * 2})
                for row in first.costs
                if row.rate_eps < 400
            ]
        }
    )
    changes = changes_of(first, dearer, "for a million events")
    assert changes["faust of 0.25 core at 200/s paid for a million events"].change == "+100%"
    assert changes["faust of 0.25 core at 200/s used for a million events"].change == ""
    assert {what.partition("at ")[2].partition(" ")[0] for what in changes} == {"200/s"}


def test_costs_in_other_currencies_are_not_compared_and_other_prices_are_said():
    first = ladder()
    others = [{"vcpu_hour": 0.08}, {"currency": "EUR"}]
    cheaper, foreign = (
        first.model_copy(
            update={
                "plan": first.plan.model_copy(
                    update={"prices": first.plan.prices.model_copy(update=change)}
                )
            }
        )
        for change in others
    )
    assert changes_of(first, cheaper, "prices")["prices"].change == "other prices"
    assert changes_of(first, cheaper, "for a million events")
    assert changes_of(first, foreign, "for a million events") == {}
