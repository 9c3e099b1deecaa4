"""A standalone cluster of one-core executors on this machine, gone when its driver is gone.

Master and workers are objects in the driver's JVM, which starts the executors as processes: N + 1
JVMs in place of 2 N + 2. Each worker has a loopback address of its own, because Spark keeps a
partition on its executor by the name of the host.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pyspark import SparkContext

from fraud_core.errors import SurroundingsError
from spark_scorer.driver_jvm import DriverJvm
from spark_scorer.executors import ENGINE, SCORED_FILE, Executor, worker_host
from spark_scorer.score_batch import SCORED_VARIABLE
from spark_scorer.session import LOOPBACK

EXECUTOR_HEAP: Final = "640m"
EXECUTORS_WITHIN_S: Final = 60.0
_WORKER_MEMORY_MB: Final = 1024
"""What a worker offers; it reserves nothing, and one executor is all that fits into it."""
_LOOK_EVERY_S: Final = 0.05
_TAIL_LINES: Final = 12
_BLOCKS: Final = "blocks"


def cluster_settings(count: int) -> dict[str, str]:
    """What a session needs for `count` executors with one core each, on any standalone cluster."""
    return {
        "spark.cores.max": str(count),
        "spark.executor.cores": "1",
        "spark.executor.memory": EXECUTOR_HEAP,
        # one core: collectors with threads of their own would only compete with the task
        "spark.executor.extraJavaOptions": "-XX:+UseSerialGC",
    }


def own_cluster_settings(folder: Path) -> dict[str, str]:
    """What executors on this machine are told besides.

    Args:
        folder: for their blocks.
    """
    here = Path(__file__).resolve().parent.parent
    return {
        "spark.local.dir": str(folder / _BLOCKS),
        # an executor's working directory is not ours
        "spark.executorEnv.PYTHONPATH": str(here),
        f"spark.executorEnv.{SCORED_VARIABLE}": SCORED_FILE,
    }


class LocalCluster:
    """Master and workers in a JVM of ours.

    Attributes:
        master: its address, for `SparkSession.builder.master`.
        secret_settings: for the session; what is started without them is refused.
    """

    def __init__(self, jvm: DriverJvm, count: int, folder: Path) -> None:
        """Start a master and `count` workers.

        Args:
            jvm: where they run.
            count: workers, with one executor each.
            folder: gets a folder for each worker.
        """
        self._jvm = jvm
        self._folder = folder
        self._count = count
        # Else every user of this machine could run programs as us: a master takes any application.
        self.secret_settings = {
            "spark.authenticate": "true",
            "spark.authenticate.secret": secrets.token_hex(32),
        }
        conf = self._conf()
        deploy = jvm.classes.org.apache.spark.deploy
        started = deploy.master.Master.startRpcEnvAndEndpoint(LOOPBACK, 0, 0, conf)
        self._environments = [started._1()]
        self.master = f"spark://{LOOPBACK}:{started._1().address().port()}"
        for number in range(count):
            self._environments.append(self._start_worker(deploy.worker.Worker, number, conf))

    def wait_for_executors(self, is_stopping: Callable[[], bool]) -> list[Executor]:
        """The executors, once all have registered with the session; fewer when we are stopping.

        Raises:
            SurroundingsError: not all came in time.
        """
        deadline_s = time.monotonic() + EXECUTORS_WITHIN_S
        while (count := self._registered()) < self._count and not is_stopping():
            if time.monotonic() > deadline_s:
                text = f"{count} of {self._count} Spark executors came in {EXECUTORS_WITHIN_S:g} s"
                raise SurroundingsError(f"{text}; the last one says:\n{self._log_tail()}")
            time.sleep(_LOOK_EVERY_S)
        return self._jvm.executors()

    def close(self) -> None:
        """Stop the workers, and with them their executors, then the master."""
        for environment in reversed(self._environments):
            environment.shutdown()
            environment.awaitTermination()

    def _conf(self) -> Any:  # noqa: ANN401  # an object of the JVM
        conf = self._jvm.classes.org.apache.spark.SparkConf(False)
        settings = self.secret_settings | {
            "spark.master.rest.enabled": "false",
            # Spark has no switch for these pages; they are on the loopback address, and only show
            "spark.ui.killEnabled": "false",
            "spark.local.dir": str(self._folder / _BLOCKS),
        }
        for name, value in settings.items():
            conf.set(name, value)
        return conf

    def _start_worker(self, factory: Any, number: int, conf: Any) -> Any:  # noqa: ANN401
        option = self._jvm.classes.scala.Option
        masters = self._jvm.gateway.new_array(self._jvm.classes.java.lang.String, 1)
        masters[0] = self.master
        return factory.startRpcEnvAndEndpoint(
            worker_host(number),
            0,
            0,
            1,
            _WORKER_MEMORY_MB,
            masters,
            str(self._folder / f"{ENGINE}-{number}"),
            option.apply(number),
            conf,
            option.empty(),
        )

    def _registered(self) -> int:
        context = SparkContext._active_spark_context
        assert context is not None  # noqa: S101  # asked only behind a session
        driver = 1
        return int(context._jsc.sc().getExecutorMemoryStatus().size()) - driver

    def _log_tail(self) -> str:
        logs = sorted(self._folder.glob("*/*/*/stderr"), key=lambda path: path.stat().st_mtime)
        lines = logs[-1].read_text(errors="replace").splitlines() if logs else ["(nothing)"]
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])


def require_worker_addresses(count: int) -> None:
    """Check that this machine has the addresses of the workers.

    Raises:
        SurroundingsError: only Linux answers on the whole of 127.0.0.0/8.
    """
    if not sys.platform.startswith("linux"):
        raise SurroundingsError(
            f"this system does not answer at {worker_host(count - 1)}: "
            f"use --master 'local[{count}]', or --master spark://... of a cluster that runs"
        )
