"""CPU time of single threads: what a process without Python spends it on.

The kernel keeps 15 characters of a thread's name (`/proc/<pid>/task/<tid>/comm`); a JVM and
librdkafka name their threads after what they do.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

ThreadTimes = dict[tuple[int, int], tuple[str, float]]
"""Name and CPU-seconds by process and thread."""

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_USER_TIME: Final = 11
"""utime, the 14th field of `stat` (proc_pid_stat(5)), counted after the name in brackets."""
_NUMBERS: Final = re.compile(r"[\s#-]*\d[\d\s#/-]*$")


def read_threads(pids: Iterable[int]) -> ThreadTimes:
    """Every thread of some processes; those that have ended are not there."""
    found: ThreadTimes = {}
    for pid in pids:
        try:
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
        except OSError:
            continue
        for task in tasks:
            try:
                stat = (task / "stat").read_text()
            except OSError:
                continue
            found[pid, int(task.name)] = parse_stat(stat)
    return found


def parse_stat(stat: str) -> tuple[str, float]:
    """A thread's name and CPU-seconds, user and system.

    Args:
        stat: of `/proc/<pid>/task/<tid>/stat`.
    """
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    ticks = int(fields[_USER_TIME]) + int(fields[_USER_TIME + 1])
    return head.partition("(")[2], ticks * _TICK_S


def cpu_between(
    before: ThreadTimes, after: ThreadTimes, kinds: Mapping[int, str]
) -> dict[tuple[str, str], float]:
    """CPU-seconds that each kind of thread used, by kind of process and name without its number.

    A thread that began in between counts from its beginning; one that ended is lost.

    Args:
        before: at the start of a stretch.
        after: at its end.
        kinds: what each process is.
    """
    used: dict[tuple[str, str], float] = defaultdict(float)
    for key, (name, cpu_s) in after.items():
        since_s = before.get(key, ("", 0.0))[1]
        kind = kinds.get(key[0], "gone")
        used[kind, _NUMBERS.sub("", name) or name] += cpu_s - since_s
    return used
