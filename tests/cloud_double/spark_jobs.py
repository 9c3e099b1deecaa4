"""Jobs that run: their objects fetched over S3, spark-submit to a standalone cluster."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from yandex.cloud.spark.v1 import job_pb2

from tests.cloud_double.submission import (
    Object,
    SubmissionError,
    cluster_options,
    jars_of,
    objects_of,
    submit_options,
)
from tests.standalone_cluster import StandaloneCluster
from tests.submitted_job import SparkInstall

Status = job_pb2.Job.Status
Phase = Literal["PROVISIONING", "PENDING", "RUNNING", "ERROR", "DONE", "CANCELLED", "CANCELLING"]
_STOPS_WITHIN_S = 30
_WORKER_MEMORY = "8g"
"""What the master gives away, not what is used: presets differ, and a job must find its place."""


@dataclass(frozen=True)
class SparkPlace:
    """What clusters of this machine stand on.

    Attributes:
        install: Python with PySpark 3.5.
        fetch: content of an object, read over S3; raises KeyError where it is not there.
        buckets: folder of the buckets.
        packages: jars by Maven coordinates.
    """

    install: SparkInstall
    fetch: Callable[[str, str], bytes]
    buckets: Path
    packages: Mapping[str, list[str]]


class RunningJob:
    """One job, from its acceptance to its end, in a thread of its own."""

    def __init__(self, place: SparkPlace, cluster: RunningCluster, job: Any) -> None:
        self._place = place
        self._cluster = cluster
        self._spec = job.pyspark_job
        self.name = job.name
        self._folder = cluster.folder / job.id
        self._folder.mkdir(parents=True)
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self.phase: Phase = "PROVISIONING"
        self._thread = threading.Thread(target=self._run, name=f"job-{job.name}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return self.phase in ("ERROR", "DONE", "CANCELLED")

    def log(self) -> str:
        path = self._folder / "job.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def cancel(self) -> None:
        if not self.is_over:
            self.phase = "CANCELLING"
            self._cancelled.set()

    def kill(self) -> None:
        """The driver dies without being asked to."""
        assert self._process is not None, f"{self.name} has not begun"
        self._kill_session()

    def end(self) -> None:
        """Whatever happened: nothing of it runs on."""
        self._cancelled.set()
        self._kill_session()
        self._thread.join(60)

    def _run(self) -> None:
        try:
            command = self._prepared()
            if not self._cancelled.is_set():
                self._submit(command)
                self._watch()
            self.phase = self._end()
        except Exception as error:  # noqa: BLE001 - a job of which nobody hears would be waited for
            with (self._folder / "job.log").open("a") as log:
                log.write(f"error: {error}\n")
            self.phase = "ERROR"

    def _prepared(self) -> list[str]:
        """The command, once everything that it needs is there."""
        for one in objects_of(self._spec):
            self._fetch(one)
        jars = jars_of(self._spec.packages, self._place.packages)
        self._go_on_to("PENDING")
        return self._command(self._cluster.master(), jars)

    def _fetch(self, one: Object) -> None:
        try:
            content = self._place.fetch(one.bucket, one.key)
        except KeyError:
            raise SubmissionError(f"s3a://{one.bucket}/{one.key}: No such file") from None
        path = self._folder / "files" / one.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def _command(self, master: str, jars: list[str]) -> list[str]:
        events = self._folder / "events"
        events.mkdir()
        names = {one.bucket for one in objects_of(self._spec)}
        command = [str(self._place.install.home / "bin/spark-submit"), "--master", master]
        command += ["--name", self.name, *(("--jars", ",".join(jars)) if jars else ())]
        command += cluster_options(self._place.buckets, sorted(names), events)
        return command + submit_options(self._spec, self._folder / "files")

    def _submit(self, command: list[str]) -> None:
        work = self._folder / "work"
        work.mkdir()
        with (self._folder / "job.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self._place.install.environment,
                cwd=work,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._go_on_to("RUNNING")

    def _go_on_to(self, phase: Phase) -> None:
        if not self._cancelled.is_set():
            self.phase = phase

    def _watch(self) -> None:
        """Until the driver ends; a cancelled one is stopped as a pod is: asked, then killed."""
        assert self._process is not None
        while self._process.poll() is None and not self._cancelled.wait(0.2):
            pass
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOPS_WITHIN_S)
        self._kill_session()
        self._process.wait(30)

    def _end(self) -> Phase:
        self._cluster.wait_until_idle(self)
        if self._cancelled.is_set():
            return "CANCELLED"
        return "DONE" if self._process is not None and self._process.returncode == 0 else "ERROR"

    def _kill_session(self) -> None:
        if self._process is None:
            return
        for pid in (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()):
            try:
                if os.getsid(pid) == self._process.pid:
                    os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue


class RunningCluster:
    """A standalone cluster, made for its first job."""

    def __init__(self, place: SparkPlace, folder: Path, executors: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.jobs: dict[str, RunningJob] = {}
        self._cluster = StandaloneCluster(
            place.install, folder / "cluster", workers=executors, memory=_WORKER_MEMORY
        )
        self._one_at_a_time = threading.Lock()
        self._ended = False

    def master(self) -> str:
        """Its address, once all of its workers are there."""
        with self._one_at_a_time:
            if not self._cluster.master and not self._ended:
                self._cluster.start()
            return self._cluster.master

    def executors(self) -> int:
        """How many run."""
        return len(self._cluster.executors())

    def wait_until_idle(self, but: RunningJob) -> None:
        """A job is over when its executors are gone, which only the last one can see here."""
        pause = threading.Event()
        for _ in range(100):
            if self._ended or any(one is not but and not one.is_over for one in self.jobs.values()):
                return
            if not self._cluster.executors():
                return
            pause.wait(0.2)

    def end(self) -> None:
        self._ended = True
        for job in self.jobs.values():
            job.end()
        with self._one_at_a_time:
            self._cluster.end()


@dataclass
class ExecutingJobs:
    """Who runs jobs.

    Attributes:
        place: what clusters stand on.
        folder: gets a folder for each cluster.
        clusters: those that run, by id.
    """

    place: SparkPlace
    folder: Path
    clusters: dict[str, RunningCluster] = field(default_factory=dict)

    def started(self, job: Any, cluster: Any) -> None:
        """Run a job; the cluster is made for its first one."""
        running = self.clusters.get(cluster.id)
        if running is None:
            size = cluster.config.resource_pools.executor.scale_policy.fixed_scale.size
            running = RunningCluster(self.place, self.folder / cluster.id, max(1, size))
            self.clusters[cluster.id] = running
        running.jobs[job.id] = RunningJob(self.place, running, job)
        self.looked_at(job)

    def cancelled(self, job: Any) -> None:
        """Stop a job."""
        self._running(job).cancel()
        self.looked_at(job)

    def looked_at(self, job: Any) -> None:
        """Bring its status up to date."""
        job.status = Status.Value(self._running(job).phase)

    def log(self, job: Any) -> str:
        """What its driver has written."""
        return self._running(job).log()

    def cluster_deleted(self, cluster_id: str) -> None:
        """End everything of a cluster."""
        running = self.clusters.pop(cluster_id, None)
        if running is not None:
            running.end()

    def running(self) -> dict[str, RunningJob]:
        """Jobs that are not over, by name."""
        return {
            job.name: job
            for cluster in self.clusters.values()
            for job in cluster.jobs.values()
            if not job.is_over
        }

    def executors(self) -> int:
        """Executors of all clusters."""
        return sum(one.executors() for one in self.clusters.values())

    def end(self) -> None:
        """Nothing runs on."""
        for cluster_id in list(self.clusters):
            self.cluster_deleted(cluster_id)

    def _running(self, job: Any) -> RunningJob:
        return self.clusters[job.cluster_id].jobs[job.id]
