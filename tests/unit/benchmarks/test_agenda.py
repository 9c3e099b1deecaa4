from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.agenda import (
    PROBE_RECORDS,
    Cell,
    Probe,
    Standing,
    cells_of,
    is_finished,
    next_action,
)
from benchmarks.forecast import dry_run, estimate_s
from benchmarks.plan import Step, load_plan, plan_from, with_names

SMOKE = load_plan(Path("benchmarks/plans/smoke.yaml"))


def plan_of(**changes):
    fields = {"id": "try", "engines": ["faust", "spark"], "rates_eps": [50, 400]}
    return plan_from(fields | changes, "here")


def measured(step, verdict="sustainable", slo_met=True):
    return SimpleNamespace(**step.model_dump(), verdict=verdict, slo_met=slo_met)


def campaign(plan, judge, drain_eps=None, cells=None, steps=()):
    """All actions of a campaign whose verdicts a function gives."""
    steps, drains, actions = list(steps), {}, []
    cells = cells or cells_of(plan)
    while (action := next_action(plan, cells, Standing(steps, drains))) is not None:
        assert len(actions) < 500, "it does not end"
        actions.append(action)
        if isinstance(action, Probe):
            drains[action.cell.id] = drain_eps
        else:
            steps.append(measured(action, judge(action)))
    return actions


def ids(actions):
    return [action.id for action in actions]


def always_held(_):
    return "sustainable"


def test_the_smoke_plan_is_four_steps_and_engines_take_turns():
    steps = campaign(SMOKE, always_held)
    assert sorted(ids(steps)) == [
        "faust-x1-400eps",
        "faust-x1-50eps",
        "spark-x1-400eps",
        "spark-x1-50eps",
    ]
    assert [step.engine for step in steps[:2]] != [step.engine for step in steps[1:3]]
    assert {step.load_s for step in steps} == {80}


def test_the_smoke_plan_takes_under_eight_minutes():
    assert estimate_s(dry_run(SMOKE, cells_of(SMOKE))) < 8 * 60


def test_the_quick_plan_takes_under_fifteen_minutes_where_one_instance_is_enough():
    plan = load_plan(Path("benchmarks/plans/quick-50-400.yaml"))
    assert estimate_s(campaign(plan, always_held, drain_eps=2000)) < 15 * 60


def test_the_demand_plan_takes_at_most_75_minutes():
    plan = load_plan(Path("benchmarks/plans/demand-50-400.yaml"))
    assert (plan.profile, set(plan.engines), plan.instances) == (
        "quick",
        {"faust", "spark"},
        (1, 2, 3),
    )
    assert estimate_s(dry_run(plan, cells_of(plan))) < 75 * 60


def test_the_capacity_plan_takes_about_95_minutes():
    plan = load_plan(Path("benchmarks/plans/capacity.yaml"))
    assert estimate_s(dry_run(plan, cells_of(plan))) < 95 * 60


def test_a_size_is_run_only_where_no_smaller_instance_holds_the_rate_alone():
    sizes = {"cpu": [0.1, 0.5, 0.25]}
    plan = plan_of(engines=["faust"], instances=[1, 2], instance=sizes, rates_eps=[50, 200])

    def judge(step):
        held = step.rate_eps <= 400 * step.cpu * step.instances
        return "sustainable" if held else "unsustainable"

    assert sorted(ids(campaign(plan, judge))) == [
        "faust-x1-c0.1-200eps",
        "faust-x1-c0.1-50eps",
        "faust-x1-c0.25-200eps",
        "faust-x1-c0.25-50eps",
        "faust-x1-c0.5-200eps",
        *("faust-x2-c0.1-200eps", "faust-x2-c0.1-50eps", "faust-x2-c0.25-200eps"),
    ]
    assert len(dry_run(plan, cells_of(plan))) == 12


def test_the_order_is_given_by_the_seed():
    def order(seed):
        plan = plan_of(instances=[1, 2, 4], rates_eps=[10, 20, 30], question="capacity", seed=seed)
        return ids(campaign(plan, always_held))

    assert order(1) == order(1)
    assert sorted(order(1)) == sorted(order(2))
    assert order(1) != order(2)


