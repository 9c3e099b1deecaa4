"""The submit form as a user of a cluster runs it: spark-submit, a bundle and two files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil

from fraud_core.kafka import KafkaSettings
from tests.model_fixtures import run_program

KAFKA_FILE = "kafka.env"
CA_FILE = "ca.pem"

WORKERS = 2


class SparkInstall:
    """A Python with PySpark, and variables in which none of our packages can be found."""

    def __init__(self, python: Path, java_home: str, folder: Path):
        self.python = python
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", str(folder)),
            "LANG": "C.UTF-8",
            "JAVA_HOME": java_home,
            "PYTHONPATH": "",
            "PYSPARK_PYTHON": str(python),
            "PYSPARK_DRIVER_PYTHON": str(python),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(folder / "local"),
        }
        self.environment["SPARK_HOME"] = self.answer("import pyspark; print(*pyspark.__path__)")

    @property
    def home(self) -> Path:
        return Path(self.environment["SPARK_HOME"])

    def answer(self, program: str) -> str:
        """What a small Python program prints in this environment."""
        done = subprocess.run(
            [str(self.python), "-c", program],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


class SubmittedJob:
    """One run of spark-submit, in a session of its own; its output is in a file."""

    def __init__(self, install: SparkInstall, settings: KafkaSettings, artifact: Path):
        self._install = install
        self._folder = install.folder
        self._bundle = self._folder / "bundle"
        run_program(
            *("spark_scorer.bundle", "--artifact", str(artifact), "--out", str(self._bundle))
        )
        self._write_files(settings)
        self._process: subprocess.Popen | None = None

    def _write_files(self, settings: KafkaSettings) -> None:
        shutil.copy(settings.ssl_ca_location, self._folder / CA_FILE)
        shipped = settings.model_copy(update={"ssl_ca_location": CA_FILE}).as_environment()
        lines = [f"{name}={value}\n" for name, value in shipped.items()]
        (self._folder / KAFKA_FILE).write_text("".join(lines))

    def start(self, master: str, jars: str, prefix: str, *options: str) -> None:
        (self._folder / "events").mkdir(exist_ok=True)
        command = [str(self._install.home / "bin" / "spark-submit"), "--master", master]
        command += ["--jars", jars, "--py-files", str(self._bundle / "packages.zip")]
        command += ["--archives", f"{self._bundle / 'artifact.tar.gz'}#artifact"]
        command += ["--files", f"{self._folder / KAFKA_FILE},{self._folder / CA_FILE}"]
        # A managed cluster keeps an event log; it must hold no password either.
        command += ["--conf", "spark.eventLog.enabled=true", "--conf", "spark.ui.enabled=false"]
        command += ["--conf", f"spark.eventLog.dir=file:{self._folder / 'events'}"]
        # As text and in one file, or a search would find nothing whatever is in it.
        command += ["--conf", "spark.eventLog.compress=false"]
        command += ["--conf", "spark.eventLog.rolling.enabled=false"]
        command += ["--conf", "spark.driver.host=127.0.0.1", *options]
        command += [str(self._bundle / "main.py"), "--workers", str(WORKERS)]
        command += ["--checkpoint", f"file:{self._folder / 'checkpoint'}"]
        command += ["--topic-prefix", prefix, "--group-id", prefix, "--label-wait-s", "60"]
        with (self._folder / "submit.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self._install.environment,
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return (self._folder / "submit.log").read_text(errors="replace")

    def wait(self, within_s: float) -> int:
        return self._process.wait(within_s)

    def stop(self) -> int:
        """SIGTERM to the driver, as a cluster's agent does it; spark-submit's exit code."""
        self.driver().send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def driver(self) -> psutil.Process:
        """The Python process that runs main.py."""
        tree = psutil.Process(self._process.pid).children(recursive=True)
        (driver,) = [one for one in tree if _runs_main(one)]
        return driver

    def end(self) -> None:
        """Whatever happened: nothing of it runs on."""
        if self._process is None:
            return
        for pid in psutil.pids():
            try:
                if os.getsid(pid) == self._process.pid:
                    os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        self._process.wait(10)


def _runs_main(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):  # a child that has ended meanwhile
        return any(part.endswith("/main.py") for part in process.cmdline()[:3])
    return False
