"""What a campaign does next, from its plan and from what is measured already. Pure.

Nothing is remembered but the saved steps, so a campaign that is taken up again does what it would
have done without the interrupt.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from benchmarks.plan import Plan, Step, cell_id, step_id
from benchmarks.search import Attempt, Knee, SearchSettings, Try, next_move
from benchmarks.verdict import Verdict

ENGINE_START_S: Final = 25
"""Usual time from starting an engine to its readiness; only for the estimate."""
STEP_OVERHEAD_S: Final = 10
"""Usual time for topics, start of the load, drain and check; only for the estimate."""
PROBE_S: Final = 60
"""Usual time of a drain probe; only for the estimate."""
WHOLE_DRAIN_S: Final = 90
"""Usual time of preloading, draining and checking 150,000 records; only for the estimate."""
PROBE_RECORDS: Final = 200_000
"""A fast engine needs 20 s for them; after 45 s a slow one has shown its rate as well. With a tenth
of that the start of the engine is most of what is measured."""
RESULT_BYTES_PER_EVENT: Final = 60
"""Ledger and outputs of a step, compressed: 44 were measured, and 7 for customers, amounts and
sampled features."""
BROKER_BYTES_PER_EVENT: Final = 2500
"""Input, label and prediction while a step runs; its topics are deleted at its end."""
_FAR_BELOW: Final = 0.5
_DRAIN_OVER_KNEE: Final = 1.2
"""Only for the estimate."""


class Measured(Protocol):
    """What is asked of a step that was measured."""

    @property
    def engine(self) -> str: ...  # noqa: D102
    @property
    def instances(self) -> int: ...  # noqa: D102
    @property
    def rate_eps(self) -> float: ...  # noqa: D102
    @property
    def repetition(self) -> int: ...  # noqa: D102
    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def slo_met(self) -> bool | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Cell:
    """One engine at one instance count."""

    engine: str
    instances: int

    @property
    def id(self) -> str:
        """Its name: `faust-2`."""
        return cell_id(self.engine, self.instances)

    def holds(self, step: Measured) -> bool:
        """True for a step of this cell."""
        return (step.engine, step.instances) == (self.engine, self.instances)


@dataclass(frozen=True, slots=True)
class Probe:
    """A drain of a full topic.

    Attributes:
        cell: what is drained with.
        records: how many are preloaded.
        whole: True where the plan asks for the predictions: it goes on to the last record. Before
            a search a stretch in its middle is enough.
    """

    cell: Cell
    records: int
    whole: bool = False

    @property
    def id(self) -> str:
        """Name of it inside its campaign."""
        return f"{self.cell.engine}-x{self.cell.instances}-drain"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is measured already.

    Attributes:
        steps: in the order in which they were measured.
        drains: cell's name -> drain rate, None where the probe gave none.
    """

    steps: Sequence[Measured] = ()
    drains: Mapping[str, float | None] | None = None

    def of(self, cell: Cell) -> list[Measured]:
        """The steps of a cell."""
        return [step for step in self.steps if cell.holds(step)]

    def is_probed(self, cell: Cell) -> bool:
        """True where the drain was tried."""
        return cell.id in (self.drains or {})

    def drain_eps(self, cell: Cell) -> float | None:
        """Its drain rate."""
        return (self.drains or {}).get(cell.id)


def cells_of(plan: Plan) -> list[Cell]:
    """All cells of a plan: counts shuffled by the seed, engines next to each other."""
    shuffled = random.Random(plan.seed)
    counts = shuffled.sample(plan.instances, len(plan.instances))
    engines = shuffled.sample(plan.engines, len(plan.engines))
    return [Cell(engine, count) for count in counts for engine in engines]


def next_action(plan: Plan, cells: Sequence[Cell], standing: Standing) -> Step | Probe | None:
    """What to do next; None where nothing is left.

    Cells take turns, so that a slow drift of the machine is nobody's advantage.

    Args:
        plan: the plan.
        cells: those that are measured here, in their order.
        standing: what is measured already.
    """
    by_turn = sorted(cells, key=lambda cell: len(standing.of(cell)) + standing.is_probed(cell))
    actions = (_action_of(plan, cells, cell, standing) for cell in by_turn)
    return next((action for action in actions if action is not None), None)


def is_finished(plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing) -> bool:
    """True where the plan asks no more of a cell."""
    return _action_of(plan, cells, cell, standing) is None


def _action_of(
    plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing
) -> Step | Probe | None:
    planned = _planned_rate(plan, cells, cell, standing)
    is_asked = plan.find != "rates" or planned is not None
    if plan.probes and is_asked and not standing.is_probed(cell):
        return Probe(cell, plan.probe_records or PROBE_RECORDS, whole=plan.find == "drain")
    if planned is not None:
        return _step(plan, cell, planned, standing)
    move = search_move(plan, standing.of(cell), standing.drain_eps(cell))
    return _step(plan, cell, move.rate_eps, standing) if isinstance(move, Try) else None


