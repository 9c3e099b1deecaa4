"""`python -m scripts.homework`: the page that is handed in, in Russian, from saved records."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from fraud_core.command import run_command, show
from scripts.evidence import STATUSES, Evidence, Status, evidence_of
from scripts.records import Records, Run, read_records
from scripts.russian import answer, chart_title, summary
from scripts.tasks import PROJECT, RESULTS, Board, Task, load_board

PAGE: Final = PROJECT / "docs/homework.ru.md"
TARGETS_EPS: Final = (50, 400)
ENGINES: Final = ("faust", "spark")
MISSING: Final = "**записи нет**"
IN_RUSSIAN: Final[dict[Status, str]] = {
    "In progress": "код готов, записи нет",
    "Verified locally": "проверено на этой машине",
    "Done": "выполнено в облаке",
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def homework(
    results: Annotated[Path, typer.Option(help="folder of campaigns and records")] = RESULTS,
    out: Annotated[Path, typer.Option(help="the page")] = PAGE,
) -> None:
    """Write the page; a record that is missing is shown as missing.

    Example: python -m scripts.homework
    """
    records = read_records(results)
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
        "запуск в облаке, запуск на этой машине или только код.",
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
        yield f"| {task.card} | {IN_RUSSIAN[evidence_of(task.number, records).status]} |"
    yield ""


def _task(task: Task, evidence: Evidence) -> Iterator[str]:
    yield f"## {task.card}"
    yield f"Статус: {IN_RUSSIAN[evidence.status]}."
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
    lines = evidence_of(7, records).lines
    yield from (f"- {line}" for line in lines)
    for engine in ENGINES:
        # Not that of a variant, such as spark-pandas.
        if not any(re.search(rf": {engine}[ ,]", line) for line in lines):
            yield f"- {engine}: {MISSING}"
    yield ""


def _answer(records: Records, target: int) -> Iterator[str]:
    for run in _all_runs(records):
        if said := answer(run, target):
            yield f"{said}; запуск {run.id}"


def _links(records: Records, folder: Path) -> Iterator[str]:
    runs = list(_all_runs(records))
    if not runs:
        return
    yield "## Отчёты и графики"
    yield "Файлы лежат там, где проводились измерения; в репозитории их нет."
    yield ""
    for run in runs:
        report = _link(run.folder / "report.html", folder)
        yield f"- [{run.id}]({report}): {summary(run, TARGETS_EPS)}"
        for chart in sorted((run.folder / "charts").glob("*.png")):
            yield f"  - [{chart_title(chart.stem)}]({_link(chart, folder)})"
    yield ""


def _all_runs(records: Records) -> Iterator[Run]:
    yield from records.cloud_runs
    yield from records.local_runs


def _link(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


if __name__ == "__main__":
    run_command(app)
