"""Card transactions by the rules of the Fraud Detection Handbook.

Source: Le Borgne, Siblini, Lebichot, Bontempi, "Reproducible Machine Learning for Credit Card
Fraud Detection", chapter 3 (transaction data simulator). The rules are the book's, the code is
not. Amounts are integer cents throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from fraud_core.transaction import SECONDS_PER_DAY

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STANDARD_CUSTOMERS: Final = 5_000
STANDARD_TERMINALS: Final = 10_000
STANDARD_RADIUS: Final = 5.0
SIDE: Final = 100.0

_MIDDAY_S: Final = 43_200
_TIME_SPREAD_S: Final = 20_000

AMOUNT_FRAUD_CENTS: Final = 22_000
"""Scenario 1: every amount above 220 is a fraud."""
TERMINALS_A_DAY: Final = 2.0
TERMINAL_FRAUD_DAYS: Final = 28
"""Scenario 2: terminals that are compromised each day, and for how long."""
CUSTOMERS_A_DAY: Final = 3.0
CUSTOMER_FRAUD_DAYS: Final = 14
CUSTOMER_FRAUD_FACTOR: Final = 5
"""Scenario 3: a third of the transactions of some customers, with amounts multiplied."""

_DISTANCES_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """What is simulated.

    Attributes:
        seed: the same seed and sizes give the same transactions.
        days: length of the period.
        customers: number of customers.
        terminals: number of terminals.
        start: first day.
    """

    seed: int = 0
    days: int = 183
    customers: int = STANDARD_CUSTOMERS
    terminals: int = STANDARD_TERMINALS
    start: date = date(2018, 4, 1)

    @property
    def radius(self) -> float:
        """How far customers go: at small sizes further, so that each reaches as many terminals."""
        return STANDARD_RADIUS * float(np.sqrt(STANDARD_TERMINALS / self.terminals))


@dataclass(frozen=True, slots=True)
class Transactions:
    """Transactions by day, then by customer; arrays of one length.

    Attributes:
        day: counted from the first day.
        second: of the day.
        customer_id: who pays.
        terminal_id: where.
        cents: amount.
        fraud: 0 or 1.
        scenario: 0 for none, else 1 to 3.
    """

    day: Integers
    second: Integers
    customer_id: Integers
    terminal_id: Integers
    cents: Integers
    fraud: Integers
    scenario: Integers

    def __len__(self) -> int:
        return len(self.day)


def simulate(plan: SimulationPlan) -> Transactions:
    """Make the transactions of a plan."""
    makers = np.random.default_rng(plan.seed).spawn(4)
    reach = _reachable_terminals(plan, makers[0])
    day, customer = _purchases(plan, makers[1])
    customer, day = (column[reach.count[customer] > 0] for column in (customer, day))
    second = makers[1].normal(_MIDDAY_S, _TIME_SPREAD_S, len(day)).astype(np.int64)
    in_day = (second > 0) & (second < SECONDS_PER_DAY)
    day, customer, second = day[in_day], customer[in_day], second[in_day]
    cents = _amounts(plan, customer, makers[2])
    choice = (makers[2].random(len(day)) * reach.count[customer]).astype(np.int64)
    terminal = reach.terminal[reach.first[customer] + choice]
    clean = Transactions(
        day, second, customer, terminal, cents, np.zeros_like(day), np.zeros_like(day)
    )
    return _with_frauds(clean, plan, makers[3])


@dataclass(frozen=True, slots=True)
class _Reach:
    """Terminals within a customer's radius: `terminal[first[c] : first[c] + count[c]]`."""

    terminal: Integers
    first: Integers
    count: Integers


