from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.agenda import cells_of
from benchmarks.dry_run import Foreseen, describe, foresee
from benchmarks.plan import load_plan

QUICK = Path("benchmarks/plans/quick-50-400.yaml")


def foreseen(*changes: str) -> Foreseen:
    plan = load_plan(QUICK, changes)
    return foresee(plan, cells_of(plan))


def test_a_plan_takes_no_longer_than_its_budget():
    assert foreseen("budget_s=600").wall_s == 600
    assert "about 10 min, then the budget is used up" in describe(foreseen("budget_s=600"))


@pytest.mark.parametrize("budget", ["null", "100000"])
def test_a_budget_that_is_not_used_up_changes_nothing(budget: str):
    found = foreseen(f"budget_s={budget}")

    assert 600 < found.wall_s < 100_000
    assert "budget" not in describe(found)


def test_each_step_has_a_line_and_the_last_one_has_the_sums():
    found = foreseen("rates_eps=50", "instances=1", "budget_s=null", "probe_records=null")

    lines = describe(found).splitlines()

    assert [line.split()[1] for line in lines[1:-1]] == ["faust-x1-50eps", "spark-x1-50eps"]
    assert lines[0].startswith("plan quick-50-400 (quick, demand): Instances for 50 and 400")
    assert lines[-1].startswith("2 steps, about ")
    assert lines[-1].endswith("MB in the broker")
