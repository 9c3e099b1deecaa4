"""What is sampled of single instances at 1 Hz, in memory and as CSV. Pure but for the files."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fraud_core.control_groups import GroupCounters

INSTANCES_FILE: Final = "instances.csv"
_COLUMNS: Final = (
    *("slot_s", "at_s", "instance", "pid", "limited_by"),
    *("periods", "throttled", "throttled_s", "oom_kills"),
)


@dataclass(frozen=True, slots=True)
class InstanceSample:
    """One instance at one moment.

    Attributes:
        slot_s: the whole second that it stands for, Unix time.
        at_s: when it was taken, Unix time.
        name: `faust-0`.
        pid: its root process; another one after a restart.
        limited_by: what holds it to its size, `none` where nothing does.
        counters: of its control group, since that was made.
    """

    slot_s: int
    at_s: float
    name: str
    pid: int
    limited_by: str
    counters: GroupCounters


def write_instance_samples(file: IO[str], samples: Iterable[InstanceSample]) -> None:
    """Append one row for each instance; empty where the kernel tells nothing."""
    writer = csv.writer(file)
    if file.tell() == 0:
        writer.writerow(_COLUMNS)
    for one in samples:
        found = one.counters
        throttled_s = "" if found.throttled_s is None else f"{found.throttled_s:.3f}"
        row = (one.slot_s, f"{one.at_s:.3f}", one.name, one.pid, one.limited_by)
        writer.writerow((*row, found.periods, found.throttled, throttled_s, found.oom_kills))
    file.flush()


def load_instance_samples(path: Path) -> list[InstanceSample]:
    """The samples of a step; none where its engine did not tell its instances."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            InstanceSample(
                slot_s=int(row["slot_s"]),
                at_s=float(row["at_s"]),
                name=row["instance"],
                pid=int(row["pid"]),
                limited_by=row["limited_by"],
                counters=GroupCounters(
                    periods=_whole(row["periods"]),
                    throttled=_whole(row["throttled"]),
                    throttled_s=float(row["throttled_s"]) if row["throttled_s"] else None,
                    oom_kills=_whole(row["oom_kills"]),
                ),
            )
            for row in csv.DictReader(file)
        ]


def _whole(text: str) -> int | None:
    return int(text) if text else None
