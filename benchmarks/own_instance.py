"""An engine that is one process: it tells the benchmark itself, and holds itself to its size."""

from __future__ import annotations

import os
from pathlib import Path

from fraud_core.instance_size import InstanceLimit, InstanceSize
from fraud_core.instances_file import Instance, write_instances


class OwnInstance:
    """This process as the only instance of an engine."""

    def __init__(self, name: str, size: InstanceSize, told_to: Path | None) -> None:
        """Choose how to limit it; nothing is limited yet.

        Args:
            name: of the instance.
            size: what it may use.
            told_to: file that says so; None for none.
        """
        self._limit, self._told_to = InstanceLimit(name, size), told_to
        self._is_ready = False
        self._tell("none")

    def ready(self) -> None:
        """It scores: hold it to its size from now on; nothing happens the second time."""
        if not self._is_ready:
            self._is_ready = True
            self._limit.hold(os.getpid())
            self._tell(self._limit.means)

    def close(self) -> None:
        """Let go."""
        self._limit.remove()

    def _tell(self, limited_by: str) -> None:
        if self._told_to is not None:
            told = Instance(self._limit.name, os.getpid(), self._is_ready, limited_by)
            write_instances(self._told_to, [told])