def _planned_rate(
    plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing
) -> float | None:
    """The next rate of the plan that this cell still owes; fewest repetitions first."""
    shuffled = random.Random(f"{plan.seed} {cell.id}")
    rates = shuffled.sample(plan.rates_eps, len(plan.rates_eps))
    owed = []
    for rate_eps in rates:
        tries = [step for step in standing.of(cell) if step.rate_eps == rate_eps]
        valid = sum(step.verdict != "invalid" for step in tries)
        tired = len(tries) - valid > plan.invalid_again
        needed = _is_needed(plan, cells, cell, rate_eps, standing)
        if valid < plan.repetitions and not tired and needed:
            owed.append((valid, rate_eps))
    return min(owed, key=lambda one: one[0])[1] if owed else None


def _is_needed(
    plan: Plan, cells: Sequence[Cell], cell: Cell, rate_eps: float, standing: Standing
) -> bool:
    """In a demand plan a count is needed only where every smaller one has lost the rate."""
    if plan.question == "capacity":
        return True
    smaller = [one for one in cells if one.engine == cell.engine and one.instances < cell.instances]
    return all(_has_lost(plan, one, rate_eps, standing) for one in smaller)


def _has_lost(plan: Plan, cell: Cell, rate_eps: float, standing: Standing) -> bool:
    """All its repetitions are measured, or it was tried in vain, and most were not held."""
    tries = [step for step in standing.of(cell) if step.rate_eps == rate_eps]
    valid = [step for step in tries if step.verdict != "invalid"]
    is_over = len(valid) >= plan.repetitions or len(tries) - len(valid) > plan.invalid_again
    return is_over and 2 * sum(is_answer(plan, step) for step in valid) <= len(valid)


def is_answer(plan: Plan, step: Measured) -> bool:
    """True where a step holds its rate; with the latency where the plan requires that."""
    return step.verdict == "sustainable" and (
        "slo" not in plan.require or step.slo_met is not False
    )


def search_move(plan: Plan, steps: Sequence[Measured], drain_eps: float | None) -> Try | None:
    """The next rate of the search of a cell, or None where it is over or not asked."""
    if plan.find != "knee":
        return None
    attempts = attempts_of(steps)
    if drain_eps and _is_all_far_below(attempts, drain_eps, plan.search):
        attempts = []  # planned rates say nothing near the limit: begin at the drain
    for kind in plan.knees:
        move = next_move(attempts, drain_eps, plan.search, kind)
        if not isinstance(move, Knee):
            return move
    return None


def _is_all_far_below(
    attempts: Sequence[Attempt], drain_eps: float, settings: SearchSettings
) -> bool:
    first_eps = settings.drain_share * drain_eps
    return all(
        one.verdict == "sustainable" and one.rate_eps < _FAR_BELOW * first_eps for one in attempts
    )


def attempts_of(steps: Sequence[Measured]) -> list[Attempt]:
    """The steps of a cell as the search sees them."""
    return [Attempt(step.rate_eps, step.verdict, step.slo_met) for step in steps]


def _step(plan: Plan, cell: Cell, rate_eps: float, standing: Standing) -> Step:
    taken = {step.repetition for step in standing.of(cell) if step.rate_eps == rate_eps}
    free = next(number for number in range(1, len(taken) + 2) if number not in taken)
    return Step(
        engine=cell.engine,
        instances=cell.instances,
        rate_eps=rate_eps,
        warmup_s=plan.step.warmup_s,
        measure_s=plan.step.measure_s,
        repetition=free,
    )


@dataclass(frozen=True, slots=True)
class _Guess:
    """A step as a dry run imagines it."""

    engine: str
    instances: int
    rate_eps: float
    repetition: int
    verdict: Verdict
    slo_met: bool | None = True

    @property
    def id(self) -> str:
        return step_id(self.engine, self.instances, self.rate_eps, self.repetition)


def dry_run(
    plan: Plan, cells: Sequence[Cell], standing: Standing = Standing(), knee_eps: float = 1000.0
) -> list[Step | Probe]:
    """What a campaign would do, if one instance held a made-up rate and N held N times as much.

    In a demand plan every rate of the plan counts as lost below the largest count, so that the list
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
            drains[action.cell.id] = knee_eps * action.cell.instances * _DRAIN_OVER_KNEE
        else:
            drain_eps = drains.get(action.cell)
            cell_eps = drain_eps / _DRAIN_OVER_KNEE if drain_eps else knee_eps * action.instances
            steps.append(_guess(plan, action, cell_eps))
    return actions


def _guess(plan: Plan, step: Step, knee_eps: float) -> _Guess:
    held = step.rate_eps <= knee_eps
    if step.rate_eps in plan.rates_eps and plan.question == "demand":
        held = step.instances == max(plan.instances)
    verdict: Verdict = "sustainable" if held else "unsustainable"
    return _Guess(step.engine, step.instances, step.rate_eps, step.repetition, verdict)


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
