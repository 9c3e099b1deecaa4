"""What a campaign has found, in Russian: for the page that is handed in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from scripts.records import Run, Values
from scripts.tasks import PROJECT

INSTANCES: Final = ("экземпляр", "экземпляра", "экземпляров")
_CHARTS: Final = {
    "backlog": "очередь",
    "capacity": "наибольшая интенсивность",
    "cost": "стоимость",
    "cpu": "процессор",
    "cpu-rate": "процессор при разной интенсивности",
    "demand": "сколько нужно экземпляров",
    "latency": "задержка",
    "latency-rate": "задержка при разной интенсивности",
    "quality": "качество модели",
    "quality-days": "качество модели по дням",
    "scaling": "масштабирование",
    "verdicts": "вердикты",
}
# benchmarks.demand says so where nothing was decided, which is no loss.
_UNKNOWN: Final = "Not known"


def counted(number: int, forms: Sequence[str]) -> str:
    """A number with its noun.

    Args:
        number: 0 or more.
        forms: for 1, for 2 to 4, for 5 and more.
    """
    last, last_two = number % 10, number % 100
    if last == 1 and last_two != 11:
        return f"{number} {forms[0]}"
    few = last in (2, 3, 4) and last_two not in (12, 13, 14)
    return f"{number} {forms[1] if few else forms[2]}"


def decimal(number: float) -> str:
    """A number with a comma for its fraction."""
    return f"{number:g}".replace(".", ",")


def answer(run: Run, target_eps: float) -> str:
    """How many instances a campaign found to be needed, by engine; empty where it does not say.

    Args:
        run: the campaign.
        target_eps: events per second.
    """
    found = [one for one in run.values["answers"] if one["target_eps"] == target_eps]
    return "; ".join(_needed(run, one) for one in found)


def _needed(run: Run, found: Values) -> str:
    engine, count = found["engine"], found["instances"]
    size = _size(run, engine)
    if count is None and str(found.get("sentence", "")).startswith(_UNKNOWN):
        return f"{engine}{size}: не известно, запуски не дали ответа"
    if count is None:
        return f"{engine}{size}: ни одно из измеренных чисел экземпляров не выдержало"
    how = "подтверждено запусками" if found["verified"] else "запусками не подтверждено"
    return f"{engine}{size}: {counted(count, INSTANCES)} ({how})"


def _size(run: Run, engine: str) -> str:
    """Limits of an instance; nothing where there are none or several."""
    cells = [one for one in run.values["cells"] if one["engine"] == engine]
    sizes = {(one.get("cpu"), one.get("memory_mb")) for one in cells}
    if len(sizes) != 1:
        return ""
    ((cpu, memory_mb),) = sizes
    parts = [f"CPU {decimal(cpu)}"] if cpu else []
    parts += [f"память {memory_mb} МБ"] if memory_mb else []
    return f" ({', '.join(parts)})" if parts else ""


def knees(run: Run, *, confirmed: bool = True) -> Iterator[tuple[str, str]]:
    """Engine with its count, and between which rates its backlog starts to grow.

    Args:
        run: the campaign.
        confirmed: those that a repetition has confirmed, or those that none has.
    """
    for cell in run.values["cells"]:
        knee = cell.get("knee_backlog") or {}
        low, high = knee.get("low_eps"), knee.get("high_eps")
        if low is not None and high is not None and _is_repeated(run, knee) == confirmed:
            count = counted(cell["instances"], INSTANCES)
            who = f"{cell['engine']}{_size(run, cell['engine'])}, {count}"
            between = f"между {low:g} и {high:g} событиями в секунду"
            said = f"{who}: очередь растёт {between}{'' if confirmed else _reserved(knee)}"
            yield f"{cell['engine']} x{cell['instances']}", said


def _is_repeated(run: Run, knee: Values) -> bool:
    """Whether its ends were run more than once: a plan may be content with one run each."""
    runs = run.values["plan"].get("search", {}).get("confirm_runs", 1)
    return bool(knee.get("confirmed")) and runs > 1


def _reserved(knee: Values) -> str:
    """What keeps an interval from being taken for certain."""
    flags = " ".join(knee.get("flags", ()))
    undecided = re.findall(r"undecided at ([\d.]+)/s", flags)
    more = f"; не решено при {', '.join(undecided)}" if undecided else ""
    return f" (повторным запуском не подтверждено{more})"


def summary(run: Run, targets_eps: Sequence[float]) -> str:
    """What a report is about, in a line."""
    parts = [
        f"{decimal(one)} в секунду — {said}" for one in targets_eps if (said := answer(run, one))
    ]
    parts += [line for _, line in knees(run)]
    return ". ".join(parts) or f"план {run.values['plan']['id']}"


def chart_title(stem: str) -> str:
    """A chart by the name of its file; what has no name of ours keeps it."""
    if stem in _CHARTS:
        return _CHARTS[stem]
    kind, _, of = stem.partition("-")
    return f"{_CHARTS[kind]}: {of}" if kind in _CHARTS and of else stem


def place(path: str) -> str:
    """A folder without what is above this project: the page is read elsewhere."""
    found = Path(path)
    if not found.is_absolute():
        return path
    return str(found.relative_to(PROJECT)) if found.is_relative_to(PROJECT) else found.name
