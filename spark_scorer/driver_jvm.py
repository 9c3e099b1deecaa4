"""The JVM behind this process, in which Spark's driver runs, and for us also master and workers."""

from __future__ import annotations

import contextlib
import logging
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import psutil
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException

from fraud_core.errors import SurroundingsError
from spark_scorer.executors import ENGINE, Executor, executor_number

_log = logging.getLogger(__name__)

_JVM_ENDS_WITHIN_S: Final = 10.0
_EXECUTOR_ENDS_WITHIN_S: Final = 5.0
_SEEN_WITHIN_S: Final = 2.0


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
        self._known: dict[int, psutil.Process] = {}

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
                        self._known.setdefault(child.pid, child)
        return sorted(found, key=lambda one: int(one.name.rpartition("-")[2]))

    @contextlib.contextmanager
    def required(self) -> Iterator[None]:
        """Turn what follows from its end into an error of ours, said once.

        Raises:
            SurroundingsError: it has ended.
        """
        root = logging.getLogger()
        root.addFilter(_is_not_py4js)
        try:
            yield
        except (Py4JError, ConnectionError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(_SEEN_WITHIN_S)
                text = f"Spark's JVM is gone, it ended with code {code}"
                raise SurroundingsError(f"{text}: -9 may be for want of memory") from None
            raise
        finally:
            root.removeFilter(_is_not_py4js)

    def at_end(self, act: Callable[[], object]) -> None:
        """Call into it to stop something, unless it has ended already."""
        try:
            if self.process.poll() is None:
                act()
        except (Py4JError, ConnectionError) as error:
            _log.warning("not stopped in order reason=%s", type(error).__name__)

    def close(self) -> None:
        """End it, and what it leaves behind."""
        self.executors()
        self.at_end(self.gateway.shutdown)
        assert self.process.stdin is not None  # noqa: S101  # PySpark opens it as a pipe
        self.process.stdin.close()
        try:
            self.process.wait(_JVM_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            _log.warning("Spark's JVM did not end, killed pid=%d", self.process.pid)
            self.process.kill()
            self.process.wait()
        _, left = psutil.wait_procs(self._known.values(), timeout=_EXECUTOR_ENDS_WITHIN_S)
        for process in left:
            _log.warning("an executor did not end, killed pid=%d", process.pid)
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _is_not_py4js(record: logging.LogRecord) -> bool:
    """False for the tracebacks that py4j logs of what it also raises."""
    return not str(record.msg).endswith("while sending command.")
