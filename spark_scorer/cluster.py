"""A standalone cluster of one-core executors on this machine, gone when its driver is gone.

Master and workers are objects in the driver's JVM, which starts the executors as processes: N + 1
JVMs in place of 2 N + 2. Each worker has a loopback address of its own, because Spark keeps a
partition on its executor by the name of the host.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import psutil
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException

from fraud_core.errors import SurroundingsError
from spark_scorer.score_batch import SCORED_VARIABLE
from spark_scorer.session import LOOPBACK

_log = logging.getLogger(__name__)

ENGINE: Final = "spark"
FIRST_WORKER_HOST: Final = 2
"""127.0.0.2, .3, ...: one for each worker."""
EXECUTOR_HEAP: Final = "640m"
EXECUTORS_WITHIN_S: Final = 60.0
_WORKER_MEMORY_MB: Final = 1024
"""What a worker offers; it reserves nothing, and one executor is all that fits into it."""
_JVM_ENDS_WITHIN_S: Final = 10.0
_EXECUTOR_ENDS_WITHIN_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.05
_SEEN_WITHIN_S: Final = 2.0
_EXECUTOR_CLASS: Final = "CoarseGrainedExecutorBackend"
_TAIL_LINES: Final = 12
SCORED_FILE: Final = "scored"
_BLOCKS: Final = "blocks"


@dataclass(frozen=True)
class Executor:
    """One instance.

    Attributes:
        name: `spark-0`; stays the same when it is started again.
        pid: its JVM, whose descendants are its Python processes.
        folder: its working directory, with its logs.
    """

    name: str
    pid: int
    folder: Path

    @property
    def has_scored(self) -> bool:
        """True once its Python worker holds model, labels and state, and has answered."""
        return (self.folder / SCORED_FILE).exists()


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


def worker_host(number: int) -> str:
    """The address of a worker, counted from 0."""
    return f"127.0.0.{FIRST_WORKER_HOST + number}"


def executor_number(command: list[str]) -> int | None:
    """Which worker's executor a command line is, None for any other program."""
    if not any(_EXECUTOR_CLASS in word for word in command) or "--hostname" not in command:
        return None
    host = command[command.index("--hostname") + 1]
    return int(host.rpartition(".")[2]) - FIRST_WORKER_HOST


class DriverJvm:
    """The JVM behind this process: it ends with us, because it reads our end of a pipe."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Start it.

        Args:
            settings: Spark's; on its command line, so no secrets.

        Raises:
            SurroundingsError: there is no Java, or it does not start.
        """
        conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
        try:
            SparkContext._ensure_initialized(conf=conf)
        except (PySparkException, OSError) as error:
            text = str(error).splitlines()[0]
            raise SurroundingsError(
                f"Spark's JVM does not start ({text}): check JAVA_HOME, which needs Java 17 or 21"
            ) from None
        self.gateway = cast("Any", SparkContext._gateway)
        self.classes = cast("Any", SparkContext._jvm)
        self.process: subprocess.Popen[bytes] = self.gateway.proc

    def executors(self) -> list[Executor]:
        """The executors that run now, by number."""
        found = []
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.Error):
                    number = executor_number(child.cmdline())
                    if number is not None:
                        name = f"{ENGINE}-{number}"
                        found.append(Executor(name, child.pid, Path(child.cwd())))
        return sorted(found, key=lambda one: int(one.name.rpartition("-")[2]))

    @contextlib.contextmanager
    def required(self) -> Iterator[None]:
        """Turn what follows from its end into an error of ours.

        Raises:
            SurroundingsError: it has ended.
        """
        try:
            yield
        except (Py4JError, ConnectionError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(_SEEN_WITHIN_S)
                text = f"Spark's JVM is gone, it ended with code {code}"
                raise SurroundingsError(f"{text}: -9 may be for want of memory") from None
            raise

    def at_end(self, act: Callable[[], object]) -> None:
        """Call into it to stop something, unless it has ended already."""
        try:
            if self.process.poll() is None:
                act()
        except (Py4JError, ConnectionError) as error:
            _log.warning("not stopped in order reason=%s", type(error).__name__)

    def close(self) -> None:
        """End it, and what it leaves behind."""
        executors = [psutil.Process(one.pid) for one in self.executors() if _runs(one.pid)]
        self.gateway.shutdown()
        assert self.process.stdin is not None  # noqa: S101  # PySpark opens it as a pipe
        self.process.stdin.close()
        try:
            self.process.wait(_JVM_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            _log.warning("Spark's JVM did not end, killed pid=%d", self.process.pid)
            self.process.kill()
            self.process.wait()
        _, left = psutil.wait_procs(executors, timeout=_EXECUTOR_ENDS_WITHIN_S)
        for process in left:
            _log.warning("an executor did not end, killed pid=%d", process.pid)
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


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


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid)
