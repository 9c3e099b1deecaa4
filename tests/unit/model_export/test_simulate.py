from datetime import date

import numpy as np
import pytest

from model_export.simulate import SimulationPlan, simulate

PLAN = SimulationPlan(seed=1, days=120, customers=1000, terminals=2000, start=date(2018, 4, 1))


@pytest.fixture(scope="module")
def rows():
    return simulate(PLAN)


def test_a_seed_gives_the_same_transactions_and_another_one_others(rows):
    again, other = simulate(PLAN), simulate(SimulationPlan(2, 120, 1000, 2000))
    assert all(np.array_equal(getattr(rows, name), getattr(again, name)) for name in rows.__slots__)
    assert len(other) != len(rows)


def test_customers_pay_about_twice_a_day(rows):
    assert len(rows) / PLAN.days / PLAN.customers == pytest.approx(1.94, rel=0.06)


def test_rows_come_by_day_then_by_customer(rows):
    order = np.lexsort((rows.customer_id, rows.day))
    assert np.array_equal(order, np.arange(len(rows)))


def test_the_share_of_frauds_is_the_handbooks_at_small_sizes_too(rows):
    assert 0.004 < rows.fraud.mean() < 0.014
    assert set(np.unique(rows.scenario)) == {0, 1, 2, 3}
    assert np.array_equal(rows.fraud, rows.scenario > 0)


def test_every_amount_above_220_is_a_fraud(rows):
    assert rows.fraud[rows.cents > 22_000].all()
    assert (rows.cents > 0).all()


def test_a_compromised_terminal_is_so_for_28_days_at_most_in_a_row(rows):
    for terminal in np.unique(rows.terminal_id[rows.scenario == 2])[:20]:
        here = (rows.terminal_id == terminal) & (rows.scenario != 3) & (rows.scenario != 1)
        days = rows.day[here & (rows.scenario == 2)]
        fraud_days, other_days = set(days), set(rows.day[here & (rows.scenario == 0)])
        assert not fraud_days & other_days


def test_customers_reach_as_many_terminals_in_a_small_town():
    assert SimulationPlan(terminals=10_000).radius == pytest.approx(5)
    assert SimulationPlan(terminals=100).radius == pytest.approx(50)


@pytest.mark.parametrize("plan", [SimulationPlan(0, 1, 1, 1), SimulationPlan(0, 3, 5, 1)])
def test_tiny_sizes_work(plan):
    assert (simulate(plan).day < plan.days).all()
