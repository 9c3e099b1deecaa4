"""`streamgauge plan`: what a run would do, how long it takes, how much disk it needs. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.agenda import Cell, Probe
from benchmarks.forecast import action_s, broker_bytes, dry_run, estimate_s, results_bytes
from benchmarks.names import place_of
from benchmarks.plan import Plan, Step


class ForeseenStep(BaseModel):
    """A step or a drain that a run would make."""

    model_config = ConfigDict(frozen=True)

    id: str
    rate_eps: float | None = Field(description="null: a drain, or a rate that a search chooses")
    about_s: float


class Foreseen(BaseModel):
    """What a run would do."""

    model_config = ConfigDict(frozen=True)

    plan: str
    title: str
    profile: str
    question: str
    at_most: bool = Field(description="steps that an answer makes needless are counted")
    searches: bool = Field(description="steps of a search are guessed")
    steps: list[ForeseenStep]
    wall_s: float
    budget_s: float | None = Field(description="no step begins that would end later than this")
    results_mb: float
    broker_mb: float


def foresee(plan: Plan, cells: Sequence[Cell]) -> Foreseen:
    """What a run of a plan would do."""
    actions = dry_run(plan, cells) * max(len(plan.label_delays_h), 1)
    return Foreseen(
        plan=plan.id,
        title=plan.title,
        profile=plan.profile,
        question=plan.question,
        at_most=plan.question == "demand" and len(plan.instances) * len(plan.instance.sizes) > 1,
        searches=plan.find == "knee",
        steps=[_foreseen(plan, action) for action in actions],
        wall_s=min(estimate_s(actions, plan.step.settle_s), plan.budget_s or math.inf),
        budget_s=plan.budget_s,
        results_mb=round(results_bytes(actions) / 1e6, 1),
        broker_mb=round(broker_bytes(actions) / 1e6, 1),
    )


def _foreseen(plan: Plan, action: Step | Probe) -> ForeseenStep:
    if isinstance(action, Probe):
        return ForeseenStep(id=action.id, rate_eps=None, about_s=action_s(action))
    if action.rate_eps in plan.rates_eps:
        return ForeseenStep(id=action.id, rate_eps=action.rate_eps, about_s=action_s(action))
    place = place_of(action.engine, action.instances, action.size_name)
    return ForeseenStep(id=f"{place}-search", rate_eps=None, about_s=action_s(action))


def describe(foreseen: Foreseen) -> str:
    """It as text: one line for each step, then the sums."""
    lines = [f"plan {foreseen.plan} ({foreseen.profile}, {foreseen.question}): {foreseen.title}"]
    for number, step in enumerate(foreseen.steps, start=1):
        lines.append(f"{number:4d}  {step.id:<32} {step.about_s:5.0f} s")
    most = "at most " if foreseen.at_most else ""
    guessed = ", the steps of a search are a guess" if foreseen.searches else ""
    budget = ", then the budget is used up" if foreseen.wall_s == foreseen.budget_s else ""
    lines.append(
        f"{most}{len(foreseen.steps)} steps, about {foreseen.wall_s / 60:.0f} min"
        f"{budget}{guessed}; "
        f"{foreseen.results_mb:,.0f} MB of results, at a time {foreseen.broker_mb:,.0f} MB in the "
        "broker"
    )
    return "\n".join(lines)
