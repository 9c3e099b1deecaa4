"""Instances and cores that a rate needs, for each size of an instance. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.demand import CellRuns, demand
from benchmarks.search import KneeKind
from benchmarks.sizing_result import SizeAnswer


def size_answers(
    cells: Sequence[CellRuns], targets_eps: Iterable[float], by: KneeKind = "backlog"
) -> list[SizeAnswer]:
    """One for each engine, target and tested quota, quotas rising; empty where none was tested."""
    engines = list(dict.fromkeys(cell.engine for cell in cells))
    return [
        answer
        for target_eps in targets_eps
        for engine in engines
        for answer in _of_engine([c for c in cells if c.engine == engine], target_eps, by)
    ]


def _of_engine(cells: Sequence[CellRuns], target_eps: float, by: KneeKind) -> list[SizeAnswer]:
    answers: list[SizeAnswer] = []
    single = False
    for cores in sorted({cell.cores for cell in cells if cell.cores is not None}):
        found = demand([cell for cell in cells if cell.cores == cores], target_eps, by)
        # what one small instance holds, one large one holds: nothing was run to show it
        inferred = single and found.instances is None and not found.decided
        count = 1 if inferred else found.instances
        answers.append(
            SizeAnswer(
                engine=found.engine,
                target_eps=target_eps,
                cpu=cores,
                instances=count,
                cores=None if count is None else round(count * cores, 6),
                verified=found.verified,
                inferred=inferred,
            )
        )
        single = single or (count == 1)
    return answers


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
    words = [first, *map(_words_of_size, smaller)]
    text = "; ".join(words)
    return f"{text[:1].upper()}{text[1:]}."


def _words_of_size(answer: SizeAnswer) -> str:
    if answer.instances is None:
        return f"none of the tested counts of {answer.cpu:g} core is known to hold it"
    unsure = "" if answer.verified else ", not verified"
    return f"of {answer.cpu:g} core it needs {answer.instances} ({answer.cores:g} cores{unsure})"
