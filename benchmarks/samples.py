"""The raw series of a step, in memory and as CSV. Pure but for reading and writing the files."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

OFFSETS_FILE: Final = "offsets.csv"
USE_FILE: Final = "use.csv"
ENGINE: Final = "engine"
"""The whole of it: instances and overhead."""
INSTANCES: Final = "instances"
OVERHEAD: Final = "overhead"
"""What an engine runs besides its instances: Spark's driver, the runner of a group."""
HOST_BUSY: Final = "host busy"
HOST_STEAL: Final = "host steal"

INPUTS: Final = "transactions"
PREDICTIONS: Final = "predictions"
DEAD_LETTERS: Final = "dead-letters"

EndOffsets = Mapping[tuple[str, int], int]
"""End offset of each (topic without its prefix, partition)."""

_USE_COLUMNS: Final = ("slot_s", "at_s", "role", "cpu_s", "memory_bytes", "processes")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of end offsets over the partitions of each topic."""

    inputs: int
    predictions: int
    dead_letters: int

    @property
    def outputs(self) -> int:
        """Both output topics."""
        return self.predictions + self.dead_letters


@dataclass(frozen=True, slots=True)
class OffsetSample:
    """End offsets of one moment.

    Attributes:
        slot_s: the whole second that it stands for, Unix time; a missed sample is a missing slot.
        at_s: middle between question and answer, Unix time.
        totals: sums over partitions.
        inputs_by_partition: transactions, in the order of partitions.
        outputs_by_partition: predictions and dead letters together.
    """

    slot_s: int
    at_s: float
    totals: Totals
    inputs_by_partition: tuple[int, ...] = ()
    outputs_by_partition: tuple[int, ...] = ()

    @classmethod
    def of(cls, slot_s: int, at_s: float, offsets: EndOffsets) -> OffsetSample:
        """Of the end offsets that the broker told."""
        came = _by_partition(offsets, (INPUTS,))
        out = _by_partition(offsets, (PREDICTIONS, DEAD_LETTERS))
        return cls(slot_s, at_s, totals(offsets), came, out)


@dataclass(frozen=True, slots=True)
class TreeUse:
    """A tree of processes at one moment: CPU-seconds since its start, memory now."""

    cpu_s: float
    memory_bytes: int
    processes: int


@dataclass(frozen=True, slots=True)
class UseSample:
    """What a role had used at one moment."""

    slot_s: int
    at_s: float
    role: str
    use: TreeUse


def difference(whole: TreeUse, part: TreeUse) -> TreeUse:
    """What a tree uses besides a part of it."""
    return TreeUse(
        whole.cpu_s - part.cpu_s,
        max(whole.memory_bytes - part.memory_bytes, 0),
        max(whole.processes - part.processes, 0),
    )


def totals(offsets: EndOffsets) -> Totals:
    """Sums over the partitions of each topic."""

    def of(topic: str) -> int:
        return sum(end for (name, _), end in offsets.items() if name == topic)

    return Totals(of(INPUTS), of(PREDICTIONS), of(DEAD_LETTERS))


def _by_partition(offsets: EndOffsets, topics: Collection[str]) -> tuple[int, ...]:
    sums: dict[int, int] = {}
    for (topic, number), end in offsets.items():
        if topic in topics:
            sums[number] = sums.get(number, 0) + end
    return tuple(sums[number] for number in sorted(sums))


def write_offsets(file: IO[str], slot_s: int, at_s: float, offsets: EndOffsets) -> None:
    """Append one row: one column for each partition of each topic."""
    places = sorted(offsets)
    writer = csv.writer(file)
    if file.tell() == 0:
        writer.writerow(("slot_s", "at_s", *(f"{topic}:{number}" for topic, number in places)))
    writer.writerow((slot_s, f"{at_s:.3f}", *(offsets[place] for place in places)))
    file.flush()


def write_uses(file: IO[str], uses: Iterable[UseSample]) -> None:
    """Append one row for each role."""
    writer = csv.writer(file)
    if file.tell() == 0:
        writer.writerow(_USE_COLUMNS)
    for sample in uses:
        use = sample.use
        row = (sample.slot_s, f"{sample.at_s:.3f}", sample.role)
        writer.writerow((*row, f"{use.cpu_s:.3f}", use.memory_bytes, use.processes))
    file.flush()


def read_offsets(path: Path) -> list[OffsetSample]:
    """The samples of a step, as they were taken."""
    with path.open(newline="") as file:
        return [
            OffsetSample.of(int(row.pop("slot_s")), float(row.pop("at_s")), _ends(row))
            for row in csv.DictReader(file)
        ]


def read_uses(path: Path) -> list[UseSample]:
    """The samples of a step, as they were taken."""
    with path.open(newline="") as file:
        return [
            UseSample(
                slot_s=int(row["slot_s"]),
                at_s=float(row["at_s"]),
                role=row["role"],
                use=TreeUse(float(row["cpu_s"]), int(row["memory_bytes"]), int(row["processes"])),
            )
            for row in csv.DictReader(file)
        ]


def _ends(row: Mapping[str, str]) -> EndOffsets:
    ends = {}
    for column, end in row.items():
        topic, _, number = column.rpartition(":")
        ends[topic, int(number)] = int(end)
    return ends
