"""A cloud in memory: what a purge asks is answered at once, or refused as it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fraud_cloud.cloud import Operation
from fraud_cloud.contract import load_contract
from fraud_cloud.errors import RefusedError
from fraud_cloud.resource import Job, Resource
from fraud_cloud.services import Service
from fraud_cloud.spark_spec import ClusterSpec, JobSpec

LABELS = load_contract().labels("first", 2_000_000_000)


def thing(kind: str, name: str, **more: object) -> Resource:
    """A resource of the session "first"."""
    return replace(Resource(kind, f"id-{name}", name, LABELS, "RUNNING", bills=True), **more)  # type: ignore[arg-type]


@dataclass
class MemoryCloud:
    """Things by id.

    Attributes:
        things: what is there.
        waits: for each id, how many looks its deletion takes.
        refuses: for each id, how many deletions are refused.
        deletions: ids in the order in which their deletion was asked for.
        stops: the same of what was to be stopped.
    """

    things: dict[str, Resource] = field(default_factory=dict)
    waits: dict[str, int] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)
    deletions: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    _going: dict[str, int] = field(default_factory=dict)

    def with_things(self, *things: Resource) -> MemoryCloud:
        self.things.update({one.id: one for one in things})
        return self

    def resources(self, service: Service) -> Iterable[Resource]:
        for identifier in list(self._going):
            self._going[identifier] -= 1
            if self._going[identifier] < 0:
                self.things.pop(identifier, None)
        return [one for one in self.things.values() if one.kind == service.kind]

    def jobs(self, cluster_id: str) -> Iterable[Job]:
        return []

    def cancel_job(self, cluster_id: str, job_id: str) -> str:
        raise AssertionError

    def delete(self, resource: Resource) -> str:
        self.deletions.append(resource.id)
        if self.refuses.get(resource.id, 0) > 0:
            self.refuses[resource.id] -= 1
            raise RefusedError("still used")
        self._going.setdefault(resource.id, self.waits.get(resource.id, 0))
        return resource.id

    def job(self, cluster_id: str, job_id: str) -> Job:
        raise AssertionError

    def job_log(self, cluster_id: str, job_id: str) -> str:
        raise AssertionError

    def create_cluster(self, spec: ClusterSpec) -> str:
        raise AssertionError

    def create_job(self, cluster_id: str, spec: JobSpec) -> str:
        raise AssertionError

    def start(self, resource: Resource) -> str:
        raise AssertionError

    def resize(self, group: Resource, size: int) -> str:
        self.things[group.id] = replace(group, size=size, hosts=0)
        return group.id

    def stop(self, resource: Resource) -> str:
        self.stops.append(resource.id)
        self.things[resource.id] = replace(resource, status="STOPPED")
        return resource.id

    def operation(self, operation_id: str) -> Operation:
        return Operation("running" if operation_id in self.things else "done")
