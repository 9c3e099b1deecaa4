"""Whether the state that an artifact brings with it fits into memory; refused before it is read.

A process knows how much it may take from its control groups and from what the machine has left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from fraud_core.artifact import Artifact
from fraud_core.control_groups import folders_of_process
from fraud_core.errors import ConfigError
from fraud_core.history import OUTCOME

ENTRY_BYTES: Final = 12
"""A customer's window entry in the history: 4 bytes of time, 8 of cents."""
LIVE_ENTRY_BYTES: Final = 36
"""The same in use, its customer's share of some 450 bytes included, at 20 entries a customer;
measured by `python -m benchmarks.state_size customers`."""
OUTCOME_BYTES: Final = 5
"""An outcome in the history: 4 bytes of time, 1 of fraud."""
TABLE_OUTCOME_BYTES: Final = 11.5
"""The same in the table: 4 bytes of time, 4 of the sum, and what growing arrays leave unused;
measured by `python -m benchmarks.state_size labels`."""
TABLE_DAYS_A_HISTORY_DAY: Final = 37 / 30
"""The table holds 30 days and evicts once in 7; the history has 30."""

_LIMIT_FILES: Final = {"memory": "memory.limit_in_bytes", "": "memory.max"}
_GIB: Final = 1024**3
_LEAST_SHARE: Final = 0.001


@dataclass(frozen=True, slots=True)
class StateRows:
    """What a history holds.

    Attributes:
        entries: of customers' windows.
        outcomes: at terminals.
    """

    entries: int
    outcomes: int

    def bytes_of(self, processes: int) -> float:
        """Memory of all scoring processes together, once the stream runs.

        History and outcomes are in each, a customer's windows in one of them.
        """
        table = OUTCOME_BYTES + TABLE_OUTCOME_BYTES * TABLE_DAYS_A_HISTORY_DAY
        in_each = self.entries * ENTRY_BYTES + self.outcomes * table
        return processes * in_each + self.entries * LIVE_ENTRY_BYTES


def check_memory(
    artifact: Artifact,
    *,
    processes: int = 1,
    room_bytes: int | None = None,
    each_bytes: int | None = None,
) -> None:
    """Refuse an artifact whose state does not fit.

    Args:
        artifact: a checked folder.
        processes: scoring processes that share the memory.
        room_bytes: what they may take together; None for what this process finds.
        each_bytes: what the size of an instance leaves for the state of each; None for no limit.

    Raises:
        ConfigError: with what is needed, what there is, and the share of customers that fits.
    """
    rows = _rows(artifact.history_path)
    room = memory_room_bytes() if room_bytes is None else room_bytes
    if each_bytes is not None:
        room = min(room, processes * each_bytes)
    needed = rows.bytes_of(processes)
    if needed <= room:
        return
    share = artifact.manifest.customers_share * room / needed
    fits = f"{max(int(share * 1000) / 1000, _LEAST_SHARE):g}"
    raise ConfigError(
        f"the state of {artifact.folder} takes {needed / _GIB:.1f} GiB in {processes} "
        f"scoring process{'es' if processes > 1 else ''} ({rows.entries:,} window entries, "
        f"{rows.outcomes:,} outcomes), {room / _GIB:.1f} GiB can be had: give each more memory, "
        "or keep a share of the customers with "
        f"`python -m model_export train --customers-share {fits}`, which the producer follows"
    )


def memory_room_bytes() -> int:
    """The least of what the machine has available and what the control groups allow."""
    return room_bytes_of(Path("/proc/meminfo").read_text(), folders_of_process())


def room_bytes_of(meminfo: str, groups: Mapping[str, Path]) -> int:
    """The same, given where to look.

    Args:
        meminfo: text of /proc/meminfo.
        groups: the groups of the process: `memory` in version 1, an empty name in version 2.
    """
    lines = [line.split() for line in meminfo.splitlines()]
    available_kb = next(int(fields[1]) for fields in lines if fields[0] == "MemAvailable:")
    found = [available_kb * 1024]
    for controller, file in _LIMIT_FILES.items():
        if controller in groups:
            found += _limits(groups[controller], file)
    return min(found)


def _rows(path: Path) -> StateRows:
    """Counted from the file's own index; a part of it that holds both kinds counts as entries."""
    index = pq.ParquetFile(path).metadata
    outcomes = 0
    for number in range(index.num_row_groups):
        part = index.row_group(number)
        kinds = part.column(0).statistics
        if kinds is not None and kinds.has_min_max and kinds.min == OUTCOME:
            outcomes += part.num_rows
    return StateRows(index.num_rows - outcomes, outcomes)


def _limits(group: Path, file: str) -> Iterator[int]:
    """The limits of a group and of those above it."""
    for folder in (group, *group.parents):
        try:
            text = (folder / file).read_text().strip()
        except OSError:
            continue  # the root of version 2 has no such file, and what is above is no group
        if text.isdecimal():  # "max" is none
            yield int(text)
