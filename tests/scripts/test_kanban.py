"""The board against a `gh` that keeps boards in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.tasks import COUNT, PROJECT, load_board
from tests.unit.scripts.records_of import UP, campaign, write

READS = {"list", "field-list", "item-list"}


@dataclass(frozen=True)
class World:
    """A folder with a fake `gh` and one with results."""

    folder: Path

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return found

    def set(self, **values: object) -> None:
        (self.folder / "state.json").write_text(json.dumps(self.state | values))

    def changes(self) -> list[str]:
        """What was changed since the last question, by the command of `gh project`."""
        found = [one[1] for one in self.state["calls"] if one[1] not in READS]
        self.set(calls=[])
        return found

    def kanban(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        nothing = str(self.folder / "published")
        where = ("--results", str(self.results), "--published", nothing)
        return subprocess.run(
            [sys.executable, "-m", "scripts.kanban", *where, *arguments],
            cwd=PROJECT,
            env=os.environ | {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def field(self, name: str) -> list[str]:
        """What a field of all cards says, in the order of the tasks."""
        return [one[name] for one in self.state["items"]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """No board yet, one campaign of this machine."""
    program = tmp_path / "bin/gh"
    program.parent.mkdir()
    source = Path(__file__).with_name("fake_gh.py").read_text()
    state = f"STATE = Path({str(tmp_path / 'state.json')!r})"
    source = source.replace('STATE = Path(__file__).with_name("state.json")', state)
    program.write_text(f"#!{sys.executable} -IS\n{source}")
    program.chmod(0o755)
    empty: dict[str, list[object]] = {"calls": [], "projects": [], "fields": [], "items": []}
    (tmp_path / "state.json").write_text(json.dumps(empty))
    write(tmp_path / "results/here/run.json", campaign("here"))
    return World(tmp_path)


def test_by_default_nothing_is_changed_and_what_would_be_is_told(world: World):
    done = world.kanban()

    assert done.returncode == 0, done.stderr
    assert world.changes() == []
    assert "gh project create --owner @me --title" in done.stdout
    assert "9 cards: run with --apply" in done.stderr


def test_a_board_with_nine_cards_is_made_and_shows_what_the_records_show(world: World):
    done = world.kanban("--apply")

    assert done.returncode == 0, done.stderr
    assert [one["title"] for one in world.state["items"]] == [
        one.card for one in load_board().tasks
    ]
    here, code, board = "Verified locally", "In progress", "Done"
    assert world.field("evidence") == [here, code, here, here, code, code, here, board, code]
    assert set(world.field("status")) == {"In Progress", "Done"}
    assert json.loads((world.results / "cloud/kanban.json").read_text())["url"]


def test_run_again_it_changes_nothing(world: World):
    world.kanban("--apply")
    world.changes()

    done = world.kanban("--apply")

    assert world.changes() == []
    assert "nothing to change" in done.stderr


def test_a_new_record_moves_its_cards_only(world: World):
    world.kanban("--apply")
    world.changes()
    write(world.results / "cloud/up.json", UP)

    told = world.kanban()
    assert world.changes() == []
    world.kanban("--apply")

    assert told.stdout.count("item-edit") == 6
    assert world.changes() == ["item-edit"] * 6
    assert world.field("evidence").count("Done") == 4


def test_cards_and_fields_of_others_are_left_alone(world: World):
    world.kanban("--apply")
    world.set(items=[*world.state["items"], {"id": "I_x", "title": "of others", "content": {}}])
    world.changes()

    world.kanban("--apply")

    assert world.changes() == []
    assert len(world.state["items"]) == COUNT + 1


def test_a_missing_right_is_named_with_the_remedy(world: World):
    world.set(refuses=True)

    done = world.kanban("--apply")

    assert done.returncode == 5
    assert "missing required scopes" in done.stderr
    assert "gh auth refresh -s project" in done.stderr
    assert "Traceback" not in done.stderr
