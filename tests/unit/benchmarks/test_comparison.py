import pytest

from benchmarks.comparison import compare_runs, comparison_table, interval, knee_change
from benchmarks.result import CellResult, KneeResult
from fraud_core.errors import ConfigError
from tests.unit.benchmarks.results import run_of, step_of


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
