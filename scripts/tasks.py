"""The nine tasks, as `docs/kanban/tasks.yaml` holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from fraud_core.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks/results"
PUBLISHED = PROJECT / "docs/results"
"""Campaigns that the repository has, which a reader of a fresh clone can look at."""
TASKS_FILE = PROJECT / "docs/kanban/tasks.yaml"
COUNT = 9


class Task(BaseModel):
    """One task.

    Attributes:
        number: as in the homework, from 1.
        title: a card is found by it.
        accepted: what must hold, one line each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    title: str
    accepted: tuple[str, ...]

    @property
    def card(self) -> str:
        """Title of its card."""
        return f"{self.number}. {self.title}"


class Board(BaseModel):
    """The board and its tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    board: str
    tasks: tuple[Task, ...]


def load_board(path: Path = TASKS_FILE) -> Board:
    """Read the tasks.

    Raises:
        ConfigError: the file has another form, or a task is missing.
    """
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        board = Board.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    numbers = [task.number for task in board.tasks]
    if numbers != list(range(1, COUNT + 1)):
        raise ConfigError(f"{path} has the tasks {numbers}: it must have 1 to {COUNT} in order")
    return board
