"""The executors as instances: held to their size once they score, and told to who measures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from fraud_core.instance_size import InstanceLimit, InstanceSize
from fraud_core.instances_file import Instance, write_instances
from spark_scorer.executors import Executor

_log = logging.getLogger(__name__)


class Instances:
    """Looks after the executors of a cluster of ours."""

    def __init__(
        self,
        find: Callable[[], Sequence[Executor]],
        size: InstanceSize,
        file: Path | None,
        count: int,
    ) -> None:
        """Nothing is limited or written yet.

        Args:
            find: the executors that run.
            size: what each may use.
            file: told about every change; None for nobody.
            count: how many there are while none has ended.
        """
        self._count = count
        self._find, self._size, self._file = find, size, file
        self._limits: dict[str, InstanceLimit] = {}
        self._ready: dict[int, str] = {}
        self._written: list[Instance] | None = None

    def look(self) -> None:
        """Limit who has become ready, and write what has changed; a new process is a restart.

        Raises:
            ConfigError: an instance is larger than it may be.
            SurroundingsError: it cannot be limited here.
        """
        if self.all_ready:
            return
        executors = self._find()
        for executor in executors:
            if executor.pid not in self._ready and executor.has_scored:
                self._ready[executor.pid] = self._hold(executor)
        now = [
            Instance(one.name, one.pid, one.pid in self._ready, self._ready.get(one.pid, "none"))
            for one in executors
        ]
        if now != self._written:
            self._tell(now)

    @property
    def all_ready(self) -> bool:
        """True while all instances are ready and run: finding them costs more than asking that."""
        known = self._written or ()
        return len(known) == self._count and all(
            one.ready and psutil.pid_exists(one.pid) for one in known
        )

    def release(self) -> None:
        """Take the limits off: what is left to do is to stop."""
        for limit in self._limits.values():
            limit.remove()
        self._limits.clear()

    def _hold(self, executor: Executor) -> str:
        limit = self._limits.get(executor.name)
        if limit is None:
            limit = self._limits[executor.name] = InstanceLimit(executor.name, self._size)
        limit.hold(executor.pid)
        _log.info("ready instance=%s pid=%d limit=%s", executor.name, executor.pid, limit.means)
        return limit.means

    def _tell(self, now: list[Instance]) -> None:
        before = {one.name: one.pid for one in self._written or ()}
        for one in now:
            if before.get(one.name, one.pid) != one.pid:
                _log.warning("started again instance=%s pid=%d", one.name, one.pid)
        if self._file is not None:
            write_instances(self._file, now)
        self._written = now
