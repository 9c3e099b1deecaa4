"""How long threads waited for a CPU: the proof that broker and generator were not the bottleneck.

A thread that is ready and waits is delayed whatever share of the machine is busy, so its waiting
says more than a share of busy cores. The kernel counts it for each thread in
/proc/<pid>/task/<tid>/schedstat (Documentation/scheduler/sched-stats.rst: time on the CPU, time
waiting on a run queue, both in ns, and time slices).

A sampler calls `read_waits(at_s, role, pids)` every few seconds while a step runs and saves the
samples by `write_waits`; `longest_wait(samples, role, first_s, last_s)` gives what a verdict needs:
`Evidence(waits=(...))`. The process ids of a role are those of its `ReadProcesses`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

WAITS_FILE: Final = "waits.csv"
SAMPLE_EVERY_S: Final = 5
"""A broker has some 100 threads; reading them once a second would itself be a load."""
OFF_THE_PATH: Final = ("C1 CompilerThre", "C2 CompilerThre")
"""A JVM's compilers wait for a CPU for minutes after its start; no record waits for them.

The kernel keeps 15 characters of a name."""
_COLUMNS: Final = ("at_s", "role", "pid", "tid", "name", "waited_s")
_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class ThreadWait:
    """How long a thread has waited for a CPU since it began.

    Attributes:
        at_s: when that was read, Unix time.
        role: broker, producer, ...
        pid: its process.
        tid: its own id.
        name: as the program named it, at most 15 characters.
        waited_s: seconds ready to run but not running.
    """

    at_s: float
    role: str
    pid: int
    tid: int
    name: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class LongestWait:
    """The thread of a role that waited most.

    Attributes:
        role: whose thread.
        thread: its name.
        share: of the time between its first and its last sample in the window.
    """

    role: str
    thread: str
    share: float


def read_waits(at_s: float, role: str, pids: Iterable[int]) -> list[ThreadWait]:
    """All threads of some processes; nothing where the kernel does not tell or they are gone.

    Args:
        at_s: now, Unix time.
        role: what the processes are.
        pids: of the whole tree.
    """
    return [
        wait
        for pid in pids
        for task in _tasks(pid)
        if (wait := _read(at_s, role, pid, task)) is not None
    ]


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it has ended, or this is not Linux
        return []


def _read(at_s: float, role: str, pid: int, task: Path) -> ThreadWait | None:
    try:
        counters = (task / "schedstat").read_text()
        name = (task / "comm").read_text().strip()
    except OSError:
        return None
    return ThreadWait(at_s, role, pid, int(task.name), name, waited_s(counters))


def waited_s(counters: str) -> float:
    """The second of the three numbers of a schedstat file."""
    return int(counters.split()[1]) / _NS


def longest_wait(
    samples: Sequence[ThreadWait], role: str, first_s: float, last_s: float
) -> LongestWait | None:
    """The thread that waited for the largest share of a window.

    Args:
        samples: of any roles, by time.
        role: whose threads.
        first_s: start of the window, Unix time.
        last_s: its end.

    Returns:
        None where no thread of the role was seen twice in the window: nobody knows.
    """
    threads: dict[tuple[int, int], list[ThreadWait]] = {}
    for one in samples:
        in_window = first_s <= one.at_s <= last_s
        if one.role == role and in_window and one.name not in OFF_THE_PATH:
            threads.setdefault((one.pid, one.tid), []).append(one)
    found = [
        LongestWait(role, seen[-1].name, _share(seen)) for seen in threads.values() if len(seen) > 1
    ]
    return max(found, key=lambda wait: wait.share, default=None)


def _share(seen: Sequence[ThreadWait]) -> float:
    first, last = seen[0], seen[-1]
    # an id may be given to a new thread, which begins at zero
    return max(last.waited_s - first.waited_s, 0.0) / (last.at_s - first.at_s)


def write_waits(file: IO[str], waits: Iterable[ThreadWait]) -> None:
    """Append one row for each thread."""
    writer = csv.writer(file)
    if file.tell() == 0:
        writer.writerow(_COLUMNS)
    for one in waits:
        row = (f"{one.at_s:.3f}", one.role, one.pid, one.tid, one.name, f"{one.waited_s:.6f}")
        writer.writerow(row)
    file.flush()


def load_waits(path: Path) -> list[ThreadWait]:
    """The samples of a step, as they were taken."""
    with path.open(newline="") as file:
        return [
            ThreadWait(
                at_s=float(row["at_s"]),
                role=row["role"],
                pid=int(row["pid"]),
                tid=int(row["tid"]),
                name=row["name"],
                waited_s=float(row["waited_s"]),
            )
            for row in csv.DictReader(file)
        ]
