"""A group of Faust workers, by its command line, its files and its signals."""

from __future__ import annotations

import re
from pathlib import Path

from fraud_core.instances_file import Instance, read_instances
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.outputs import wait_until


class GroupUnderTest:
    """A group runner with its workers, by its command line, its files and its signals."""

    def __init__(self, kind: str, folder: Path, environment: dict[str, str]):
        self.engine = EngineProcess(kind, folder, environment)
        self._instances, self._workers = folder / "instances.json", folder / "workers"

    def start(self, trained, topics, *more: str, workers: int) -> None:
        self._instances.unlink(missing_ok=True)  # of a runner that was killed
        files = ("--instances-file", str(self._instances), "--workers-file", str(self._workers))
        options = ("--label-wait-s", "60", *files, *more)
        self.engine.start(trained, topics.prefix, *options, workers=workers)
        self.wait_ready(workers)

    def ready(self) -> dict[str, Instance]:
        return {one.name: one for one in read_instances(self._instances) or [] if one.ready}

    def wait_ready(self, count: int) -> None:
        wait_until(
            lambda: len(self.ready()) == count,
            within_s=STARTS_WITHIN_S,
            what=f"{count} workers are ready",
            alive=lambda: self.engine.is_alive,
        )

    def scale(self, workers: int) -> None:
        self._workers.write_text(str(workers))

    def health_url(self, name: str) -> str:
        """Where a worker that is ready serves its health, as the runner's log says."""
        found = re.findall(rf"worker ready name={name} .* health=(\S+)", self.engine.log())
        return found[-1]
