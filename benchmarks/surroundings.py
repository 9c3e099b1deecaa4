"""What a result must say of where it was measured: machine, versions, commit."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.host_check import quota_cores
from fraud_core.instance_size import choose_means

_PACKAGES: Final = (
    "faust-streaming",
    "mode-streaming",
    "aiokafka",
    "pyspark",
    "confluent-kafka",
    "onnxruntime",
    "numpy",
    "pyarrow",
    "orjson",
)
_GIB: Final = 1024**3
_KAFKA_JAR: Final = re.compile(r"kafka_[\d.]+-(\d[\w.]*)\.jar$")
REPOSITORY: Final = Path(__file__).resolve().parents[1]


def machine() -> dict[str, Any]:
    """Processor, cores, what a control group leaves of them, memory, system, means of limiting."""
    return {
        "cpu": _cpu_model(),
        "cores": cores(),
        "quota_cores": quota_cores(),
        "memory_gib": round(psutil.virtual_memory().total / _GIB, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_average_1min": round(os.getloadavg()[0], 2),
        "limited_by": choose_means(),
    }


def cores() -> int:
    """Cores that this process may use."""
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))  # Linux only
    return os.cpu_count() or 1


def versions(broker_pid: int | None) -> dict[str, str]:
    """Versions of what takes part; a package that is not installed is left out.

    Args:
        broker_pid: the broker, where it runs on this machine.
    """
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    kafka = _kafka_version(broker_pid)
    return found | ({"kafka": kafka} if kafka else {})


def commit() -> dict[str, Any]:
    """The commit of this program, and whether files were changed since."""
    head = _git("rev-parse", "HEAD")
    return {"commit": head, "dirty": bool(_git("status", "--porcelain")) if head else None}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(REPOSITORY), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # no git here: the result says null
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _kafka_version(broker_pid: int | None) -> str | None:
    """The broker does not tell clients its version; its open jar does."""
    if broker_pid is None:
        return None
    with contextlib.suppress(psutil.Error):
        for file in psutil.Process(broker_pid).open_files():
            if found := _KAFKA_JAR.search(file.path):
                return found[1]
    return None
