"""What a campaign does next, from its plan and from what is measured already. Pure.

Nothing is remembered but the saved steps, so a campaign that is taken up again does what it would
have done without the interrupt.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from benchmarks.attempts import Attempt, KneeKind, outcome_at, rates_of
from benchmarks.ladder import Rung, next_rung
from benchmarks.names import Elsewhere, cell_id, place_of
from benchmarks.plan import EXTERNAL, Plan, Step
from benchmarks.search import Knee, SearchSettings, Try, next_move
from benchmarks.verdict import Verdict

PROBE_RECORDS: Final = 200_000
"""A fast engine needs 20 s for them; after 45 s a slow one has shown its rate as well. With a tenth
of that the start of the engine is most of what is measured."""
ONE_PROCESS: Final = frozenset({"plain", "quix"})
"""Engines that cannot be scaled: they show what the frameworks of the others cost."""
_FAR_BELOW: Final = 0.5


class Measured(Protocol):
    """What is asked of a step that was measured."""

    @property
    def engine(self) -> str: ...  # noqa: D102
    @property
    def instances(self) -> int: ...  # noqa: D102
    @property
    def cpu(self) -> float | None: ...  # noqa: D102
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
    """One engine at one instance count and one size.

    Attributes:
        engine: its name.
        instances: how many.
        cpu: CPU quota of each, cores; None for none.
        memory_mb: memory of each; None for as much as there is.
        size_name: what tells sizes apart in names; empty where the plan has one size.
    """

    engine: str
    instances: int
    cpu: float | None = None
    memory_mb: int | None = None
    size_name: str = ""

    @property
    def id(self) -> str:
        """Its name: `faust-2`, `faust-2-c0.25`."""
        return cell_id(self.engine, self.instances, self.size_name)

    @property
    def place(self) -> str:
        """What the names of its steps and topics begin with."""
        return place_of(self.engine, self.instances, self.size_name)

    def holds(self, step: Measured) -> bool:
        """True for a step of this cell."""
        mine = (self.engine, self.instances, self.cpu)
        return (step.engine, step.instances, step.cpu) == mine


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
        return f"{self.cell.place}-drain"


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


NOTHING: Final = Standing()
"""Before the first step."""


def cells_of(plan: Plan) -> list[Cell]:
    """All cells of a plan: counts and sizes shuffled by the seed, engines next to each other."""
    shuffled = random.Random(plan.seed)
    counts = shuffled.sample(plan.instances, len(plan.instances))
    engines = shuffled.sample(plan.engines, len(plan.engines))
    sizes = shuffled.sample(plan.instance.sizes, len(plan.instance.sizes))
    return [
        cell_of(plan, engine, count, cpu)
        for count in counts
        for cpu in sizes
        for engine in engines
        if count in counts_of(plan, engine)
    ]


def counts_of(plan: Plan, engine: str) -> tuple[int, ...]:
    """The counts at which a plan measures an engine: a baseline is one process, beside them all."""
    is_ours = not isinstance(engine, Elsewhere)
    if is_ours and engine in ONE_PROCESS and 1 in plan.instances:
        return (1,)
    return plan.instances


def cell_of(plan: Plan, engine: str, instances: int, cpu: float | None) -> Cell:
    """A cell as a plan names it."""
    limits = plan.instance
    return Cell(engine, instances, cpu, limits.memory_mb, limits.name_of(cpu))


def next_action(plan: Plan, cells: Sequence[Cell], standing: Standing) -> Step | Probe | None:
    """What to do next; None where nothing is left.

    Cells take turns, so that a slow drift of the machine is nobody's advantage.

    Args:
        plan: the plan.
        cells: those that are measured here, in their order.
        standing: what is measured already.
    """
    by_turn = sorted(cells, key=lambda cell: _turns_taken(plan, cells, cell, standing))
    actions = (_action_of(plan, cells, cell, standing) for cell in by_turn)
    return next((action for action in actions if action is not None), None)


def _turns_taken(plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing) -> int:
    # on a ladder one cell of an engine has a step at a time: the engines take turns
    mine = _peers(cells, cell) if plan.ladder else [cell]
    return sum(len(standing.of(one)) + standing.is_probed(one) for one in mine)


def _peers(cells: Sequence[Cell], cell: Cell) -> list[Cell]:
    """The cells that differ from one in their count only, itself included, counts rising."""
    mine = [one for one in cells if (one.engine, one.cpu) == (cell.engine, cell.cpu)]
    return sorted(mine, key=lambda one: one.instances)


def is_finished(plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing) -> bool:
    """True where the plan asks no more of a cell."""
    return _action_of(plan, cells, cell, standing) is None


def _action_of(
    plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing
) -> Step | Probe | None:
    planned = _planned_rate(plan, cells, cell, standing)
    is_asked = plan.find != "rates" or planned is not None
    if _is_probed_first(plan, cell) and is_asked and not standing.is_probed(cell):
        return Probe(cell, plan.probe_records or PROBE_RECORDS, whole=plan.find == "drain")
    if planned is not None:
        return _step(plan, cell, planned, standing)
    expected_eps = _expected_eps(plan, cells, cell, standing)
    move = search_move(plan, standing.of(cell), standing.drain_eps(cell), expected_eps)
    return _step(plan, cell, move.rate_eps, standing) if isinstance(move, Try) else None


def _is_probed_first(plan: Plan, cell: Cell) -> bool:
    """Whether a cell begins with a drain; not where the plan says where its search begins.

    Nor with an external engine: what it would leave of a drain stands before the next step.
    """
    is_ours = cell.engine in plan.engines and cell.engine != EXTERNAL
    return plan.probes and is_ours and cell.engine not in plan.search.first_eps


def _planned_rate(
    plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing
) -> float | None:
    """The next rate of the plan that this cell still owes; fewest repetitions first."""
    if plan.ladder:
        return _rate_of_ladder(plan, cells, cell, standing)
    shuffled = random.Random(f"{plan.seed} {cell.id}")
    rates = shuffled.sample(plan.rates_eps, len(plan.rates_eps))
    owed = []
    for rate_eps in rates:
        tries = [step for step in standing.of(cell) if step.rate_eps == rate_eps]
        needed = _is_needed(plan, cells, cell, rate_eps, standing)
        if needed and not _is_over(plan, tries):
            owed.append((sum(step.verdict != "invalid" for step in tries), rate_eps))
    return min(owed, key=lambda one: one[0])[1] if owed else None


def _rate_of_ladder(
    plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing
) -> float | None:
    peers = {one.instances: one for one in _peers(cells, cell)}
    rung = next_rung(
        list(peers),
        plan.rates_eps,
        lambda count, rate_eps: _rung_of(plan, peers[count], rate_eps, standing),
    )
    return rung[1] if rung is not None and rung[0] == cell.instances else None


def _rung_of(plan: Plan, cell: Cell, rate_eps: float, standing: Standing) -> Rung:
    tries = [step for step in standing.of(cell) if step.rate_eps == rate_eps]
    if not _is_over(plan, tries):
        return "open"
    if not _has_lost(plan, cell, rate_eps, standing):
        return "held"
    by: KneeKind = "latency" if "slo" in plan.require else "backlog"
    return "lost" if outcome_at(attempts_of(tries), rate_eps, by) == "lost" else "undecided"


def _is_over(plan: Plan, tries: Sequence[Measured]) -> bool:
    """All repetitions of a rate are measured, or it was tried in vain."""
    valid = sum(step.verdict != "invalid" for step in tries)
    return valid >= plan.repetitions or len(tries) - valid > plan.invalid_again


def _is_needed(
    plan: Plan, cells: Sequence[Cell], cell: Cell, rate_eps: float, standing: Standing
) -> bool:
    """In a demand plan a count is needed only where every smaller one has lost the rate.

    A size of instances is needed only where one instance of no smaller size holds it alone.
    """
    if plan.question == "capacity":
        return True
    fewer = [one for one in _peers(cells, cell) if one.instances < cell.instances]
    smaller = [
        one
        for one in cells
        if one.engine == cell.engine and one.instances == 1 and (one.cpu or 0) < (cell.cpu or 0)
    ]
    return all(_has_lost(plan, one, rate_eps, standing) for one in (*fewer, *smaller))


def _has_lost(plan: Plan, cell: Cell, rate_eps: float, standing: Standing) -> bool:
    """All its repetitions are measured, or it was tried in vain, and most were not held."""
    tries = [step for step in standing.of(cell) if step.rate_eps == rate_eps]
    valid = [step for step in tries if step.verdict != "invalid"]
    return _is_over(plan, tries) and 2 * sum(is_answer(plan, step) for step in valid) <= len(valid)


def is_answer(plan: Plan, step: Measured) -> bool:
    """True where a step holds its rate; with the latency where the plan requires that."""
    return step.verdict == "sustainable" and (
        "slo" not in plan.require or step.slo_met is not False
    )


def _expected_eps(
    plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing
) -> float | None:
    """What the plan says, else what the nearest count lets expect that has been tried."""
    if each_eps := plan.search.first_eps.get(cell.engine):
        return each_eps * cell.instances
    others = [one for one in _peers(cells, cell) if one != cell]
    others.sort(key=lambda one: abs(one.instances - cell.instances))
    for other in others:
        rates = rates_of(attempts_of(standing.of(other)), "backlog")
        held = [one.rate_eps for one in rates if one.outcome == "held"]
        lost = [one.rate_eps / plan.search.factor for one in rates if one.outcome == "lost"]
        if held or lost:
            return (max(held) if held else min(lost)) * cell.instances / other.instances
    return None


def search_move(
    plan: Plan,
    steps: Sequence[Measured],
    drain_eps: float | None,
    expected_eps: float | None = None,
) -> Try | None:
    """The next rate of the search of a cell, or None where it is over or not asked."""
    if plan.find != "knee":
        return None
    attempts = attempts_of(steps)
    if drain_eps and _is_all_far_below(attempts, drain_eps, plan.search):
        attempts = []  # planned rates say nothing near the limit: begin at the drain
    for kind in plan.knees:
        if kind == "latency" and attempts and all(one.slo_met is None for one in attempts):
            continue  # no run of this engine tells its latency: no further one will
        move = next_move(attempts, drain_eps, plan.search, kind, expected_eps)
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
        cpu=cell.cpu,
        memory_mb=cell.memory_mb,
        size_name=cell.size_name,
    )
