"""Rows of the table of `make test-all`, kept in a file: a pass may be built over several runs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

from fraud_core.errors import ConfigError
from scripts.clone import PASSED, Outcome

_S_IN_MIN: Final = 60
_SHORT: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a target, and of which commit.

    Attributes:
        target: its name.
        result: "passed", or why not.
        took_s: seconds.
        commit: that was cloned.
        day: on which it ended, ISO 8601.
    """

    target: str
    result: str
    took_s: float
    commit: str
    day: str

    @property
    def passed(self) -> bool:
        """Whether it did."""
        return self.result == PASSED


def row_of(outcome: Outcome, commit: str, day: date) -> Row:
    """The row of a target that has just ended."""
    return Row(outcome.target, outcome.result, outcome.took_s, commit, day.isoformat())


def kept(
    rows: Iterable[Row], wanted: Collection[str], commit: str, *, resume: bool
) -> tuple[Row, ...]:
    """Rows of earlier runs that stay: those of other targets, and what need not be run again.

    Args:
        rows: of earlier runs.
        wanted: targets that this run is to have.
        commit: that this run clones.
        resume: whether what has passed at this commit counts.
    """
    return tuple(
        row
        for row in rows
        if row.target not in wanted or (resume and row.passed and row.commit == commit)
    )


def read_rows(path: Path) -> tuple[Row, ...]:
    """Rows of earlier runs; none where there is no file.

    Raises:
        ConfigError: the file holds something else.
    """
    if not path.exists():
        return ()
    try:
        return tuple(Row(**values) for values in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}; remove it to begin anew") from error


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Keep rows, whole or not at all: whoever ends the run may do so at any time."""
    unfinished = path.with_name(f"{path.name}.part")
    text = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def table(
    rows: Collection[Row], order: Sequence[str], left_out: Iterable[tuple[str, str]], machine: str
) -> Iterator[str]:
    """The table as Markdown.

    Args:
        rows: of this run and of earlier ones.
        order: every target, as the table has them.
        left_out: target and reason of what is never run; told once everything else was.
        machine: on which it ran.
    """
    by_target = {row.target: row for row in rows}
    missing = [name for name in order if name not in by_target]
    yield f"`make test-all` on {machine}"
    yield ""
    yield "| target | result | duration | commit |"
    yield "|---|---|---|---|"
    for row in (by_target[name] for name in order if name in by_target):
        commit = f"{row.commit[:_SHORT]}, {row.day}"
        yield f"| `make {row.target}` | {row.result} | {duration(row.took_s)} | {commit} |"
    for name, reason in () if missing else left_out:
        yield f"| `make {name}` | left out: {reason} | | |"
    passed = sum(row.passed for row in rows)
    yield ""
    yield f"{passed} of {len(order)} passed in {duration(sum(row.took_s for row in rows))}."
    if missing:
        yield f"Not run yet: {', '.join(missing)}."


def duration(took_s: float) -> str:
    """Minutes and seconds."""
    minutes, seconds = divmod(round(took_s), _S_IN_MIN)
    return f"{minutes}:{seconds:02d}"
