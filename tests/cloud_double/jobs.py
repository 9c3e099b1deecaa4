"""What becomes of a Spark job: here it only pretends; what runs jobs takes this class's place."""

from __future__ import annotations

from typing import Any, Protocol

from yandex.cloud.spark.v1 import job_pb2

Status = job_pb2.Job.Status


class Jobs(Protocol):
    """Who runs jobs."""

    def started(self, job: Any, cluster: Any) -> None:
        """A job was accepted: fetch its files, start it."""

    def cancelled(self, job: Any) -> None:
        """Its end is asked for: stop it."""

    def looked_at(self, job: Any) -> None:
        """It is listed or asked about: bring its status up to date."""

    def log(self, job: Any) -> str:
        """What it has written so far."""

    def cluster_deleted(self, cluster_id: str) -> None:
        """A cluster goes, and every job with it."""


class PretendedJobs:
    """Jobs that go one step on at each look: accepted, running, and cancelled when it is asked for.

    Attributes:
        dies: names of jobs that end with an error once they run.
        stays: names of jobs that go on though they are cancelled.
    """

    def __init__(self) -> None:
        self.dies: set[str] = set()
        self.stays: set[str] = set()

    def started(self, job: Any, cluster: Any) -> None:
        job.status = Status.PROVISIONING

    def cancelled(self, job: Any) -> None:
        job.status = Status.CANCELLING

    def looked_at(self, job: Any) -> None:
        if job.status == Status.CANCELLING and job.name not in self.stays:
            job.status = Status.CANCELLED
        elif job.status == Status.RUNNING and job.name in self.dies:
            job.status = Status.ERROR
        elif job.status == Status.PROVISIONING:
            job.status = Status.RUNNING

    def log(self, job: Any) -> str:
        return f"job {job.name} is {Status.Name(job.status)}\n"

    def cluster_deleted(self, cluster_id: str) -> None:
        """Nothing ran there."""
