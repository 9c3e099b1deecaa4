import pytest

from benchmarks.agenda import cells_of
from benchmarks.forecast import dry_run
from benchmarks.ladder import next_rung
from fraud_core.errors import ConfigError
from tests.unit.benchmarks.test_agenda import campaign, ids, plan_of

RATES = (50, 100, 200, 400, 800)
COUNTS = (1, 2, 3)


def climbed(verdict_of, counts=COUNTS, rates_eps=RATES):
    """The steps of a ladder to its end."""
    known, steps = {}, []
    while rung := next_rung(counts, rates_eps, lambda *one: known.get(one, "open")):
        assert rung not in known, "a rung is measured once"
        known[rung] = verdict_of(*rung)
        steps.append(rung)
    return steps


def at_most_each(eps):
    return lambda count, rate_eps: "held" if rate_eps <= count * eps else "lost"


def test_each_rate_begins_at_the_count_that_the_one_before_needed():
    assert climbed(at_most_each(150)) == [
        *((1, 50), (1, 100), (1, 200)),
        *((2, 200), (2, 400)),
        *((3, 400), (3, 800)),
    ]


def test_it_ends_where_the_largest_count_loses():
    steps = climbed(at_most_each(30))
    assert steps == [(1, 50), (2, 50), (2, 100), (3, 100)]


@pytest.mark.parametrize("eps", [10, 60, 140, 300, 1000])
def test_it_has_at_most_as_many_steps_as_rates_and_counts(eps):
    assert len(climbed(at_most_each(eps))) <= len(RATES) + len(COUNTS) - 1


def test_an_undecided_count_is_run_again_at_a_higher_rate_before_the_answer_counts():
    def verdict_of(count, rate_eps):
        if (count, rate_eps) == (1, 200):
            return "undecided"
        return at_most_each(190)(count, rate_eps)

    steps = climbed(verdict_of)
    assert steps[:6] == [(1, 50), (1, 100), (1, 200), (2, 200), (2, 400), (3, 400)]
    wider = climbed(lambda *one: "held" if one == (2, 400) else verdict_of(*one))
    assert wider[4:6] == [(2, 400), (1, 400)]


def test_a_smaller_count_that_holds_more_after_all_is_gone_on_with():
    def verdict_of(count, rate_eps):
        return "undecided" if (count, rate_eps) == (1, 100) else at_most_each(450)(count, rate_eps)

    assert climbed(verdict_of) == [
        *((1, 50), (1, 100), (2, 100), (2, 200), (1, 200)),
        *((1, 400), (1, 800), (2, 800)),
    ]


def test_engines_take_turns_and_each_ends_where_it_loses():
    plan = plan_of(instances=[1, 2, 3], rates_eps=list(RATES), ladder=True)
    limits = {"faust": 120, "spark": 300}

    def judge(step):
        held = step.rate_eps <= limits[step.engine] * step.instances
        return "sustainable" if held else "unsustainable"

    steps = campaign(plan, judge)
    pairs = [{steps[place].engine, steps[place + 1].engine} for place in range(0, 12, 2)]
    assert pairs == [{"faust", "spark"}] * 6
    assert [one for one in ids(steps) if one.startswith("faust")] == [
        *("faust-x1-50eps", "faust-x1-100eps", "faust-x1-200eps"),
        *("faust-x2-200eps", "faust-x2-400eps", "faust-x3-400eps"),
    ]
    assert ids(steps)[-1] == "spark-x3-800eps"


def test_a_dry_run_of_a_ladder_is_the_longest_that_it_may_become():
    plan = plan_of(engines=["faust"], instances=[1, 2, 3], rates_eps=list(RATES), ladder=True)
    assert len(dry_run(plan, cells_of(plan))) == len(RATES) + 2


@pytest.mark.parametrize("changes", [{"question": "capacity"}, {"find": "knee"}])
def test_a_ladder_is_a_demand_over_the_rates_of_the_plan(changes):
    with pytest.raises(ConfigError, match="ladder is for question: demand with find: rates"):
        plan_of(ladder=True, **changes)
