"""What our scorers say in the executors, passed on to our own log."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

_OURS: Final = re.compile(rb"^\S+ \S+ [A-Z]+ (fraud_core|spark_scorer)\.")


class ExecutorLogs:
    """Follows the logs below a cluster's folder; the lines of Spark stay where they are."""

    def __init__(self, folder: Path, write: Callable[[str], object] = sys.stderr.write) -> None:
        """Nothing is read yet.

        Args:
            folder: `<instance>/<application>/<executor>/stderr` lie in it.
            write: takes a line.
        """
        self._folder = folder
        self._write = write
        self._read_bytes: dict[Path, int] = {}

    def pass_on(self) -> None:
        """Write what came since the last time, with the instance that said it."""
        for path in sorted(self._folder.glob("*/*/*/stderr")):
            for line in self._new_lines(path):
                if _OURS.match(line):
                    instance = path.parents[2].name
                    self._write(f"{line.decode(errors='replace')} instance={instance}\n")

    def _new_lines(self, path: Path) -> list[bytes]:
        first = self._read_bytes.get(path, 0)
        if path.stat().st_size == first:
            return []
        with path.open("rb") as log:
            log.seek(first)
            new = log.read()
        end = new.rfind(b"\n") + 1  # a line may be half written
        self._read_bytes[path] = first + end
        return new[:end].splitlines()
