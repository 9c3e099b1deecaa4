"""Instances and cores that a rate needs, for each size of an instance. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.attempts import KneeKind
from benchmarks.demand import CellRuns, Demand, demand
from benchmarks.sizing_result import SizeAnswer


def size_answers(
    cells: Sequence[CellRuns],
    sizes: Iterable[float],
    targets_eps: Iterable[float],
    by: KneeKind = "backlog",
) -> list[SizeAnswer]:
    """One for each target, engine and quota of which anything is known, quotas rising.

    Args:
        cells: of all engines.
        sizes: quotas that the plan asks for, cores.
        targets_eps: events per second.
        by: which limit a rate must keep.
    """
    engines = list(dict.fromkeys(cell.engine for cell in cells))
    rising = sorted(sizes)
    return [
        answer
        for target_eps in targets_eps
        for engine in engines
        for answer in _of_engine([c for c in cells if c.engine == engine], rising, target_eps, by)
    ]


def _of_engine(
    cells: Sequence[CellRuns], sizes: Sequence[float], target_eps: float, by: KneeKind
) -> list[SizeAnswer]:
    answers: list[SizeAnswer] = []
    for size in sizes:
        mine = [cell for cell in cells if cell.cores == size]
        found = demand(mine, target_eps, by) if mine else None
        if (found is None or not found.decided) and any(one.instances == 1 for one in answers):
            # what one small instance holds, one large one holds: nothing was run to show it
            answers.append(_inferred(cells[0].engine, target_eps, size))
        elif found is not None:
            answers.append(_answer(found, size))
    return answers


def _inferred(engine: str, target_eps: float, size: float) -> SizeAnswer:
    return SizeAnswer(
        engine=engine,
        target_eps=target_eps,
        cpu=size,
        instances=1,
        cores=size,
        verified=False,
        inferred=True,
    )


def _answer(found: Demand, size: float) -> SizeAnswer:
    count = found.instances
    return SizeAnswer(
        engine=found.engine,
        target_eps=found.target_eps,
        cpu=size,
        instances=count,
        cores=None if count is None else round(count * size, 6),
        verified=found.verified,
        decided=found.decided,
    )


def size_sentences(answers: Sequence[SizeAnswer]) -> list[str]:
    """Where one instance is enough, and what smaller ones need: one for each engine and target."""
    keys = dict.fromkeys((one.engine, one.target_eps) for one in answers)
    return [
        _sentence([one for one in answers if (one.engine, one.target_eps) == key]) for key in keys
    ]


def _sentence(answers: Sequence[SizeAnswer]) -> str:
    engine, rate = answers[0].engine, f"{answers[0].target_eps:g} events/s"
    alone = next((one for one in answers if one.instances == 1), None)
    first = (
        f"no tested size holds {rate} with one {engine} instance"
        if alone is None
        else f"one {engine} instance of {alone.cpu:g} core is enough for {rate}"
    )
    smaller = [one for one in answers if alone is None or one.cpu < alone.cpu]
    words = [first, *(_words_of_size(one) for one in smaller if one.instances is not None)]
    words += _words_of_none([one for one in smaller if one.instances is None])
    text = "; ".join(words)
    return f"{text[:1].upper()}{text[1:]}."


def _words_of_size(answer: SizeAnswer) -> str:
    unsure = "" if answer.verified else ", not verified"
    return f"of {answer.cpu:g} core it needs {answer.instances} ({answer.cores:g} cores{unsure})"


def _words_of_none(answers: Sequence[SizeAnswer]) -> list[str]:
    lost = [f"{one.cpu:g}" for one in answers if one.decided]
    unknown = [f"{one.cpu:g}" for one in answers if not one.decided]
    words = [f"of {' or '.join(lost)} core no tested count holds it"] if lost else []
    return words + ([f"of {' or '.join(unknown)} core it is not known"] if unknown else [])
