"""One run of the job: on a cluster of ours, in one JVM, or on a cluster that is given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceSize
from spark_scorer.cluster import (
    LocalCluster,
    cluster_settings,
    own_cluster_settings,
    require_worker_addresses,
)
from spark_scorer.driver_jvm import DriverJvm
from spark_scorer.executor_logs import ExecutorLogs
from spark_scorer.instances import Instances
from spark_scorer.job import Job, StopFlag, run_job
from spark_scorer.session import (
    connector_jars,
    local_settings,
    open_session,
    session_settings,
    stay_on_loopback,
)
from spark_scorer.warm_up import WarmUp, ask_executors


@dataclass(frozen=True)
class Executors:
    """Where the instances run.

    Attributes:
        master: of a cluster that runs, `local[N]` for one JVM, "" for a cluster of our own.
        size: what each instance may use.
        instances_file: told which processes the instances are; None for nobody.
    """

    master: str
    size: InstanceSize
    instances_file: Path | None

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        Raises:
            ConfigError: a limit or a file where the instances are not processes of ours.
        """
        if self.master and (self.size.is_limited or self.instances_file):
            raise ConfigError(
                f"--master {self.master} runs no executors of ours: leave out --cpu, --memory-mb "
                "and --instances-file, or leave out --master"
            )


def run(job: Job, executors: Executors, stop: StopFlag, folder: Path) -> None:
    """Score until told to stop; nothing runs on afterwards.

    Args:
        job: what is scored, and with what.
        executors: where.
        stop: ends it.
        folder: for executors' logs and blocks.

    Raises:
        SurroundingsError: Java or the executors do not start.
        QueryFailedError: the query ended by itself.
    """
    spark = session_settings(job.cores, job.checkpoint, connector_jars())
    if not executors.master:
        require_worker_addresses(job.cores)
        stay_on_loopback()
        spark |= local_settings() | cluster_settings(job.cores) | own_cluster_settings(folder)
        _run_on_own_cluster(job, executors, spark, stop, folder)
    elif executors.master.startswith("local"):
        stay_on_loopback()
        _run_on(executors.master, job, spark | local_settings(), stop)
    else:
        _run_on(executors.master, job, spark | cluster_settings(job.cores), stop)


def _run_on(master: str, job: Job, spark: Mapping[str, str], stop: StopFlag) -> None:
    with ExitStack() as at_end:
        jvm = DriverJvm(spark)
        at_end.callback(jvm.close)
        at_end.enter_context(jvm.required())
        if stop.is_set:
            return
        session = open_session(master, spark)
        at_end.callback(jvm.at_end, session.stop)
        if not stop.is_set:
            run_job(session, job, stop)


def _run_on_own_cluster(
    job: Job, executors: Executors, spark: Mapping[str, str], stop: StopFlag, folder: Path
) -> None:
    with ExitStack() as at_end:
        jvm = DriverJvm(spark)
        at_end.callback(jvm.close)
        at_end.enter_context(jvm.required())
        if stop.is_set:
            return
        cluster = LocalCluster(jvm, job.cores, folder)
        at_end.callback(jvm.at_end, cluster.close)
        session = open_session(cluster.master, {**spark, **cluster.secret_settings})
        at_end.callback(jvm.at_end, session.stop)
        cluster.wait_for_executors(lambda: stop.is_set)
        instances = Instances(jvm.executors, executors.size, executors.instances_file, job.cores)
        warm_up = WarmUp(lambda: ask_executors(session, job.settings, job.cores))
        at_end.callback(instances.release)
        logs = ExecutorLogs(folder)

        def look() -> None:
            instances.look()
            warm_up.look(all_ready=instances.all_ready, now_s=time.monotonic())
            logs.pass_on()

        look()
        if not stop.is_set:
            run_job(session, job, stop, look)
