"""A standalone Spark cluster: a master and workers with a core each, all on loopback addresses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil

from tests.outputs import wait_until
from tests.sandbox_command import free_port
from tests.submitted_job import WORKERS, SparkInstall

_MEMORY = "1g"


class StandaloneCluster:
    """Processes that a test starts and ends."""

    def __init__(
        self,
        install: SparkInstall,
        folder: Path | None = None,
        *,
        workers: int = WORKERS,
        memory: str = _MEMORY,
    ):
        self._install = install
        self._folder = folder or install.folder / "cluster"
        self._folder.mkdir()
        self._workers = workers
        self._memory = memory
        self._processes: list[subprocess.Popen] = []
        self.master = ""

    def start(self) -> None:
        port = free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self._launch("master", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        for number in range(self._workers):
            options = ("--cores", "1", "--memory", self._memory, "--webui-port", "0")
            work = ("--work-dir", str(self._folder / f"work-{number}"))
            self._launch(f"worker-{number}", f"127.0.0.{2 + number}", *options, *work, self.master)
        wait_until(self._is_complete, within_s=60, what="every worker has registered")

    def _launch(self, name: str, host: str, *options: str) -> None:
        kind = name.partition("-")[0].capitalize()
        spark_class = str(self._install.home / "bin" / "spark-class")
        program = f"org.apache.spark.deploy.{kind.lower()}.{kind}"
        small = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_IP": host}
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(
                [spark_class, program, "--host", host, *options],
                env=self._install.environment | small,
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _is_complete(self) -> bool:
        text = self._log("master").read_text(errors="replace")
        return text.count("Registering worker") == self._workers

    def executors(self) -> list[psutil.Process]:
        """The executors' JVMs, which workers start."""
        trees = [psutil.Process(one.pid).children(recursive=True) for one in self._processes]
        return [one for tree in trees for one in tree if _is_executor(one)]

    def end(self) -> None:
        """Whatever happened: nothing of it runs on."""
        trees = []
        for process in self._processes:
            try:
                trees += psutil.Process(process.pid).children(recursive=True)
            except psutil.NoSuchProcess:
                continue
        for one in [*(psutil.Process(p.pid) for p in self._processes if p.poll() is None), *trees]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        for process in self._processes:
            process.wait(10)


def _is_executor(process: psutil.Process) -> bool:
    try:
        return any("CoarseGrainedExecutorBackend" in part for part in process.cmdline())
    except psutil.NoSuchProcess:
        return False
