from pathlib import Path

import pytest

from benchmarks.answers import answered
from benchmarks.campaign import adopt_plan, assemble
from benchmarks.cost import PaidSize, Prices, provisioned_per_million, used_per_million
from benchmarks.cost_answers import cost_sentence, fewest, total_provisioned, total_used
from benchmarks.plan import load_plan, plan_from
from fraud_core.errors import ConfigError
from tests.unit.benchmarks.results import PLAN, run_of
from tests.unit.benchmarks.saved_run import save_run
from tests.unit.benchmarks.sizing_campaigns import BASE, OVERHEAD, PRICES, plan_of, run_to_end

TABLE = Prices(**PRICES)


def test_provisioned_is_what_is_up_while_a_million_events_come():
    # two of 0.5 vCPU and 2 GiB: 2 x (0.02 + 0.01) an hour; a million at 100/s take 2.78 hours
    cost = provisioned_per_million(PaidSize(vcpu=0.5, gib=2), 2, TABLE, rate_eps=100)
    assert cost == pytest.approx(0.06 * 1e6 / 100 / 3600)


def test_used_is_cpu_time_at_the_price_of_a_vcpu():
    assert used_per_million(3600, TABLE) == pytest.approx(0.04)


def held(rate_eps=400.0, **changes):
    size = {"instances": 2, "cpu": 0.25, "memory_mb": 1500, "rate_eps": rate_eps}
    return BASE.model_copy(update={"verdict": "sustainable", **size, **changes})


def campaign(*steps, **changes):
    plan = plan_of(**{"question": "capacity", "rates_eps": [400], "engines": ["faust"]} | changes)
    return answered(run_of().model_copy(update={"plan": plan}), steps, {})


def test_instances_and_what_runs_beside_them_are_rows_of_their_own():
    result = campaign(held(), overhead={"faust": OVERHEAD["faust"]})
    hour = {
        "instances": 2 * (0.25 * 0.04 + 1.5e9 / 2**30 * 0.005),
        "overhead": 0.05 * 0.04 + 0.1 * 0.005,
    }
    paid = {row.part: row.provisioned for row in result.costs}
    assert paid == pytest.approx({part: one / 1.44 for part, one in hour.items()}, abs=1e-6)
    assert total_provisioned(result.costs) == pytest.approx(sum(paid.values()))


def test_cpu_time_is_split_as_it_was_used():
    roles = {"instances": 30.0, "overhead": 10.0}
    one = BASE.use["engine"]
    use = {role: one.model_copy(update={"cpu_s": cpu_s}) for role, cpu_s in roles.items()}
    result = campaign(held(use=BASE.use | use, cpu_s_per_million=3600.0), overhead={})
    used = {row.part: row.used for row in result.costs}
    assert used == pytest.approx({"instances": 0.03, "overhead": 0.01})
    beside = next(row for row in result.costs if row.part == "overhead")
    assert beside.provisioned is None, "nothing is said of what it has"
    assert total_provisioned(result.costs) is None


def test_where_roles_are_not_told_apart_all_cpu_time_is_that_of_the_instances():
    result = campaign(held(cpu_s_per_million=3600.0), overhead={})
    assert [(row.part, row.used) for row in result.costs] == [("instances", pytest.approx(0.04))]


def test_cpu_time_that_nobody_saw_costs_nothing_known():
    result = campaign(held(cpu_s_per_million=None), overhead={})
    assert [row.used for row in result.costs] == [None]
    assert total_used(result.costs) is None


@pytest.mark.parametrize("size", [{"cpu": None}, {"memory_mb": None}])
def test_an_instance_without_a_size_has_no_provisioned_cost(size):
    step = held(**size)
    instance = {"cpu": step.cpu or (), "memory_mb": step.memory_mb}
    result = campaign(step, instance=instance, overhead={})
    assert [row.provisioned for row in result.costs] == [None]
    assert cost_sentence(result) == ""


def test_an_instance_that_nothing_held_to_its_size_has_no_provisioned_cost():
    result = campaign(held(limited_by="none"), overhead={})
    assert [row.provisioned for row in result.costs] == [None]


def test_only_rates_that_were_held_have_a_cost():
    lost = held(800.0, verdict="unsustainable")
    twice = [held(600.0), held(600.0, verdict="unsustainable", repetition=2)]
    result = campaign(held(), lost, *twice, rates_eps=[400, 600, 800], overhead={})
    assert {row.rate_eps for row in result.costs} == {400}


def test_the_fewest_instances_that_held_a_rate_are_what_it_costs():
    result = campaign(held(), held(instances=3), instances=[2, 3], overhead={})
    assert {row.instances for row in fewest(result.costs, 400)} == {2}


def test_the_sentence_compares_engines_at_a_rate_that_both_held():
    sentence = cost_sentence(run_to_end(plan_of(ladder=True, rates_eps=[50, 200, 400, 800, 1200])))
    assert sentence.startswith("A million events cost ")
    assert "on faust at 800 events/s (3 instances and what runs beside; CPU time " in sentence
    assert "on spark at 800 events/s (2 instances and what runs beside; CPU time " in sentence
    assert sentence.endswith("in USD (example), prices of 2026-11-01.")


def test_without_prices_there_is_no_cost():
    result = campaign(held(), prices=None, overhead={})
    assert result.costs == []
    assert cost_sentence(result) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prices": {"vcpu_hour": 1}}, "prices.gib_hour: Field required"),
        ({"prices": PRICES | {"vcpu": 1}}, "prices.vcpu is no key of a plan: did you mean vcpu_"),
        ({"overhead": {"spark": {"cpu": 1, "gib": 1}}}, "did you mean vcpu?"),
        ({"overhead": OVERHEAD, "prices": None}, "overhead is paid for by prices"),
        ({"overhead": {"flink": {"vcpu": 1, "gib": 1}}}, "flink, which is no engine"),
    ],
)
def test_a_wrong_price_table_is_an_error_that_names_the_place(changes, words):
    fields = {"id": "try", "engines": ["faust", "spark"], "rates_eps": [50], "prices": PRICES}
    with pytest.raises(ConfigError) as caught:
        plan_from(fields | changes, "here")
    assert words in str(caught.value)


def test_a_price_can_be_set_on_the_command_line():
    plan = load_plan(Path("benchmarks/plans/demand-50-400.yaml"), ["prices.vcpu_hour=0.1"])
    assert plan.prices.vcpu_hour == 0.1


def test_prices_may_be_changed_when_a_run_is_gone_on_with(tmp_path):
    folder = save_run(tmp_path / "try-1", run_of(BASE))
    dearer = PLAN.model_copy(update={"prices": TABLE.model_copy(update={"vcpu_hour": 9.0})})
    adopt_plan(folder, dearer)
    result = assemble(folder)
    assert result.plan.prices.vcpu_hour == 9.0
    assert len(result.steps) == 1
