"""Which rates the transaction files can feed for a whole step. Pure.

A step needs its rate for its warm-up and its window. Files that end before that would make it
invalid after minutes of waiting, so a plan is fitted to them before its first step.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.plan import Plan
from fraud_core.errors import ConfigError

_REMEDY = (
    "give more days (`python -m model_export simulate --days N`), or shorten step.warmup_s and "
    "step.measure_s"
)


def most_eps(plan: Plan, transactions: int) -> int:
    """The highest whole rate, events per second, that lasts for a step of the plan.

    Args:
        plan: tells how long a step is.
        transactions: how many the files hold after the artifact's history.
    """
    return math.floor(transactions / (plan.step.warmup_s + plan.step.measure_s))


def fitted(plan: Plan, transactions: int, say: Callable[[str], None]) -> Plan:
    """A plan that asks no rate which the files cannot feed.

    A search gets a ceiling, and a ladder ends below the first rate that is too high: both answer
    with what was held below. What a plan asks to the letter is not left out.

    Args:
        plan: as it was asked.
        transactions: how many the files hold after the artifact's history.
        say: told what is left out.

    Raises:
        ConfigError: a rate that the plan asks to the letter is too high for the files.
    """
    most = most_eps(plan, transactions)
    above = [rate_eps for rate_eps in sorted(plan.rates_eps) if rate_eps > most]
    if above and not (plan.ladder and len(above) < len(plan.rates_eps)):
        raise ConfigError(_too_few(plan, above[0], transactions))
    if above:
        rates = ", ".join(f"{rate_eps:g}" for rate_eps in above)
        say(f"left out: {rates}/s: {_too_few(plan, above[0], transactions)}")
        kept = [rate_eps for rate_eps in plan.rates_eps if rate_eps <= most]
        plan = plan.model_copy(update={"rates_eps": kept})
    if plan.find == "knee" and most < plan.search.highest_eps:
        search = plan.search.model_copy(update={"highest_eps": float(max(most, 1))})
        plan = plan.model_copy(update={"search": search})
    return plan


def _too_few(plan: Plan, rate_eps: float, transactions: int) -> str:
    lasts_s = plan.step.warmup_s + plan.step.measure_s
    return (
        f"{rate_eps:g} transactions a second for {lasts_s:g} s are {rate_eps * lasts_s:,.0f}, and "
        f"the files hold {transactions:,} after the artifact's history: {_REMEDY}"
    )
