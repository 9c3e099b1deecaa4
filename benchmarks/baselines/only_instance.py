"""An engine that is one process: held to its size once it scores, and named in a file."""

from __future__ import annotations

import os
from pathlib import Path

from fraud_core.instance_size import InstanceLimit, InstanceSize
from fraud_core.instances_file import Instance, write_instances


class OnlyInstance:
    """This process as the one instance of an engine."""

    def __init__(self, engine: str, size: InstanceSize, file: Path | None) -> None:
        """Say that it starts.

        Args:
            engine: its name.
            size: what it may use once it is ready.
            file: of the instances; None for no such file.
        """
        self._name, self._file = f"{engine}-0", file
        self._limit = InstanceLimit(self._name, size)
        self._is_ready = False
        self._write("none")

    def ready(self) -> None:
        """It scores: hold it to its size from now on, and say so; once."""
        if self._is_ready:
            return
        self._is_ready = True
        self._limit.hold(os.getpid())
        self._write(self._limit.means)

    def close(self) -> None:
        """Let go."""
        self._limit.remove()

    def _write(self, limited_by: str) -> None:
        if self._file is not None:
            pid, ready = os.getpid(), self._is_ready
            write_instances(self._file, [Instance(self._name, pid, ready, limited_by)])
