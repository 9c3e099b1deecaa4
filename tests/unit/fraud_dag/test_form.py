"""The form offers what a plan takes: the two are written apart, since DAGs import no package."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import agenda
from benchmarks.plan import PROFILES as PLAN_PROFILES
from benchmarks.plan import EngineName, plan_from
from fraud_core.errors import ConfigError
from fraud_core.topics import TRANSACTIONS
from fraud_dag.asked import Asked, cells_of, plan_of
from fraud_dag.form import COMPARISON, ENGINES, MOST_EPS, MOST_INSTANCES, PROFILES, SMALLEST_CORES

DEFAULTS = {name: field["default"] for name, field in COMPARISON.items()}


def asked(**changed):
    return Asked.from_params(DEFAULTS | changed)


def test_the_form_offers_every_engine_that_a_campaign_starts():
    assert set(ENGINES) == set(get_args(EngineName)) - {"external"}
    assert set(PROFILES) == set(PLAN_PROFILES)
    assert TRANSACTIONS.partitions == MOST_INSTANCES


def test_the_form_says_of_every_field_what_it_is():
    for name, field in COMPARISON.items():
        assert {"default", "type", "title"} <= set(field), name


def test_what_the_form_leaves_at_its_default_is_a_plan():
    plan = plan_from(plan_of(asked()), "the form")
    assert (plan.question, plan.profile, plan.rates_eps) == ("demand", "smoke", (50, 400))


@given(
    engines=st.lists(st.sampled_from(ENGINES), min_size=1, unique=True),
    instances=st.lists(st.integers(1, MOST_INSTANCES), min_size=1, unique=True),
    rates=st.lists(
        st.floats(0, MOST_EPS, exclude_min=True, allow_subnormal=False), min_size=1, unique=True
    ),
    cpu=st.none() | st.floats(SMALLEST_CORES, 1024),
    profile=st.sampled_from(PROFILES),
)
def test_whatever_the_form_lets_through_is_a_plan_with_these_cells(
    engines, instances, rates, cpu, profile
):
    fields = plan_of(
        asked(
            engines=engines,
            instances=instances,
            rates_eps=rates,
            instance_cpu=cpu,
            profile=profile,
        )
    )
    plan = plan_from(fields, "the form")
    cells = cells_of(fields)
    assert len(set(cells)) == len(cells)
    assert set(cells) == {cell.id for cell in agenda.cells_of(plan)}


@pytest.mark.parametrize(
    "changed",
    [
        {"engines": ["flink"]},
        {"instances": [MOST_INSTANCES + 1]},
        {"rates_eps": [0]},
        {"rates_eps": [MOST_EPS + 1]},
        {"instance_cpu": SMALLEST_CORES / 2},
    ],
)
def test_what_lies_outside_of_the_form_is_no_plan(changed):
    with pytest.raises(ConfigError):
        plan_from(plan_of(asked(**changed)), "the form")
