"""What a campaign would do, how long that takes and how much space it needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.agenda import NOTHING, Cell, Measured, Probe, Standing, next_action
from benchmarks.plan import Plan, Step
from benchmarks.verdict import Verdict

ENGINE_START_S: Final = 25
"""Usual time from starting an engine to its readiness."""
STEP_OVERHEAD_S: Final = 10
"""Usual time for topics, start of the load, drain and check."""
PROBE_S: Final = 60
"""Usual time of a drain probe."""
WHOLE_DRAIN_S: Final = 90
"""Usual time of preloading, draining and checking 150,000 records."""
RESULT_BYTES_PER_EVENT: Final = 60
"""Ledger and outputs of a step, compressed: 44 were measured, and 7 for customers, amounts and
sampled features."""
BROKER_BYTES_PER_EVENT: Final = 2500
"""Input, label and prediction while a step runs; its topics are deleted at its end."""
_DRAIN_OVER_KNEE: Final = 1.2
_KNEE_OVER_FIRST: Final = 1.05


@dataclass(frozen=True, slots=True)
class _Guess:
    """A step as a dry run imagines it."""

    engine: str
    instances: int
    rate_eps: float
    repetition: int
    verdict: Verdict
    slo_met: bool | None = True
    cpu: float | None = None


def dry_run(
    plan: Plan, cells: Sequence[Cell], standing: Standing = NOTHING, knee_eps: float = 1000.0
) -> list[Step | Probe]:
    """What a campaign would do, if one instance held a made-up rate and N held N times as much.

    In a demand plan every rate counts as lost below the largest count and size, so that the list
    is the longest that the campaign may become; a search may take a few steps more or less.

    Args:
        plan: the plan.
        cells: those that are measured here.
        standing: what is measured already.
        knee_eps: the made-up rate.
    """
    steps: list[Measured] = list(standing.steps)
    drains: dict[str, float | None] = dict(standing.drains or {})
    actions: list[Step | Probe] = []
    while (action := next_action(plan, cells, Standing(steps, drains))) is not None:
        actions.append(action)
        if isinstance(action, Probe):
            cell_eps = knee_eps * action.cell.instances * (action.cell.cpu or 1)
            drains[action.cell.id] = cell_eps * _DRAIN_OVER_KNEE
        else:
            drain_eps = drains.get(action.cell)
            cell_eps = _each_eps(plan, action, knee_eps) * action.instances
            cell_eps = drain_eps / _DRAIN_OVER_KNEE if drain_eps else cell_eps
            steps.append(_guess(plan, action, cell_eps))
    return actions


def _each_eps(plan: Plan, step: Step, knee_eps: float) -> float:
    first_eps = plan.search.first_eps.get(step.engine)
    return first_eps * _KNEE_OVER_FIRST if first_eps else knee_eps * (step.cpu or 1)


def _guess(plan: Plan, step: Step, knee_eps: float) -> _Guess:
    held = step.rate_eps <= knee_eps
    if step.rate_eps in plan.rates_eps and plan.question == "demand":
        largest = max(size or 0 for size in plan.instance.sizes)
        held = step.instances == max(plan.instances) and (step.cpu or 0) == largest
    verdict: Verdict = "sustainable" if held else "unsustainable"
    return _Guess(
        step.engine, step.instances, step.rate_eps, step.repetition, verdict, cpu=step.cpu
    )


def estimate_s(actions: Sequence[Step | Probe], settle_s: float = 0) -> float:
    """Usual wall time."""
    return sum(action_s(action) + settle_s for action in actions)


def action_s(action: Step | Probe) -> float:
    """Usual wall time of one action."""
    if isinstance(action, Probe):
        return ENGINE_START_S + (WHOLE_DRAIN_S if action.whole else PROBE_S)
    return action.load_s + ENGINE_START_S + STEP_OVERHEAD_S


def results_bytes(actions: Sequence[Step | Probe]) -> float:
    """Space that the results take at the end."""
    kept = [one for one in actions if isinstance(one, Step) or one.whole]
    return sum(RESULT_BYTES_PER_EVENT * _events(one) for one in kept)


def broker_bytes(actions: Sequence[Step | Probe]) -> float:
    """Space that the broker needs for the largest step; topics are deleted after each."""
    return max((BROKER_BYTES_PER_EVENT * _events(one) for one in actions), default=0)


def _events(action: Step | Probe) -> float:
    if isinstance(action, Probe):
        return action.records
    return action.rate_eps * action.load_s
