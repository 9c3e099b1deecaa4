"""`python -m scripts.kanban`: bring the board of GitHub Projects to what saved records show."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from fraud_core.command import run_command, say, show
from scripts.evidence import Evidence, evidence_of
from scripts.github_board import (
    BUILT_IN,
    FIELD,
    Card,
    Choice,
    Gh,
    Project,
    cards,
    find_or_make_field,
    find_or_make_project,
    make_card,
    set_choice,
)
from scripts.records import Records, read_records
from scripts.tasks import PUBLISHED, RESULTS, Task, load_board

_OWN_TASK: Final = 8

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def kanban(
    owner: Annotated[str, typer.Option(help="whose projects; @me: your own")] = "@me",
    apply: Annotated[bool, typer.Option("--apply", help="change it; else only tell")] = False,
    results: Annotated[Path, typer.Option(help="folder of campaigns and records")] = RESULTS,
    published: Annotated[Path, typer.Option(help="the same in the repository")] = PUBLISHED,
) -> None:
    """Make what is missing on the board and move what has changed; run again it changes nothing.

    Example: python -m scripts.kanban --apply
    """
    board, records = load_board(), read_records(results, published)
    gh = Gh(owner, apply)
    project = find_or_make_project(gh, board.board)
    if project is None:
        _tell(gh)
        say(f"and then {len(board.tasks)} cards: run with --apply")
        return
    fields, there = find_or_make_field(gh, project), cards(gh, project)
    for task in board.tasks:
        _placed(gh, project, fields, there, task, _with_board(task, records, project))
    _tell(gh)
    if apply:
        _save(results / "cloud/kanban.json", project)


def _with_board(task: Task, records: Records, project: Project) -> Evidence:
    """The card of the board itself is done once the board is."""
    evidence = evidence_of(task.number, records)
    if task.number == _OWN_TASK:
        return Evidence("Done", (f"доска: {project.url}",))
    return evidence


def _placed(
    gh: Gh,
    project: Project,
    fields: dict[str, Choice],
    there: dict[str, Card],
    task: Task,
    evidence: Evidence,
) -> None:
    card = there.get(task.card) or make_card(gh, project, task.card, _body(task))
    if card is None:
        return
    if FIELD in fields and card.evidence != evidence.status:
        set_choice(gh, project, card, fields[FIELD], evidence.status)
    built_in = BUILT_IN[evidence.status]
    if "Status" in fields and card.status != built_in:
        set_choice(gh, project, card, fields["Status"], built_in)


def _body(task: Task) -> str:
    return "\n".join(f"- {line}" for line in task.accepted)


def _tell(gh: Gh) -> None:
    for line in gh.told:
        show(line)
    if not gh.told:
        say("the board shows what the records show: nothing to change")
    elif not gh.apply:
        say(f"{len(gh.told)} changes, not made: run with --apply")


def _save(path: Path, project: Project) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"schema": 1, "command": "kanban", "at_s": round(time.time()), "url": project.url}
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_command(app)
