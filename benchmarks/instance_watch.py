"""Sees the processes of an engine: its instances, and what it runs besides them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.instance_samples import InstanceSample
from benchmarks.process_use import ProcessSample, session_samples, single_samples
from benchmarks.samples import ENGINE, INSTANCES
from fraud_core.control_groups import GroupCounters, counters, folders_of_process
from fraud_core.errors import ConfigError
from fraud_core.instances_file import Instance, read_instances

GROUP_PREFIX = "streamgauge-"
"""Groups of `fraud_core.instance_size`; those of anybody else count other processes too."""

_log = logging.getLogger(__name__)


class EngineTree:
    """All processes of an engine that was started here."""

    def __init__(self, session_id: int, instances_file: Path) -> None:
        """Nothing is read yet.

        Args:
            session_id: of the engine's first process.
            instances_file: where the engine says which processes its instances are, if it does.
        """
        self._read, self._file = session_samples(session_id), instances_file
        self._groups: dict[str, dict[str, Path]] = {}

    def instances(self) -> list[Instance]:
        """What the engine says of its instances now; nothing where it says nothing."""
        try:
            return read_instances(self._file) or []
        except ConfigError as error:
            _log.warning("instances are not told reason=%s", error)
            return []

    def processes(self, told: Sequence[Instance]) -> dict[str, list[ProcessSample]]:
        """Samples of the whole engine, and of its instances where it tells them."""
        found = self._read()
        if not told:
            return {ENGINE: found}
        known = {one.pid for one in found}
        for instance in told:
            if instance.pid not in known:  # in a session of its own
                found += [one for one in single_samples(instance.pid)() if one.pid not in known]
        return {ENGINE: found, INSTANCES: families(found, {one.pid for one in told})}

    def sample(self, told: Iterable[Instance], slot_s: int, at_s: float) -> list[InstanceSample]:
        """One sample of each instance."""
        return [
            InstanceSample(slot_s, at_s, one.name, one.pid, one.limited_by, self._counters_of(one))
            for one in told
        ]

    def _counters_of(self, instance: Instance) -> GroupCounters:
        found = counters(self._groups_of(instance))
        if found.throttled_s is None:
            return found
        # as in the file, so that what is recomputed from the file is the same
        return replace(found, throttled_s=round(found.throttled_s, 3))

    def _groups_of(self, instance: Instance) -> dict[str, Path]:
        """The groups that limit an instance; kept, because they count on after its death."""
        found = {
            controller: group
            for controller, group in folders_of_process(instance.pid).items()
            if group.name.startswith(GROUP_PREFIX)
        }
        if found:
            self._groups[instance.name] = found
        return self._groups.get(instance.name, {})


def families(samples: Sequence[ProcessSample], roots: Iterable[int]) -> list[ProcessSample]:
    """The samples of some processes and of all their descendants."""
    members = set(roots)
    while new := {one.pid for one in samples if one.parent in members} - members:
        members |= new
    return [one for one in samples if one.pid in members]