def _reachable_terminals(plan: SimulationPlan, maker: np.random.Generator) -> _Reach:
    customers = maker.uniform(0, SIDE, (plan.customers, 2))
    terminals = maker.uniform(0, SIDE, (plan.terminals, 2))
    found, counts = [], []
    step = max(1, _DISTANCES_AT_ONCE // plan.terminals)
    for low in range(0, plan.customers, step):
        apart = customers[low : low + step, None, :] - terminals[None, :, :]
        near = (apart**2).sum(axis=2) < plan.radius**2
        found.append(np.nonzero(near)[1])
        counts.append(near.sum(axis=1))
    count = np.concatenate(counts)
    return _Reach(np.concatenate(found), np.cumsum(count) - count, count)


def _purchases(plan: SimulationPlan, maker: np.random.Generator) -> tuple[Integers, Integers]:
    """Day and customer of every purchase, by day, then by customer."""
    rate = maker.uniform(0, 4, plan.customers)
    count = maker.poisson(rate, (plan.days, plan.customers))
    day, customer = np.divmod(np.arange(count.size), plan.customers)
    return np.repeat(day, count.ravel()), np.repeat(customer, count.ravel())


def _amounts(plan: SimulationPlan, customer: Integers, maker: np.random.Generator) -> Integers:
    mean = maker.uniform(5, 100, plan.customers)[customer]
    amount = maker.normal(mean, mean / 2)
    amount = np.where(amount < 0, maker.uniform(0, 2 * mean), amount)
    # one in 100,000 rounds to nothing, and the decoder takes no payment of nothing
    return np.maximum(np.rint(amount * 100).astype(np.int64), 1)


def _with_frauds(
    rows: Transactions, plan: SimulationPlan, maker: np.random.Generator
) -> Transactions:
    """Apply the three scenarios in the book's order; a later one overwrites the mark."""
    scenario = np.where(rows.cents > AMOUNT_FRAUD_CENTS, 1, 0)
    scenario[_at_compromised_terminals(rows, plan, maker)] = 2
    cents = rows.cents.copy()
    for stolen in _stolen(rows, plan, maker):
        cents[stolen] *= CUSTOMER_FRAUD_FACTOR  # twice for a customer who is drawn twice
        scenario[stolen] = 3
    fraud = (scenario > 0).astype(np.int64)
    return Transactions(
        rows.day, rows.second, rows.customer_id, rows.terminal_id, cents, fraud, scenario
    )


def _at_compromised_terminals(
    rows: Transactions, plan: SimulationPlan, maker: np.random.Generator
) -> npt.NDArray[np.bool_]:
    compromised = np.zeros((plan.days, plan.terminals), np.bool_)
    for day in range(plan.days - 1):
        count = _draws(TERMINALS_A_DAY * plan.terminals / STANDARD_TERMINALS, maker)
        drawn = maker.choice(plan.terminals, min(count, plan.terminals), replace=False)
        compromised[day : day + TERMINAL_FRAUD_DAYS, drawn] = True
    return compromised[rows.day, rows.terminal_id]


def _stolen(rows: Transactions, plan: SimulationPlan, maker: np.random.Generator) -> list[Integers]:
    """For each day, the rows that were paid with a card stolen on that day."""
    by_customer = np.argsort(rows.customer_id, kind="stable")  # within a customer still by day
    ends = np.cumsum(np.bincount(rows.customer_id, minlength=plan.customers))
    stolen = []
    for day in range(plan.days - 1):
        count = _draws(CUSTOMERS_A_DAY * plan.customers / STANDARD_CUSTOMERS, maker)
        drawn = maker.choice(plan.customers, min(count, plan.customers), replace=False)
        pooled = [by_customer[ends[one] - _length(ends, one) : ends[one]] for one in drawn]
        at_risk = np.concatenate([*pooled, np.zeros(0, np.int64)]).astype(np.int64)
        days = rows.day[at_risk]
        at_risk = at_risk[(days >= day) & (days < day + CUSTOMER_FRAUD_DAYS)]
        stolen.append(maker.choice(at_risk, len(at_risk) // 3, replace=False))
    return stolen


def _length(ends: Integers, one: int) -> int:
    return int(ends[one] - (ends[one - 1] if one else 0))


def _draws(expected: float, maker: np.random.Generator) -> int:
    """The book's fixed number at its sizes; in the mean the same share of others at small ones."""
    return int(expected) if expected == int(expected) else int(maker.poisson(expected))
