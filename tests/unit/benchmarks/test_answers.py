import pytest

from benchmarks.agenda import search_move
from benchmarks.answers import answered, undecided, unmet_requirements
from benchmarks.plan import plan_from
from benchmarks.report import interval_text
from benchmarks.search import SearchSettings
from tests.unit.benchmarks.results import run_of, step_of


def plan_of(**changes):
    fields = {"id": "try", "engines": ["faust"], "instances": [1, 2], "rates_eps": [50, 400]}
    return plan_from(fields | changes, "here")


def step(rate_eps, verdict="sustainable", instances=1, **changes):
    fields = {"rate_eps": rate_eps, "verdict": verdict, "instances": instances}
    return step_of().model_copy(update=fields | changes)


def campaign(*steps, drains=None, **changes):
    run = run_of().model_copy(update={"plan": plan_of(**changes)})
    return answered(run, steps, drains or {})


def test_a_demand_names_the_smallest_count_and_what_it_rests_on():
    result = campaign(step(50), step(400, "unsustainable"), step(400, instances=2))
    assert [(one.target_eps, one.instances, one.verified) for one in result.answers] == [
        (50, 1, True),
        (400, 2, True),
    ]
    assert result.sentence == "50 events/s: faust 1 instance. 400 events/s: faust 2 instances."
    assert undecided(result) == []


def test_cells_that_are_not_measured_are_named():
    result = campaign(step(50), step(400), question="capacity")
    assert result.cells_missing == ["faust-2"]
    assert undecided(result) == ["cell faust-2 not measured"]
    assert undecided(result, ["faust-1"]) == []


def test_a_count_that_no_rate_needs_is_not_missing():
    assert undecided(campaign(step(50), step(400))) == []


def test_a_cell_that_is_not_finished_is_named():
    assert undecided(campaign(step(50), instances=[1])) == ["cell faust-1 not finished"]


def test_an_invalid_step_is_no_doubt_once_it_was_repeated():
    result = campaign(step(50, "invalid"), step(50, repetition=2), rates_eps=[50])
    assert undecided(result) == []


def test_the_majority_of_repetitions_decides():
    steps = [
        step(50, verdict, repetition=number)
        for number, verdict in enumerate(("sustainable", "inconclusive", "sustainable"), start=1)
    ]
    result = campaign(*steps, rates_eps=[50], repetitions=3)
    assert undecided(result) == []
    assert result.answers[0].instances == 1


def test_a_knee_is_an_interval_with_a_sentence():
    result = campaign(
        step(300),
        step(330, "unsustainable"),
        find="knee",
        question="capacity",
        instances=[1],
        rates_eps=[],
        search={"confirm_runs": 1},
        drains={},
    )
    (cell,) = result.cells
    assert (cell.knee_backlog.low_eps, cell.knee_backlog.high_eps) == (300, 330)
    assert result.sentence == (
        "The backlog of faust x1 starts to grow between 300 and 330 events/s."
    )


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("inconclusive", "No rate that was tried decides where the backlog of faust x1 grows."),
        ("unsustainable", "faust x1 holds no rate that was tried, and lost 300 events/s."),
        ("sustainable", "faust x1 holds 300 events/s, nothing was lost."),
    ],
)
def test_a_knee_of_which_no_end_is_known_says_what_is(verdict, said):
    result = campaign(
        step(300, verdict), find="knee", question="capacity", instances=[1], rates_eps=[]
    )
    assert said in result.sentence


def test_a_knee_without_an_end_is_a_doubt():
    result = campaign(
        step(300),
        find="knee",
        question="capacity",
        instances=[1],
        rates_eps=[],
        search={"max_steps": 1},
        drains={"faust-1": 400.0},
    )
    assert result.sentence == "faust x1 holds 300 events/s, nothing was lost."
    assert undecided(result)[0].startswith("the knee of faust-1 is not confirmed")


@pytest.mark.parametrize("low_eps", [None, 300])
def test_a_latency_that_was_not_measured_is_not_said_to_be_below_anything(low_eps):
    steps = [step(rate_eps, slo_met=None) for rate_eps in (50, 400)]
    steps += [step(440, "unsustainable", slo_met=None)]
    steps += [step(low_eps, slo_met=True)] if low_eps else []
    (cell,) = campaign(*steps, instances=[1]).cells
    assert interval_text(cell.knee_latency) == ("300 to 440" if low_eps else "not measured")
    assert interval_text(cell.knee_backlog) == "400 to 440"


def test_a_search_for_the_latency_ends_where_no_run_tells_it():
    plan = plan_of(find="knee", question="capacity", knees=["backlog", "latency"], rates_eps=[])
    steps = [step(300, slo_met=None), step(303, slo_met=None), step(330, "unsustainable")]
    untold = [one.model_copy(update={"slo_met": None}) for one in steps]
    quick = plan.model_copy(update={"search": SearchSettings(confirm_runs=1)})
    assert search_move(quick, untold, 400) is None
    told = [one.model_copy(update={"slo_met": False}) for one in steps]
    assert search_move(quick, told, 400).rate_eps < 300


def test_records_that_are_late_are_not_lost():
    late = step(50, "unsustainable", missing=9, drain_s=None)
    assert unmet_requirements(campaign(late)) == []


def test_a_rate_that_must_be_held_and_is_not_is_an_unmet_requirement():
    lost = campaign(step(50, "unsustainable"), require=["held"])
    assert unmet_requirements(lost) == ["faust at 50/s: held is required"]
    held = campaign(step(50, "unsustainable"), step(50, instances=2), require=["held"])
    assert unmet_requirements(held) == []


def test_a_latency_that_must_be_met_and_is_not_is_an_unmet_requirement():
    slow = campaign(step(50, slo_met=False), require=["slo"])
    assert unmet_requirements(slow) == ["faust at 50/s: slo is required"]


def test_a_step_that_failed_is_a_doubt_of_its_cell_only():
    failed = {"step": "faust-x2-50eps", "cell": "faust-2", "why": "no Java"}
    result = campaign(step(50), step(400)).model_copy(update={"failed": [failed]})
    assert undecided(result) == ["faust-x2-50eps not measured: no Java"]
    assert undecided(result, ["faust-1"]) == []


def sized_step(cpu, verdict="sustainable", **changes):
    return step(50, verdict, cpu=cpu, size_name=f"c{cpu:g}", limited_by="cgroup1", **changes)


def test_the_smallest_size_that_holds_a_rate_alone_is_told():
    sizes = {"cpu": [0.05, 0.25, 1]}
    steps = [sized_step(0.05, "unsustainable"), sized_step(0.25), sized_step(1)]
    result = campaign(*steps, instances=[1], rates_eps=[50], instance=sizes)

    assert [(one.instances, one.smallest_cpu) for one in result.answers] == [(1, 0.25)]
    assert [cell.id for cell in result.cells] == ["faust-1-c0.05", "faust-1-c0.25", "faust-1-c1"]
    assert undecided(result) == []


def test_a_size_that_nothing_held_is_no_answer():
    steps = [sized_step(0.05), sized_step(0.25)]
    free = [one.model_copy(update={"limited_by": "none"}) for one in steps]
    result = campaign(*free, instances=[1], rates_eps=[50], instance={"cpu": [0.05, 0.25]})

    assert result.answers[0].smallest_cpu is None
