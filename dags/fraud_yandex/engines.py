"""An engine of the cloud for the time of a cell: started, looked at, stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fraud_cloud.errors import GoneError, SurroundingsError
from fraud_cloud.faust_hosts import set_hosts
from fraud_cloud.purge import empty
from fraud_cloud.services import GROUP
from fraud_cloud.spark import (
    Started,
    cluster_of_run,
    require_running,
    running_cluster,
    stop,
    stop_all,
    submit,
)
from fraud_cloud.spark_spec import JobSpec, scoring_properties
from fraud_yandex.desk import Desk
from fraud_yandex.names import Cell, Names, connector_of

SPARK = "spark"
FAUST = "faust"


class EngineChangedError(SurroundingsError):
    """The engine is not as it was when the cell began: what is measured now counts for nothing."""


class Engine(Protocol):
    """One engine."""

    def start(self) -> None:
        """Start it on the topics of the cell."""

    def check(self) -> None:
        """Raise where it does not run as it was started."""

    def stop(self) -> None:
        """Stop it and wait until it is gone. Safe to repeat."""

    def abandon(self) -> None:
        """Ask for its end and wait for nothing."""


class SparkEngine:
    """A job on the run's cluster."""

    def __init__(self, desk: Desk, cell: Cell) -> None:
        """Nothing is submitted yet."""
        self._desk, self._cell = desk, cell
        self._started: Started | None = None

    def start(self) -> None:
        """Submit it.

        Raises:
            GoneError: the cluster is gone.
            SurroundingsError: it is not accepted.
        """
        desk = self._desk
        cluster_id = cluster_id_of(desk)
        put_kafka_file(desk)
        spec = files_of(desk).scoring_job(self._cell, desk.attempt)
        self._started = submit(desk.means, cluster_id, spec)

    def check(self) -> None:
        """See that the job runs.

        Raises:
            GoneError: its cluster is gone.
            JobFailedError: it has ended, with its log's tail.
        """
        if self._started is not None:
            try:
                require_running(self._desk.means, self._started)
            except GoneError as error:
                raise gone(self._desk.names, str(error)) from None

    def stop(self) -> None:
        """Cancel it and wait until it is CANCELLED, or DONE for it ends by itself when told to.

        Raises:
            JobFailedError: it had ended before.
        """
        started, self._started = self._started, None
        if started is not None:
            try:
                stop(self._desk.means, started)
            except GoneError as error:
                raise gone(self._desk.names, str(error)) from None

    def abandon(self) -> None:
        """Cancel it."""
        if self._started is not None:
            started = self._started
            self._desk.means.cloud.cancel_job(started.cluster_id, started.job.id)


class FaustEngine:
    """Hosts of the instance group, one worker each."""

    def __init__(self, desk: Desk, cell: Cell) -> None:
        """No host is asked for yet."""
        self._desk, self._cell = desk, cell
        self._runs = False

    def start(self) -> None:
        """Write what the hosts read at their start, then have them.

        Raises:
            SurroundingsError: they do not come in time.
        """
        desk = self._desk
        self._runs = True
        tell_faust(desk, str(self._cell))
        set_hosts(desk.means, desk.session.faust_group, self._cell.instances)

    def check(self) -> None:
        """See that the group has as many hosts as the cell.

        Raises:
            EngineChangedError: it has not.
        """
        group = self._desk.session.faust_group
        for one in self._desk.means.cloud.resources(GROUP):
            if one.id == group:
                if one.hosts < self._cell.instances or one.size != self._cell.instances:
                    raise EngineChangedError(
                        f"{one} has {one.hosts} of {one.size} hosts, the cell {self._cell} began "
                        f"with {self._cell.instances}: what is measured now counts for nothing; "
                        "clear the task"
                    )
                return
        raise EngineChangedError(f"there is no instance group {group} any more: is the session up?")

    def stop(self) -> None:
        """Have no host, and wait until there is none."""
        if self._runs:
            set_hosts(self._desk.means, self._desk.session.faust_group, 0)
            self._runs = False

    def abandon(self) -> None:
        """Ask for no host, or for a stopped group where that is refused."""
        means, group = self._desk.means, self._desk.session.faust_group
        for one in means.cloud.resources(GROUP):
            if one.id == group:
                empty(means, one)