@pytest.mark.parametrize("done", range(12))
def test_an_interrupted_campaign_goes_on_where_it_was(done):
    plan = plan_of(instances=[1, 2], repetitions=3)
    whole = campaign(plan, always_held)
    before = [measured(step) for step in whole[:done]]
    after = campaign(plan, always_held, steps=before)
    assert ids(whole[:done]) + ids(after) == ids(whole)
    assert len(set(ids(whole))) == len(whole)


def test_a_demand_takes_more_instances_only_where_fewer_have_lost():
    def judge(step):
        return "sustainable" if step.rate_eps <= 100 * step.instances else "unsustainable"

    steps = ids(campaign(plan_of(engines=["faust"], instances=[1, 2, 4]), judge))
    assert sorted(steps) == [
        "faust-x1-400eps",
        "faust-x1-50eps",
        "faust-x2-400eps",
        "faust-x4-400eps",
    ]


def test_a_capacity_runs_every_rate_at_every_count():
    plan = plan_of(engines=["faust"], instances=[1, 2, 4], question="capacity")
    assert len(campaign(plan, always_held)) == 6


def test_an_invalid_step_is_repeated_a_bounded_number_of_times():
    steps = ids(campaign(plan_of(engines=["faust"], rates_eps=[50]), lambda _: "invalid"))
    assert steps == ["faust-x1-50eps", "faust-x1-50eps-r2"]


def test_an_invalid_step_that_was_put_aside_is_repeated_under_its_name():
    plan = plan_of(engines=["faust"], repetitions=3, rates_eps=[50])
    whole = campaign(plan, always_held)
    without_second = [measured(whole[0]), measured(whole[2])]
    assert ids(campaign(plan, always_held, steps=without_second)) == [whole[1].id]


def test_a_search_begins_with_a_drain_and_ends_with_an_interval():
    plan = plan_of(
        engines=["faust"], rates_eps=[], find="knee", question="capacity", profile="quick"
    )
    actions = campaign(
        plan, lambda step: "sustainable" if step.rate_eps <= 730 else "unsustainable", 1000
    )
    assert actions[0] == Probe(Cell("faust", 1), PROBE_RECORDS)
    assert actions[1].rate_eps == 800
    rates = sorted(action.rate_eps for action in actions[1:])
    below = max(rate for rate in rates if rate <= 730)
    above = min(rate for rate in rates if rate > 730)
    assert above / below <= 1.1 + 1e-9


def test_planned_rates_far_below_the_drain_do_not_slow_the_search_down():
    plan = plan_of(engines=["faust"], find="knee", question="capacity", profile="quick")
    actions = campaign(
        plan, lambda step: "sustainable" if step.rate_eps <= 7300 else "unsustainable", 10_000
    )
    assert {action.rate_eps for action in actions[1:3]} == {50, 400}
    assert actions[3].rate_eps == 8000


def at_most_each(eps):
    return lambda step: "sustainable" if step.rate_eps <= eps * step.instances else "unsustainable"


def searched_counts(**search):
    plan = plan_of(
        engines=["faust"], rates_eps=[], find="knee", question="capacity", instances=[1, 2, 3]
    )
    plan = plan.model_copy(update={"search": plan.search.model_copy(update=search)})
    actions = campaign(plan, at_most_each(730), drain_eps=1000)
    firsts = {}
    for action in actions:
        if isinstance(action, Step):
            firsts.setdefault(action.instances, action.rate_eps)
    return actions, firsts


def test_the_search_of_a_count_begins_where_another_count_lets_expect_its_end():
    actions, firsts = searched_counts()
    assert sum(isinstance(action, Probe) for action in actions) == 3
    assert firsts == {1: 800, 2: 1280, 3: 1920}  # 800 is lost: its neighbour below is 640


def test_where_the_plan_says_where_to_begin_no_drain_is_needed():
    actions, firsts = searched_counts(first_eps={"faust": 700})
    assert not any(isinstance(action, Probe) for action in actions)
    assert firsts == {1: 700, 2: 1400, 3: 2100}


def test_one_cell_can_be_measured_alone():
    plan = plan_of(instances=[1, 2])
    steps = campaign(plan, always_held, cells=[Cell("faust", 2)])
    assert {step.cell for step in steps} == {"faust-2"}
    assert len(steps) == 2


