"""What a campaign says of sizes: scaling, extrapolated counts, instance sizes, cost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.attempts import KneeKind
from benchmarks.cost_answers import costs
from benchmarks.demand import RECOMMENDED_LOAD, CellRuns, Demand, answer_sentence
from benchmarks.plan import Plan
from benchmarks.result import AnswerResult, CellResult, RunResult
from benchmarks.scaling_answers import enough_instances, scalings, short_sentence
from benchmarks.size_answers import size_answers, size_sentences
from benchmarks.sizing_result import ScalingResult, SizeAnswer

MANY_TARGETS: Final = 3
"""With more targets than this, a sentence for each is no answer any more."""


def sized(
    result: RunResult, runs: Sequence[CellRuns], asked: Sequence[Demand], by: KneeKind
) -> RunResult:
    """A campaign with what follows for the size of a deployment.

    Args:
        result: with its steps, cells and answers.
        runs: the cells, as a demand sees them.
        asked: the demands that its answers say, in the same order.
        by: which limit the demands keep.
    """
    scaled = scalings(result.cells)
    # the fits are of the backlog: they say nothing of a latency
    fits = _fits(scaled) if by == "backlog" else {}
    return result.model_copy(
        update={
            "answers": [
                _extended(answer, demand, fits.get(answer.engine))
                for answer, demand in zip(result.answers, asked, strict=True)
            ],
            "scaling": scaled,
            "sizes": _sizes(result.plan, runs, asked, by),
            "costs": costs(result.plan, result.cells, result.steps),
        }
    )


def demand_sentences(
    plan: Plan, asked: Sequence[Demand], runs: Sequence[CellRuns], by: KneeKind
) -> list[str]:
    """The demands in few sentences; with several instance sizes what each of them needs."""
    sizes = size_sentences(_sizes(plan, runs, asked, by))
    if sizes or not asked:
        return sizes
    if len({one.target_eps for one in asked}) <= MANY_TARGETS:
        return [answer_sentence(asked)]
    engines = dict.fromkeys(one.engine for one in asked)
    return [_stairs([one for one in asked if one.engine == engine]) for engine in engines]


def capacity_sentences(cells: Sequence[CellResult]) -> tuple[list[str], list[CellResult]]:
    """A sentence for each engine that was measured at several counts, and the cells left over."""
    scaled = scalings(cells)
    told = {(one.engine, one.cpu, point.instances) for one in scaled for point in one.counts}
    rest = [cell for cell in cells if (cell.engine, cell.cpu, cell.instances) not in told]
    return [short_sentence(one) for one in scaled], rest


def _fits(scaled: Sequence[ScalingResult]) -> dict[str, ScalingResult]:
    """The fit of each engine; of several sizes that of the largest, as its demand has it."""
    ordered = sorted(scaled, key=lambda one: one.cpu or float("inf"))
    return {one.engine: one for one in ordered}


def _extended(answer: AnswerResult, demand: Demand, fit: ScalingResult | None) -> AnswerResult:
    """An answer with the counts that a fit gives where none that was measured is enough."""
    if fit is None:
        return answer
    update: dict[str, object] = {}
    if answer.recommended is None:
        count = enough_instances(fit, answer.target_eps / RECOMMENDED_LOAD)
        update |= {"recommended": count, "recommended_extrapolated": count is not None}
    if answer.instances is None and demand.decided:
        count = enough_instances(fit, answer.target_eps)
        said = f"{answer.sentence.rstrip('.')}; {count} by the fit, not measured."
        update |= {"extrapolated": count, "sentence": said} if count else {}
    return answer.model_copy(update=update)


def _sizes(
    plan: Plan, runs: Sequence[CellRuns], asked: Sequence[Demand], by: KneeKind
) -> list[SizeAnswer]:
    """Empty where there is one size: the answers themselves are its demand."""
    if len(plan.instance.cpu) <= 1:
        return []
    targets_eps = dict.fromkeys(one.target_eps for one in asked)
    return size_answers(runs, plan.instance.cpu, targets_eps, by)


def _stairs(asked: Sequence[Demand]) -> str:
    """One engine: the highest tested rate of each count, and the first that none holds."""
    ordered = sorted(asked, key=lambda one: one.target_eps)
    tops = {one.instances: one.target_eps for one in ordered if one.instances is not None}
    steps = [f"{count} up to {top_eps:g}" for count, top_eps in tops.items()]
    if tops:
        count, top_eps = next(iter(tops.items()))
        plural = "" if count == 1 else "s"
        steps[0] = f"needs {count} instance{plural} up to {top_eps:g} events/s"
    words = [", ".join(steps)] if steps else []
    lost = next((one for one in ordered if one.instances is None), None)
    if lost is not None:
        known = "no tested count holds" if lost.decided else "it is not known what holds"
        words.append(f"{known} {lost.target_eps:g}")
    unsure = [f"{one.target_eps:g}" for one in ordered if one.instances and not one.verified]
    words += [f"not verified at {', '.join(unsure)}"] if unsure else []
    return f"{ordered[0].engine}{' ' if tops else ': '}{'; '.join(words)}."