def engine_of(desk: Desk, cell: Cell) -> Engine:
    """The engine of a cell."""
    return SparkEngine(desk, cell) if cell.engine == SPARK else FaustEngine(desk, cell)


def stop_everything(desk: Desk) -> None:
    """Stop what a killed task has left: jobs of the run's cluster, hosts of the group.

    Raises:
        SurroundingsError: something does not stop in time.
    """
    cluster = cluster_of_run(desk.means, desk.run)
    if cluster is not None and cluster.status == "RUNNING":
        stop_all(desk.means, cluster.id)
    set_hosts(desk.means, desk.session.faust_group, 0)


def cluster_id_of(desk: Desk) -> str:
    """The run's cluster.

    Raises:
        GoneError: there is none that runs; names the parameter with which a new run goes on.
    """
    found = running_cluster(desk.means, desk.run)
    if found is None:
        raise gone(desk.names, f"no Spark cluster with the label run={desk.run} runs")
    return found.id


def gone(names: Names, what: str) -> GoneError:
    """The error of a cell whose cluster is gone."""
    return GoneError(
        f"{what}: the cluster of this run is gone. Start a new run with resume_run={names.run}: it "
        "makes a cluster and does only the cells that are not finished"
    )


def put_kafka_file(desk: Desk) -> None:
    """Write the settings with which a job reaches Kafka; the teardown deletes them."""
    desk.bucket.put(desk.names.kafka_file, desk.around.kafka.as_file().encode())


@dataclass(frozen=True)
class JobFiles:
    """What every job of a run is submitted with: the code, the artifact, its Kafka settings. Pure.

    Attributes:
        names: of the run.
        spark_version: of the cluster.
        memory_mb: of an instance.
        ca_key: key of the authority's certificate; empty for none.
    """

    names: Names
    spark_version: str
    memory_mb: int
    ca_key: str = ""

    def job(self, name: str, main_key: str, arguments: Sequence[str], instances: int) -> JobSpec:
        """A job. No secret is in it.

        Args:
            name: of the job.
            main_key: of the program.
            arguments: of the program.
            instances: executors of one core.
        """
        names = self.names
        files = (names.kafka_file, self.ca_key) if self.ca_key else (names.kafka_file,)
        return JobSpec(
            name=name,
            main_uri=names.uri(main_key),
            args=tuple(arguments),
            python_uris=(names.uri(names.code("packages.zip")),),
            archive_uris=(f"{names.uri(names.artifact)}#artifact",),
            file_uris=tuple(map(names.uri, files)),
            properties=scoring_properties(instances, self.memory_mb),
            packages=(connector_of(self.spark_version),),
        )

    def scoring_job(self, cell: Cell, attempt: int) -> JobSpec:
        """The job of a cell.

        Args:
            cell: how many instances.
            attempt: of the task.
        """
        names, part = self.names, str(cell)
        arguments = [
            *("--workers", str(cell.instances)),
            *("--checkpoint", names.checkpoint(part, attempt)),
            *("--topic-prefix", names.topics(part)),
            *("--group-id", names.group(part)),
        ]
        return self.job(names.job(part, attempt), names.code("main.py"), arguments, cell.instances)


def files_of(desk: Desk) -> JobFiles:
    """What jobs of this run are submitted with."""
    session, kafka = desk.session, desk.around.kafka
    return JobFiles(desk.names, session.spark.version, session.instance_memory_mb, kafka.ca_key)


def faust_settings(names: Names, part: str, sha256: str) -> str:
    """What the Faust hosts are told, as `faust-run.sh` reads it. Pure. No secret is in it.

    Args:
        names: of the run.
        part: the cell.
        sha256: of the packed artifact.
    """
    lines = {
        "TOPIC_PREFIX": names.topics(part),
        "GROUP_ID": names.group(part),
        "ARTIFACT_KEY": names.artifact,
        "ARTIFACT_SHA256": sha256,
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def tell_faust(desk: Desk, part: str) -> None:
    """Write the settings of a cell, then what points to them."""
    names = desk.names
    sha256 = desk.bucket.get(names.artifact_sums).decode().split()[0]
    desk.bucket.put(names.faust_file, faust_settings(names, part, sha256).encode())
    pointer = desk.around.contract.keys["faust_pointer"]
    desk.bucket.put(pointer, f"{names.faust_file}\n".encode())
