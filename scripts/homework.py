"""`python -m scripts.homework`: the page that is handed in, in Russian, from saved records."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from fraud_core.command import run_command, show
from scripts.evidence import STATUSES, Evidence, Status, evidence_of, newest_knees
from scripts.records import Records, Run, read_records
from scripts.russian import answer, chart_title, summary
from scripts.tasks import PROJECT, PUBLISHED, RESULTS, Board, Task, load_board

PAGE: Final = PROJECT / "docs/homework.ru.md"
TARGETS_EPS: Final = (50, 400)
ENGINES: Final = ("faust", "spark")
MISSING: Final = "**записи нет**"
IN_RUSSIAN: Final[dict[Status, str]] = {
    "In progress": "код готов, записи нет",
    "Verified locally": "проверено на одной машине, не в облаке",
    "Done": "выполнено в облаке",
}
UNACCEPTED: Final = "записи есть, но для приёмки их не хватает"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def homework(
    results: Annotated[Path, typer.Option(help="folder of campaigns and records")] = RESULTS,
    published: Annotated[Path, typer.Option(help="the same in the repository")] = PUBLISHED,
    out: Annotated[Path, typer.Option(help="the page")] = PAGE,
) -> None:
    """Write the page; a record that is missing is shown as missing.

    Example: python -m scripts.homework
    """
    records = read_records(results, published)
    out.write_text(page(load_board(), records, out.parent), encoding="utf-8")
    counts = [evidence_of(task.number, records).status for task in load_board().tasks]
    told = ", ".join(f"{status}: {counts.count(status)}" for status in STATUSES)
    show(f"{out}: {told}")


def page(board: Board, records: Records, folder: Path) -> str:
    """The whole page.

    Args:
        board: the tasks.
        records: what was saved.
        folder: where the page will lie; links start there.
    """
    lines = [
        "# Домашнее задание 8: инференс на потоке",
        "",
        "Страница создана командой `make homework` по сохранённым записям. Статус следует из них:",
        "запуск в облаке, запуск на одной машине или только код.",
        "",
        *_table(board, records),
        *_answers(records),
        *_links(records, folder),
    ]
    for task in board.tasks:
        lines += _task(task, evidence_of(task.number, records))
    return "\n".join(lines).rstrip() + "\n"


def _table(board: Board, records: Records) -> Iterator[str]:
    yield "| задание | статус |"
    yield "|---|---|"
    for task in board.tasks:
        yield f"| {task.card} | {_status(evidence_of(task.number, records))} |"
    yield ""


def _status(evidence: Evidence) -> str:
    if evidence.status == "In progress" and evidence.lines:
        return UNACCEPTED
    return IN_RUSSIAN[evidence.status]


def _task(task: Task, evidence: Evidence) -> Iterator[str]:
    yield f"## {task.card}"
    yield f"Статус: {_status(evidence)}."
    yield ""
    yield "Принимается, если:"
    yield from (f"- {line}" for line in task.accepted)
    yield ""
    yield "Что записано:"
    yield from (f"- {line}" for line in evidence.lines or (MISSING,))
    yield ""


def _answers(records: Records) -> Iterator[str]:
    yield "## Сколько экземпляров нужно для 50 и 400 транзакций в секунду"
    for target in TARGETS_EPS:
        found = next(_answer(records, target), None)
        yield f"- {target}: {found or MISSING}"
    yield ""
    yield "## При какой интенсивности растёт очередь"
    yield from (f"- {line}" for line in _growth(records))
    yield ""


def _answer(records: Records, target: int) -> Iterator[str]:
    for run in records.runs:
        if said := answer(run, target):
            yield f"{said}; запуск {run.id}, {_place(run, records)}"


def _place(run: Run, records: Records) -> str:
    return "в облаке" if run in records.cloud_runs else "на одной машине"


def _growth(records: Records) -> Iterator[str]:
    """What is accepted, then for each other engine what is not, or that nothing is there."""
    lines = evidence_of(7, records).lines
    yield from lines
    unconfirmed = newest_knees(records.runs, confirmed=False)
    for engine in ENGINES:
        if not _of_engine(lines, engine):
            yield from _of_engine(unconfirmed, engine) or (f"{engine}: {MISSING}",)


def _of_engine(lines: Iterable[str], engine: str) -> list[str]:
    """Not those of a variant, such as spark-pandas."""
    return [line for line in lines if re.search(rf": {engine}[ ,]", line)]


def _links(records: Records, folder: Path) -> Iterator[str]:
    if not records.runs:
        return
    yield "## Отчёты и графики"
    published = [run for run in records.runs if run.published]
    others = [run for run in records.runs if not run.published]
    if not published:
        yield f"Отчёты в репозитории: {MISSING}"
    for run in published:
        yield from _linked(run, records, folder)
    yield ""
    if others:
        yield "Только там, где проводились измерения, в `benchmarks/results`; в репозитории их нет:"
        yield ""
        yield from (f"- {run.id}, {_summary(run, records)}" for run in others)
        yield ""


def _linked(run: Run, records: Records, folder: Path) -> Iterator[str]:
    report, found = (_link(run.folder / name, folder) for name in ("report.html", "run.json"))
    yield f"- [{run.id}]({report}) ([run.json]({found})), {_summary(run, records)}"
    for chart in sorted((run.folder / "charts").glob("*.png")):
        yield f"  - [{chart_title(chart.stem)}]({_link(chart, folder)})"


def _summary(run: Run, records: Records) -> str:
    return f"{_place(run, records)}: {summary(run, TARGETS_EPS)}"


def _link(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


if __name__ == "__main__":
    run_command(app)
