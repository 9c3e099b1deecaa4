"""What the steps of a campaign say together: knees of cells, demand for each target. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from benchmarks.agenda import (
    Cell,
    Standing,
    attempts_of,
    cell_of,
    counts_of,
    is_answer,
    is_finished,
)
from benchmarks.attempts import KneeKind, outcome_at
from benchmarks.demand import CellRuns, Demand, demands
from benchmarks.plan import Plan, with_names
from benchmarks.result import (
    AnswerResult,
    CellResult,
    KneeResult,
    RunResult,
    StepResult,
    cell_title,
)
from benchmarks.search import Knee, known_so_far
from benchmarks.sizing import capacity_sentences, demand_sentences, sized

DECIDED: Final = frozenset({"held", "lost"})


def answered(
    result: RunResult, steps: Sequence[StepResult], drains: Mapping[str, float | None]
) -> RunResult:
    """A campaign with its steps, and with what follows from them.

    Args:
        result: whatever it held before.
        steps: in the order in which they were measured.
        drains: cell's name -> drain rate, None where the probe gave none.
    """
    plan, standing = result.plan, Standing(steps, drains)
    in_order = sorted_cells(with_names(plan, [step.engine for step in steps]))
    found = [cell for cell in in_order if standing.of(cell) or standing.is_probed(cell)]
    cells = [_cell(plan, in_order, cell, standing) for cell in found]
    free = {step.cell for step in steps if step.limited_by == "none"}
    runs = [_runs(plan, cell, standing, None if cell.id in free else cell.cpu) for cell in found]
    by: KneeKind = "latency" if "slo" in plan.require else "backlog"
    asked = demands(runs, plan.rates_eps, by) if runs and plan.question == "demand" else []
    sentences = [
        *demand_sentences(plan, asked, runs, by),
        *_cell_sentences(plan, cells, steps),
        *_not_measured(steps),
    ]
    missing = [
        one.id
        for one in in_order
        if one not in found and not is_finished(plan, in_order, one, standing)
    ]
    known = {
        "steps": list(steps),
        "cells": cells,
        "cells_missing": missing,
        "answers": [_answer(one) for one in asked],
        "sentence": " ".join(sentences),
    }
    return sized(result.model_copy(update=known), runs, asked, by)


def _answer(demand: Demand) -> AnswerResult:
    return AnswerResult(
        engine=demand.engine,
        target_eps=demand.target_eps,
        instances=demand.instances,
        verified=demand.verified,
        headroom=None if demand.headroom is None else round(demand.headroom, 2),
        recommended=demand.recommended,
        smallest_cpu=demand.smallest_cores,
        sentence=demand.sentence,
    )


def _cell_sentences(
    plan: Plan, cells: Sequence[CellResult], steps: Sequence[StepResult]
) -> Iterator[str]:
    """What each cell holds, or how fast it drains."""
    if plan.find == "knee" or plan.question == "capacity":
        scaled, others = capacity_sentences(cells)
        yield from scaled
        yield from filter(None, map(knee_sentence, others))
        tried = {step.cell for step in steps if step.verdict != "invalid"}
        for cell in cells:
            if cell.id in tried and cell.knee_backlog is None:
                who = cell_title(cell)
                yield f"No rate that was tried decides where the backlog of {who} grows."
    else:
        yield from (drain_sentence(cell) for cell in cells if cell.drain_eps)


def _not_measured(steps: Sequence[StepResult]) -> list[str]:
    """What outputs without a source leave open."""
    engines = dict.fromkeys(step.engine for step in steps if step.duplicates is None)
    return [
        f"Latency, duplicates and parity of {engine} are not measured: its outputs carry no "
        "headers that name their source."
        for engine in engines
    ]


def sorted_cells(plan: Plan) -> list[Cell]:
    """All cells in the order of the plan."""
    return [
        cell_of(plan, engine, count, cpu)
        for engine in plan.engines
        for count in counts_of(plan, engine)
        for cpu in plan.instance.sizes
    ]


def knee_sentence(cell: CellResult) -> str:
    """Where the backlog of a cell starts to grow."""
    knee = cell.knee_backlog
    if knee is None:
        return ""
    who = cell_title(cell)
    if knee.low_eps is None:
        return f"{who} holds no rate that was tried, and lost {knee.high_eps:g} events/s."
    if knee.high_eps is None:
        return f"{who} holds {knee.low_eps:g} events/s, nothing was lost."
    sure = "" if knee.confirmed else " (not confirmed)"
    return (
        f"The backlog of {who} starts to grow between {knee.low_eps:g} and "
        f"{knee.high_eps:g} events/s{sure}."
    )


def drain_sentence(cell: CellResult) -> str:
    """How fast a cell whose knee was not searched catches up: its knee is below that."""
    who = cell_title(cell)
    return f"{who} empties a full topic at about {cell.drain_eps:,.0f} events/s."


def _cell(plan: Plan, cells: Sequence[Cell], cell: Cell, standing: Standing) -> CellResult:
    return CellResult(
        engine=cell.engine,
        instances=cell.instances,
        knee_backlog=_knee(plan, cell, standing, "backlog"),
        knee_latency=_knee(plan, cell, standing, "latency"),
        drain_eps=standing.drain_eps(cell),
        finished=is_finished(plan, cells, cell, standing),
        cpu=cell.cpu,
        memory_mb=cell.memory_mb,
        size_name=cell.size_name,
    )


def _knee(plan: Plan, cell: Cell, standing: Standing, by: KneeKind) -> KneeResult | None:
    knee = _found_knee(plan, cell, standing, by)
    if knee is None:
        return None
    return KneeResult(
        low_eps=knee.low_eps, high_eps=knee.high_eps, confirmed=knee.confirmed, flags=knee.flags
    )


def _found_knee(plan: Plan, cell: Cell, standing: Standing, by: KneeKind) -> Knee | None:
    knee = known_so_far(attempts_of(standing.of(cell)), plan.search, by)
    return None if knee.low_eps is None and knee.high_eps is None else knee


def _runs(plan: Plan, cell: Cell, standing: Standing, cores: float | None) -> CellRuns:
    return CellRuns(
        engine=cell.engine,
        instances=cell.instances,
        attempts=tuple(attempts_of(standing.of(cell))),
        cores=cores,
        # without a search the interval is as wide as the plan's rates are apart: no capacity
        knee=_found_knee(plan, cell, standing, "backlog") if plan.find == "knee" else None,
    )


def unmet_requirements(result: RunResult) -> list[str]:
    """What a correct engine never does, and what the plan requires, in words."""
    return [*_changed_records(result), *_changed_in_drains(result), *_rates_not_held(result)]


def _changed_records(result: RunResult) -> list[str]:
    problems = []
    for step in result.steps:
        counts: dict[str, int | None] = {
            # before the backlog is empty nobody knows whether a record is lost or late
            "missing": 0 if step.drain_s is None else step.missing,
            "feature mismatches": step.feature_mismatches,
            "score mismatches": step.score_mismatches,
            "wrongly answered": step.wrongly_answered,
        }
        found = [f"{count} {name}" for name, count in counts.items() if count]
        if found:
            problems.append(f"{step.id}: {', '.join(found)}")
    return problems + [
        f"{pair}: {count} scores differ" for pair, count in result.engines_disagree.items() if count
    ]


def _changed_in_drains(result: RunResult) -> list[str]:
    problems = []
    for drain in result.drains:
        check = drain.check.model_dump() if drain.check else {}
        names = ("missing", "feature_mismatches", "score_mismatches", "wrongly_answered")
        found = [f"{check[name]} {name.replace('_', ' ')}" for name in names if check.get(name)]
        if found:
            problems.append(f"{drain.step}: {', '.join(found)}")
    return problems


def _rates_not_held(result: RunResult) -> list[str]:
    """Rates of the plan that an engine did not hold at any count, where the plan requires it."""
    plan = result.plan
    if not plan.require:
        return []
    problems = []
    for engine in dict.fromkeys(step.engine for step in result.steps):
        for rate_eps in plan.rates_eps:
            steps = [s for s in result.steps if (s.engine, s.rate_eps) == (engine, rate_eps)]
            decided = [step for step in steps if step.verdict in {"sustainable", "unsustainable"}]
            if decided and not any(is_answer(plan, step) for step in decided):
                what = " and ".join(plan.require)
                problems.append(f"{engine} at {rate_eps:g}/s: {what} is required")
    return problems


def undecided(result: RunResult, cells: Sequence[str] = ()) -> list[str]:
    """What is not answered, in words.

    Args:
        result: the campaign.
        cells: only these, by name; all where empty.
    """
    plan = with_names(result.plan, [step.engine for step in result.steps])
    asked = [one for one in sorted_cells(plan) if not cells or one.id in cells]
    doubts = [doubt for cell in asked for doubt in _doubts_of(result, cell)]
    doubts += [
        f"{failed['step']} not measured: {failed['why']}"
        for failed in result.failed
        if not cells or failed.get("cell") in cells
    ]
    missing = [name for name in result.cells_missing if not cells or name in cells]
    doubts += [f"cell {name} not measured" for name in missing]
    return doubts + [
        f"{drain.step} gave no predictions: {drain.why}"
        for drain in result.drains
        if result.plan.find == "drain"
        and drain.check is None
        and (not cells or drain.cell in cells)
    ]


def _doubts_of(result: RunResult, cell: Cell) -> list[str]:
    steps = [step for step in result.steps if cell.holds(step)]
    doubts = [
        _doubt([step for step in steps if step.rate_eps == rate_eps])
        for rate_eps in result.plan.rates_eps
    ]
    found = next((one for one in result.cells if one.id == cell.id), None)
    if found is not None and not found.finished:
        doubts.append(f"cell {cell.id} not finished")
    if found is not None and result.plan.find == "knee" and found.finished:
        knee = found.knee_backlog
        if knee is None or knee.low_eps is None or knee.high_eps is None or not knee.confirmed:
            flags = ", ".join(knee.flags) if knee else "no step decided"
            doubts.append(f"the knee of {cell.id} is not confirmed ({flags or 'interrupted'})")
    return [doubt for doubt in doubts if doubt]


def _doubt(steps: Sequence[StepResult]) -> str:
    """Why the steps of one cell and rate do not decide; empty where they do, or none was needed."""
    if not steps or outcome_at(attempts_of(steps), steps[0].rate_eps) in DECIDED:
        return ""
    last = next(
        (step for step in reversed(steps) if step.verdict in {"invalid", "inconclusive"}), steps[-1]
    )
    return f"{last.id} {last.verdict}: {last.why.rstrip('.')}"
