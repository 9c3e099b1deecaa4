"""What a million events cost at every rate that was held. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.agenda import attempts_of
from benchmarks.attempts import outcome_at
from benchmarks.cost import Cost, PaidSize, Part, both
from benchmarks.plan import Plan
from benchmarks.result import CellResult, RunResult, StepResult
from benchmarks.sizing_result import CostResult

INSTANCES_ROLE: Final = "instances"
OVERHEAD_ROLE: Final = "overhead"
_BYTES_OF_MB: Final = 1_000_000
_BYTES_OF_GIB: Final = 2**30
_DIGITS: Final = 6


def costs(plan: Plan, cells: Iterable[CellResult], steps: Sequence[StepResult]) -> list[CostResult]:
    """Instances and overhead of every cell at every rate that it held; empty without prices."""
    if plan.prices is None:
        return []
    found = []
    for cell in cells:
        mine = [step for step in steps if step.cell == cell.id]
        for rate_eps in sorted({step.rate_eps for step in mine}):
            repeated = [step for step in mine if step.rate_eps == rate_eps]
            if outcome_at(attempts_of(repeated), rate_eps) == "held":
                held = [step for step in repeated if step.verdict == "sustainable"]
                found += _rows(plan, cell, rate_eps, held)
    return found


def fewest(rows: Iterable[CostResult], rate_eps: float) -> list[CostResult]:
    """All parts of the fewest cores that held a rate, and of these of the fewest instances."""
    mine = [row for row in rows if row.rate_eps == rate_eps]
    if not mine:
        return []
    least = min(map(_cores_and_count, mine))
    return [row for row in mine if _cores_and_count(row) == least]


def _cores_and_count(row: CostResult) -> tuple[float, int]:
    # without a quota an instance takes what there is: then only their number counts
    return row.instances * (row.cpu or 1.0), row.instances


def cost_sentence(result: RunResult) -> str:
    """Each engine at the highest rate that all of them held, else at the highest of its own."""
    rows, prices = result.costs, result.plan.prices
    by_engine = {row.engine: [one for one in rows if one.engine == row.engine] for row in rows}
    rates = [{row.rate_eps for row in mine} for mine in by_engine.values()]
    shared = set.intersection(*rates) if rates else set()
    words = [
        text
        for mine in by_engine.values()
        if (text := _words_of_engine(mine, max(shared or {row.rate_eps for row in mine})))
    ]
    if prices is None or not words:
        return ""
    return (
        f"A million events cost {' and '.join(words)}, in {prices.currency}, prices of "
        f"{prices.dated:%Y-%m-%d}."
    )


def _words_of_engine(rows: Sequence[CostResult], rate_eps: float) -> str:
    parts = fewest(rows, rate_eps)
    paid, used = total_provisioned(parts), total_used(parts)
    if paid is None:
        return ""
    count = parts[0].instances
    what = f"{count} instance{'' if count == 1 else 's'}"
    beside = " and what runs beside" if len(parts) > 1 else ""
    spent = "" if used is None else f"; CPU time that was used: {used:.3g}"
    return f"{paid:.3g} on {parts[0].engine} at {rate_eps:g} events/s ({what}{beside}{spent})"


def total_provisioned(rows: Iterable[CostResult]) -> float | None:
    """All parts together; None where a part has no price."""
    parts = [row.provisioned for row in rows]
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def total_used(rows: Iterable[CostResult]) -> float | None:
    """All parts together; None where a part was not measured."""
    parts = [row.used for row in rows]
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _rows(
    plan: Plan, cell: CellResult, rate_eps: float, held: Sequence[StepResult]
) -> list[CostResult]:
    assert plan.prices is not None  # noqa: S101  # asked before
    size, prices = _size(cell, held), plan.prices
    used_s, beside_s = _median_use(held, "instances"), _median_use(held, "overhead")
    parts = [both("instances", size, cell.instances, used_s, rate_eps, prices)]
    beside = plan.overhead.get(cell.engine)
    if beside is not None or beside_s is not None:
        # what nothing is paid for is there all the same: its CPU time was measured
        parts.append(both("overhead", beside, 1, beside_s, rate_eps, prices))
    return [_row(cell, rate_eps, part) for part in parts]


def _row(cell: CellResult, rate_eps: float, cost: Cost) -> CostResult:
    return CostResult(
        engine=cell.engine,
        instances=cell.instances,
        cpu=cell.cpu,
        memory_mb=cell.memory_mb,
        rate_eps=rate_eps,
        part=cost.part,
        provisioned=None if cost.provisioned is None else round(cost.provisioned, _DIGITS),
        used=None if cost.used is None else round(cost.used, _DIGITS),
    )


def _size(cell: CellResult, held: Sequence[StepResult]) -> PaidSize | None:
    """What is paid for an instance; one that nothing held to a quota has no size of its own."""
    is_free = any(step.limited_by == "none" for step in held)
    if cell.cpu is None or cell.memory_mb is None or is_free:
        return None
    return PaidSize(vcpu=cell.cpu, gib=cell.memory_mb * _BYTES_OF_MB / _BYTES_OF_GIB)


def _median_use(steps: Iterable[StepResult], part: Part) -> float | None:
    found = [one for step in steps if (one := _cpu_per_million(step, part)) is not None]
    return statistics.median(found) if found else None


def _cpu_per_million(step: StepResult, part: Part) -> float | None:
    """Of one part; where the parts were not told apart all of the engine counts as instances."""
    whole = step.cpu_s_per_million
    roles = {INSTANCES_ROLE, OVERHEAD_ROLE} & set(step.use)
    if whole is None or not roles:
        return whole if part == "instances" else None
    role = INSTANCES_ROLE if part == "instances" else OVERHEAD_ROLE
    total_s = sum(step.use[one].cpu_s for one in roles)
    if role not in step.use or not total_s:
        return None
    return whole * step.use[role].cpu_s / total_s
