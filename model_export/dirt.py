"""The kinds of dirt that the course's files are known to hold, put into lines on purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

LEAST_OF_A_KIND: Final = 6
"""Times each kind occurs even in a small set; one of them lies in the last sixth of the period."""

Cells = list[str]


def _in_cell(column: int, text: str) -> Callable[[Cells], Cells]:
    return lambda cells: [*cells[:column], text, *cells[column + 1 :]]


def _date_with(low: int, high: int, text: str) -> Callable[[Cells], Cells]:
    return lambda cells: [cells[0], cells[1][:low] + text + cells[1][high:], *cells[2:]]


def _number_of_the_row_before(cells: Cells) -> Cells:
    return [str(max(int(cells[0]) - 1, 0)), *cells[1:]]


def _other_day_number(cells: Cells) -> Cells:
    return [*cells[:6], str(int(cells[6]) + 1), *cells[7:]]


KINDS: Final[dict[str, Callable[[Cells], Cells]]] = {
    "terminal Err": _in_cell(3, "Err"),
    "terminal empty": _in_cell(3, ""),
    "terminal None": _in_cell(3, "None"),
    "terminal -1": _in_cell(3, "-1"),
    "hour 24": _date_with(11, 19, "24:00:00"),
    "unparsable date": _date_with(5, 10, "13-45"),
    "year 0": _date_with(0, 4, "0000"),
    "other day number": _other_day_number,
    "repeated id": _number_of_the_row_before,
    "amount zero": _in_cell(4, "0.0"),
    "amount negative": lambda cells: [*cells[:4], f"-{cells[4]}", *cells[5:]],
    "amount nan": _in_cell(4, "nan"),
    "amount inf": _in_cell(4, "inf"),
    "customer negative": lambda cells: [*cells[:2], f"-{int(cells[2]) + 1}", *cells[3:]],
    "blank line": lambda cells: ["\n" + cells[0], *cells[1:]],
    "short row": lambda cells: cells[:4],
}
"""What each kind does to the nine cells of a row. Rows with another day number, a repeated id or a
blank line in front stay clean; all others must be refused."""


class Spoiler:
    """Which rows of a set are spoilt, and how.

    Attributes:
        kinds: kind of dirt of each row number.
        counts: rows of each kind.
    """

    def __init__(self, kinds: dict[int, str]) -> None:
        """Take over the kind of dirt of each row number."""
        self.kinds = kinds
        self.counts = Counter(kinds.values())

    def spoil(self, lines: pa.Array, first_row: int) -> pa.Array:
        """Lines with the dirt that belongs to rows from `first_row` on."""
        rows = sorted(row for row in self.kinds if first_row <= row < first_row + len(lines))
        if not rows:
            return lines
        mask = np.zeros(len(lines), np.bool_)
        mask[np.array(rows) - first_row] = True
        spoilt = [self._spoilt(lines[row - first_row].as_py(), row) for row in rows]
        return pc.replace_with_mask(lines, pa.array(mask), pa.array(spoilt))

    def _spoilt(self, line: str, row: int) -> str:
        cells = line.removesuffix("\n").split(",")
        return ",".join(KINDS[self.kinds[row]](cells)) + "\n"


def choose_dirt(rows: int, share: float, seed: int) -> Spoiler:
    """Decide which rows are spoilt.

    Args:
        rows: number of rows.
        share: share of rows of each kind; 0 for none at all.
        seed: the same seed gives the same dirt.
    """
    if share <= 0 or not rows:
        return Spoiler({})
    each = min(max(LEAST_OF_A_KIND, round(share * rows)), rows // len(KINDS))
    places = _spread(rows, each * len(KINDS), np.random.default_rng((seed, 1)))
    names = list(KINDS) * each  # so that every stretch of the period has every kind
    return Spoiler(dict(zip(places.tolist(), names, strict=True)))


def _spread(rows: int, count: int, maker: np.random.Generator) -> npt.NDArray[np.int64]:
    """One row of each of `count` equal stretches."""
    bounds = np.linspace(0, rows, count + 1).astype(np.int64)
    return maker.integers(bounds[:-1], np.maximum(bounds[1:], bounds[:-1] + 1))
