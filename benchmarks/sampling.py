"""Takes samples of offsets, CPU and memory at 1 Hz and keeps them raw in two CSV files."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from benchmarks.cluster import Broker
from benchmarks.instance_samples import INSTANCES_FILE, InstanceSample, write_instance_samples
from benchmarks.instance_watch import EngineTree
from benchmarks.process_use import CpuMeter, ProcessSample, ReadProcesses
from benchmarks.samples import (
    ENGINE,
    HOST_BUSY,
    HOST_STEAL,
    INSTANCES,
    OFFSETS_FILE,
    OVERHEAD,
    USE_FILE,
    OffsetSample,
    TreeUse,
    UseSample,
    difference,
    write_offsets,
    write_uses,
)
from benchmarks.scheduling import (
    SAMPLE_EVERY_S,
    WAITS_FILE,
    ThreadWait,
    read_waits,
    write_waits,
)
from fraud_core.errors import SurroundingsError
from fraud_core.topics import TopicNames

WATCHED: Final = ("broker", "producer")
"""Whoever of these waits for a CPU makes the engine look slow."""

_log = logging.getLogger(__name__)


class Sampler:
    """Takes samples in a thread until it is stopped.

    Attributes:
        offsets: what was taken so far, by time.
        uses: the same for CPU and memory.
        waits: how long threads of broker and generator waited for a CPU.
        instances: what was seen of single instances, where the engine tells them.
        failure: why no more samples can be kept, most often a full disk; None while they can.
    """

    def __init__(
        self,
        broker: Broker,
        names: TopicNames,
        roles: Mapping[str, ReadProcesses],
        folder: Path,
        engine: EngineTree | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the files.

        Args:
            broker: asked for offsets.
            names: the step's topics.
            roles: how to see the processes of each role; more may be added while it runs.
            folder: where the files go.
            engine: its processes; None where they cannot be seen.
            clock: Unix seconds.
        """
        self.offsets: list[OffsetSample] = []
        self.uses: list[UseSample] = []
        self.waits: list[ThreadWait] = []
        self.instances: list[InstanceSample] = []
        self.failure: OSError | None = None
        self._broker, self._names, self._clock = broker, names, clock
        self._engine, self._roles = engine, dict(roles)
        self._meters: dict[str, CpuMeter] = {}
        self._offsets_file = (folder / OFFSETS_FILE).open("w", newline="")
        self._use_file = (folder / USE_FILE).open("w", newline="")
        self._waits_file = (folder / WAITS_FILE).open("w", newline="")
        self._instances_file = (folder / INSTANCES_FILE).open("w", newline="")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def add_role(self, role: str, read: ReadProcesses) -> None:
        """Sample a role from now on."""
        self._roles = {**self._roles, role: read}

    def start(self) -> None:
        """Take the first sample at the next whole second."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more, close the files."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        files = (self._offsets_file, self._use_file, self._waits_file, self._instances_file)
        for file in files:
            with contextlib.suppress(OSError):  # what is left in a buffer finds no room either
                file.close()

    def _run(self) -> None:
        try:
            self._sample_until_stopped()
        except OSError as error:  # told by the thread that runs the step
            self.failure = error

    def _sample_until_stopped(self) -> None:
        slot_s = math.floor(self._clock()) + 1
        while not self._stop.wait(max(slot_s - self._clock(), 0)):
            self._take_offsets(slot_s)
            processes = {role: read() for role, read in self._roles.items()}
            if self._engine is not None:
                processes |= self._take_instances(self._engine, slot_s)
            self._take_use(slot_s, processes)
            if slot_s % SAMPLE_EVERY_S == 0:
                self._take_waits(processes)
            # a slot that passed while we were busy is a gap; it is not taken late
            slot_s = max(slot_s, math.floor(self._clock())) + 1

    def _take_offsets(self, slot_s: int) -> None:
        asked_s = self._clock()
        try:
            offsets = self._broker.end_offsets(self._names)
        except SurroundingsError as error:
            _log.warning("missed a sample slot_s=%d reason=%s", slot_s, error)
            return
        # as in the file, so that a verdict from the file is the same
        at_s = round((asked_s + self._clock()) / 2, 3)
        write_offsets(self._offsets_file, slot_s, at_s, offsets)
        self.offsets.append(OffsetSample.of(slot_s, at_s, offsets))

    def _take_instances(self, engine: EngineTree, slot_s: int) -> dict[str, list[ProcessSample]]:
        told = engine.instances()
        taken = engine.sample(told, slot_s, round(self._clock(), 3))
        write_instance_samples(self._instances_file, taken)
        self.instances += taken
        return engine.processes(told)

    def _take_use(self, slot_s: int, processes: Mapping[str, list[ProcessSample]]) -> None:
        used = {
            role: self._meters.setdefault(role, CpuMeter()).advance(found)
            for role, found in processes.items()
        }
        if INSTANCES in used:
            used[OVERHEAD] = difference(used[ENGINE], used[INSTANCES])
        taken = [self._sample(slot_s, role, use) for role, use in used.items()]
        host = psutil.cpu_times()
        # user time holds guest time already; idle, iowait and steal are nobody's work here
        busy_s = (
            host.user
            + host.system
            + sum(getattr(host, name, 0.0) for name in ("nice", "irq", "softirq"))
        )
        steal_s = getattr(host, "steal", 0.0)  # Linux only
        taken.append(self._sample(slot_s, HOST_BUSY, TreeUse(busy_s, 0, 0)))
        taken.append(self._sample(slot_s, HOST_STEAL, TreeUse(steal_s, 0, 0)))
        write_uses(self._use_file, taken)
        self.uses += taken

    def _take_waits(self, processes: Mapping[str, list[ProcessSample]]) -> None:
        taken = [
            replace(wait, waited_s=round(wait.waited_s, 6))
            for role in WATCHED
            for wait in read_waits(
                round(self._clock(), 3), role, [one.pid for one in processes.get(role, [])]
            )
        ]
        write_waits(self._waits_file, taken)
        self.waits += taken

    def _sample(self, slot_s: int, role: str, use: TreeUse) -> UseSample:
        as_in_file = replace(use, cpu_s=round(use.cpu_s, 3))
        return UseSample(slot_s, round(self._clock(), 3), role, as_in_file)
