"""What this package asks of the cloud: `sdk.py` asks the real one, tests one in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from fraud_cloud.resource import Job, Resource
from fraud_cloud.services import Service
from fraud_cloud.spark_spec import ClusterSpec, JobSpec


@dataclass(frozen=True)
class Operation:
    """How far a request has come that the cloud accepted.

    Attributes:
        state: whether it runs, has ended well, or has failed.
        reason: what the cloud says of a failure.
    """

    state: Literal["running", "done", "failed"]
    reason: str = ""


class Cloud(Protocol):
    """One folder of the cloud.

    Every method raises DeniedError where we may not, RefusedError where another try may help, and
    GoneError where the thing is not there. What changes something returns the id of an operation.
    """

    def resources(self, service: Service) -> Iterable[Resource]:
        """Everything of one kind in the folder, to the last page."""

    def jobs(self, cluster_id: str) -> Iterable[Job]:
        """Every job of a Spark cluster, to the last page."""

    def job(self, cluster_id: str, job_id: str) -> Job:
        """One job as it is now."""

    def job_log(self, cluster_id: str, job_id: str) -> str:
        """What a job has written so far."""

    def create_cluster(self, spec: ClusterSpec) -> str:
        """Make a Spark cluster."""

    def create_job(self, cluster_id: str, spec: JobSpec) -> str:
        """Submit a job to a Spark cluster."""

    def cancel_job(self, cluster_id: str, job_id: str) -> str:
        """Stop a job."""

    def delete(self, resource: Resource) -> str:
        """Delete one thing."""

    def resize(self, group: Resource, size: int) -> str:
        """Set the number of hosts of an instance group."""

    def stop(self, resource: Resource) -> str:
        """Stop an instance group or a cluster; it can be started again."""

    def start(self, resource: Resource) -> str:
        """Start what was stopped."""

    def operation(self, operation_id: str) -> Operation:
        """How far an operation has come."""
