"""A board of GitHub Projects through `gh`: what is there, and what is missing."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fraud_core.errors import ConfigError, SurroundingsError
from scripts.evidence import STATUSES, Status

FIELD: Final = "Evidence"
"""Our own field: the built-in Status has three values and `gh` cannot add one."""

BUILT_IN: Final[Mapping[Status, str]] = {
    "In progress": "In Progress",
    "Verified locally": "In Progress",
    "Done": "Done",
}
_LIMIT: Final = "500"


@dataclass(frozen=True, slots=True)
class Gh:
    """The program `gh` for one owner.

    Attributes:
        owner: whose projects, "@me" for one's own.
        apply: whether changes are made; else they are only told.
        told: every change, as a line for a shell.
    """

    owner: str
    apply: bool
    told: list[str] = field(default_factory=list)

    def read(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON of many forms
        """Ask something, as JSON."""
        return json.loads(self._run((*arguments, "--format", "json")))

    def change(self, *arguments: str) -> Any:  # noqa: ANN401
        """Change something, or tell what would be changed.

        Returns:
            The answer's JSON; nothing where it is only told.
        """
        self.told.append("gh " + shlex.join(arguments))
        return json.loads(self._run((*arguments, "--format", "json"))) if self.apply else {}

    def _run(self, arguments: Sequence[str]) -> str:
        program = shutil.which("gh")
        if program is None:
            raise ConfigError("gh is not on PATH: install it, then `gh auth login`")
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            remedy = "`gh auth refresh -s project` gives the right to change projects"
            raise SurroundingsError(
                f"gh {shlex.join(arguments)} fails: {done.stderr.strip()}; {remedy}"
            )
        return done.stdout


@dataclass(frozen=True, slots=True)
class Choice:
    """A field with a fixed set of values: its id, and the id of each value."""

    id: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """One card: its id and what its two fields say."""

    id: str
    status: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """A board that is there."""

    number: str
    id: str
    url: str


def find_or_make_project(gh: Gh, title: str) -> Project | None:
    """The board of this title; None where it would be made and only told."""
    listed = gh.read("project", "list", "--owner", gh.owner, "--limit", _LIMIT)["projects"]
    found = next((one for one in listed if one["title"] == title), None)
    if found is None:
        found = gh.change("project", "create", "--owner", gh.owner, "--title", title)
    return _project(found) if found else None


def find_or_make_field(gh: Gh, project: Project) -> dict[str, Choice]:
    """Fields with a fixed set of values, ours among them, by name."""
    where = (project.number, "--owner", gh.owner)
    fields = _choices(gh.read("project", "field-list", *where, "--limit", _LIMIT))
    if FIELD in fields:
        return fields
    options = ",".join(STATUSES)
    kind = ("--data-type", "SINGLE_SELECT", "--single-select-options", options)
    if not gh.change("project", "field-create", *where, "--name", FIELD, *kind):
        return fields
    return _choices(gh.read("project", "field-list", *where, "--limit", _LIMIT))


def cards(gh: Gh, project: Project) -> dict[str, Card]:
    """Every card by its title."""
    where = (project.number, "--owner", gh.owner, "--limit", _LIMIT)
    return {
        one.get("title") or one["content"]["title"]: Card(
            one["id"], one.get("status", ""), one.get(FIELD.lower(), "")
        )
        for one in gh.read("project", "item-list", *where)["items"]
    }


def make_card(gh: Gh, project: Project, title: str, body: str) -> Card | None:
    """A new card; None where it is only told."""
    where = (project.number, "--owner", gh.owner)
    made = gh.change("project", "item-create", *where, "--title", title, "--body", body)
    return Card(made["id"]) if made else None


def set_choice(gh: Gh, project: Project, card: Card, choice: Choice, value: str) -> None:
    """Set one field of a card."""
    if value not in choice.options:
        raise ConfigError(
            f"the board's field has no value {value!r} but {', '.join(choice.options)}: add it"
        )
    what = ("--id", card.id, "--project-id", project.id, "--field-id", choice.id)
    gh.change("project", "item-edit", *what, "--single-select-option-id", choice.options[value])


def _project(found: Mapping[str, Any]) -> Project:
    return Project(str(found["number"]), str(found["id"]), str(found.get("url", "")))


def _choices(listed: Mapping[str, Any]) -> dict[str, Choice]:
    return {
        one["name"]: Choice(one["id"], {each["name"]: each["id"] for each in one["options"]})
        for one in listed["fields"]
        if one.get("options")
    }