def test_a_step_has_a_name_for_each_repetition():
    step = Step(engine="faust", instances=2, rate_eps=50, warmup_s=1, measure_s=1, repetition=3)
    assert (step.id, step.cell) == ("faust-x2-50eps-r3", "faust-2")


SIZES = {"cpu": [0.05, 0.25]}


def test_each_count_is_measured_at_each_size_and_named_by_it():
    fields = {"engines": ["faust"], "instances": [1, 2], "instance": SIZES, "rates_eps": [50]}
    plan = plan_of(question="capacity", **fields)

    assert sorted(cell.id for cell in cells_of(plan)) == [
        "faust-1-c0.05",
        "faust-1-c0.25",
        "faust-2-c0.05",
        "faust-2-c0.25",
    ]
    steps = campaign(plan, always_held)
    assert sorted((step.id, step.cpu) for step in steps) == [
        ("faust-x1-c0.05-50eps", 0.05),
        ("faust-x1-c0.25-50eps", 0.25),
        ("faust-x2-c0.05-50eps", 0.05),
        ("faust-x2-c0.25-50eps", 0.25),
    ]


def test_a_baseline_is_measured_with_one_process_beside_every_count_of_the_others():
    plan = plan_of(engines=["faust", "plain"], instances=[1, 2, 3], rates_eps=[50])

    names = [cell.id for cell in cells_of(plan)]
    assert sorted(names) == ["faust-1", "faust-2", "faust-3", "plain-1"]


def test_an_engine_of_a_baselines_name_that_runs_elsewhere_has_as_many_instances_as_it_likes():
    plan = plan_of(engines=["external"], instances=[1, 2], rates_eps=[50])

    assert {cell.id for cell in cells_of(with_names(plan, ["plain"]))} == {"plain-1", "plain-2"}


def test_a_larger_count_is_needed_only_at_the_size_that_lost():
    plan = plan_of(engines=["faust"], instances=[1, 2], instance=SIZES, rates_eps=[50])

    def judge(step):
        return "sustainable" if step.cpu * step.instances > 0.06 else "unsustainable"

    assert sorted(ids(campaign(plan, judge))) == [
        "faust-x1-c0.05-50eps",
        "faust-x1-c0.25-50eps",
        "faust-x2-c0.05-50eps",
    ]


def test_one_size_changes_no_name_and_no_order():
    plain = plan_of(instances=[1, 2], question="capacity")
    sized = plan_of(instances=[1, 2], question="capacity", instance={"cpu": 0.25})

    assert ids(campaign(plain, always_held)) == ids(campaign(sized, always_held))
    assert {step.cpu for step in campaign(sized, always_held)} == {0.25}


def test_the_drain_of_a_size_has_its_name():
    plan = plan_of(find="knee", rates_eps=[], engines=["faust"], instance=SIZES)

    probes = [one.id for one in dry_run(plan, cells_of(plan)) if isinstance(one, Probe)]
    assert sorted(probes) == ["faust-x1-c0.05-drain", "faust-x1-c0.25-drain"]


DRAINS = plan_from(
    {"id": "try", "engines": ["faust", "spark"], "find": "drain", "probe_records": 5000}, "here"
)


def test_a_plan_that_drains_has_one_whole_drain_for_each_cell_and_no_step():
    actions = dry_run(DRAINS, cells_of(DRAINS))
    assert [(one.cell.engine, one.records, one.whole) for one in actions] == [
        (cell.engine, 5000, True) for cell in cells_of(DRAINS)
    ]


def test_a_drain_before_a_search_is_cut_short():
    knee = plan_from({"id": "try", "engines": ["faust"], "find": "knee"}, "here")
    probes = [one for one in dry_run(knee, cells_of(knee)) if isinstance(one, Probe)]
    assert [one.whole for one in probes] == [False]


def test_a_cell_that_was_drained_is_finished():
    cells = cells_of(DRAINS)
    standing = Standing([], {"faust-1": 9000.0})
    assert [is_finished(DRAINS, cells, cell, standing) for cell in sorted_by_engine(cells)] == [
        True,
        False,
    ]


def sorted_by_engine(cells):
    return sorted(cells, key=lambda cell: cell.engine)
