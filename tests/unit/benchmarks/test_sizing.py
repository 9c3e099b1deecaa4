import pytest

from benchmarks.answers import answered, undecided
from benchmarks.running import raise_if_not_answered
from fraud_core.errors import MeasurementError
from tests.unit.benchmarks import sizing_campaigns
from tests.unit.benchmarks.results import run_of
from tests.unit.benchmarks.sizing_campaigns import (
    BASE,
    COHERENCE,
    CONTENTION,
    plan_of,
    run_to_end,
)


@pytest.fixture(scope="module")
def ladder():
    return sizing_campaigns.ladder()


@pytest.fixture(scope="module")
def sizes():
    return sizing_campaigns.sizes()


def answer(result, engine, target_eps):
    return next(
        one for one in result.answers if (one.engine, one.target_eps) == (engine, target_eps)
    )


def test_a_ladder_is_answered_and_every_count_is_verified(ladder):
    assert undecided(ladder) == []
    # one instance holds 350, two 652, three 903 events/s
    needed = {one.target_eps: one.instances for one in ladder.answers if one.engine == "faust"}
    assert needed == {
        50: 1,
        100: 1,
        200: 1,
        400: 2,
        600: 2,
        800: 3,
        1200: None,
        1600: None,
        2400: None,
    }
    assert all(one.verified for one in ladder.answers if one.instances)


def test_many_targets_are_said_as_the_highest_rate_of_each_count(ladder):
    assert ladder.sentence == (
        "faust needs 1 instance up to 200 events/s, 2 up to 600, 3 up to 800; "
        "no tested count holds 1200. "
        "spark needs 1 instance up to 600 events/s, 2 up to 1200, 3 up to 1600; "
        "no tested count holds 2400."
    )


def test_a_rate_that_no_tested_count_holds_is_extrapolated_and_marked(ladder):
    found = answer(ladder, "faust", 1200)
    assert (found.instances, found.verified) == (None, False)
    assert found.extrapolated in {4, 5, 6}
    assert found.sentence.endswith(f"; {found.extrapolated} by the fit, not measured.")
    assert answer(ladder, "faust", 2400).extrapolated is None, "more than twice what was measured"


def test_a_recommended_count_has_three_tenths_to_spare(ladder):
    measured = answer(ladder, "faust", 100)
    assert (measured.recommended, measured.recommended_extrapolated) == (1, False)
    beyond = answer(ladder, "faust", 800)
    assert beyond.recommended > 3
    assert beyond.recommended_extrapolated


def test_a_fit_of_the_backlog_says_nothing_of_a_demand_with_a_latency():
    plan = plan_of(ladder=True, rates_eps=[50, 200, 400, 600, 800, 1200], require=["slo"])
    result = run_to_end(plan)
    assert result.scaling
    assert {one.extrapolated for one in result.answers} == {None}


def test_a_larger_instance_is_not_run_where_one_small_one_is_enough(sizes):
    run = {(s.engine, s.cpu, s.instances) for s in sizes.steps if s.rate_eps == 50}
    # a core of faust holds 1400: 0.05 of it 70
    assert run == {("faust", 0.05, 1), ("spark", 0.05, 1)}
    assert undecided(sizes) == []


def test_each_size_has_its_instances_and_cores(sizes):
    found = [
        (one.cpu, one.instances, one.cores, one.inferred)
        for one in sizes.sizes
        if (one.engine, one.target_eps) == ("faust", 400)
    ]
    assert found == [
        (0.05, None, None, False),
        (0.1, None, None, False),
        (0.25, 2, 0.5, False),
        (0.5, 1, 0.5, False),
        (1, 1, 1.0, True),
    ]


def test_it_is_plainly_said_where_one_instance_is_enough(sizes):
    assert "One faust instance of 0.05 core is enough for 50 events/s." in sizes.sentence
    assert (
        "One faust instance of 0.5 core is enough for 400 events/s; of 0.25 core it needs 2 "
        "(0.5 cores); of 0.05 or 0.1 core no tested count holds it."
    ) in sizes.sentence


def test_knees_of_several_counts_are_one_sentence_and_a_scaling():
    result = sizing_campaigns.capacities()
    assert [one.engine for one in result.scaling] == ["faust", "spark"]
    faust = result.scaling[0]
    assert (faust.law, faust.cpu) == ("line", 0.25)
    two = faust.counts[1].efficiency
    assert two.low < 1 / (1 + CONTENTION + 2 * COHERENCE) < two.high
    assert result.sentence.startswith("faust holds ")
    assert "with 1, 2 and 3 instances of 0.25 core: an efficiency of 0." in result.sentence
    assert "R² 0.9" in faust.sentence


def test_from_four_counts_it_is_the_law_with_its_intervals():
    found = sizing_campaigns.capacities((1, 2, 3, 4, 6)).scaling[0]
    assert found.law == "usl"
    assert found.contention.low <= CONTENTION <= found.contention.high
    assert found.coherence.low <= COHERENCE <= found.coherence.high
    assert "contention" in found.sentence


def test_an_efficiency_that_is_hardly_known_is_said_to_be_so(ladder):
    faust = ladder.scaling[0]
    assert faust.counts[1].efficiency.high > 1.6 * faust.counts[1].efficiency.low
    assert "too far apart to tell every efficiency" in faust.sentence
    assert "times what one holds" not in faust.sentence


def test_one_count_has_no_scaling_and_keeps_its_own_sentence():
    result = sizing_campaigns.capacities((1,))
    assert result.scaling == []
    assert result.sentence.startswith("The backlog of faust x1 starts to grow between ")


def test_rates_far_apart_are_no_capacity():
    result = run_to_end(plan_of(ladder=True, rates_eps=[50, 400]))
    assert result.scaling == []


@pytest.mark.parametrize("verdict", ["inconclusive", "invalid"])
def test_a_target_that_was_not_decided_ends_with_exit_code_4(verdict):
    plan = plan_of(engines=["faust"], rates_eps=[400], instances=[1, 2])
    fields = {"rate_eps": 400.0, "cpu": 0.25, "memory_mb": 1500}
    steps = [
        BASE.model_copy(update={**fields, "instances": 1, "verdict": "unsustainable"}),
        BASE.model_copy(update={**fields, "instances": 2, "verdict": verdict}),
        BASE.model_copy(update={**fields, "instances": 2, "verdict": verdict, "repetition": 2}),
    ]
    result = answered(run_of().model_copy(update={"plan": plan}), steps, {})
    assert result.answers[0].instances is None
    assert result.answers[0].sentence.startswith("Not known for faust at 400 events/s")
    with pytest.raises(MeasurementError) as caught:
        raise_if_not_answered(result)
    assert caught.value.exit_code == 4


def test_a_target_of_which_nothing_ran_ends_with_exit_code_4():
    plan = plan_of(engines=["faust"], rates_eps=[50, 400], instances=[1, 2], ladder=True)
    fields = {"rate_eps": 50.0, "cpu": 0.25, "memory_mb": 1500}
    held = BASE.model_copy(update={**fields, "verdict": "sustainable"})
    result = answered(run_of().model_copy(update={"plan": plan}), [held], {})
    with pytest.raises(MeasurementError, match="cell faust-1 not finished"):
        raise_if_not_answered(result)


def test_a_target_that_is_lost_at_every_count_is_an_answer():
    plan = plan_of(engines=["faust"], rates_eps=[400], instances=[1])
    raise_if_not_answered(run_to_end(plan))
