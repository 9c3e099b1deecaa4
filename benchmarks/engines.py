"""The engines, known only by their command lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fraud_core.errors import ConfigError

MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "faust": "faust_scorer",
        "faust-tuned": "faust_scorer --tuned",
        "spark": "spark_scorer",
        "plain": "benchmarks.baselines.plain_loop",
        "quix": "benchmarks.baselines.quix_loop",
        "oracle": "benchmarks.oracle",
    }
)
"""What `python -m` starts for each engine, a module and options; all take the same further ones."""

BASELINES_VARIABLE: Final = "STREAMGAUGE_BASELINES_PYTHON"
_BASELINES_PYTHON: Final = Path(__file__).resolve().parents[1] / ".venv-baselines/bin/python"


@dataclass(frozen=True, slots=True)
class EngineStart:
    """How an engine is started.

    Attributes:
        program: the command up to its options.
        artifact: the artifact folder.
        workers: number of instances.
        topic_prefix: before the names of its topics.
        label_wait_s: its longest wait for labels.
        cpu: CPU quota of each instance, cores; None for none.
        memory_mb: memory of each instance; None for as much as there is.
        instances_file: where it says which processes its instances are; None: nowhere.
    """

    program: Sequence[str]
    artifact: Path
    workers: int
    topic_prefix: str
    label_wait_s: float = 5.0
    cpu: float | None = None
    memory_mb: int | None = None
    instances_file: Path | None = None

    def command(self) -> list[str]:
        """The whole command line."""
        return [
            *self.program,
            *("--artifact", str(self.artifact)),
            *("--workers", str(self.workers)),
            *("--topic-prefix", self.topic_prefix),
            *("--label-wait-s", f"{self.label_wait_s:g}"),
            *size_options(self.cpu, self.memory_mb),
            *(("--instances-file", str(self.instances_file)) if self.instances_file else ()),
        ]


def size_options(cpu: float | None, memory_mb: int | None) -> list[str]:
    """The options for the size of an instance; none where there is no limit."""
    options = [] if cpu is None else ["--cpu", f"{cpu:g}"]
    return options if memory_mb is None else [*options, "--memory-mb", str(memory_mb)]


def program_of(engine: str) -> list[str]:
    """The command of an engine up to its options.

    Raises:
        ConfigError: the environment that it needs is not there.
    """
    interpreter = _baselines_python() if engine == "quix" else sys.executable
    return [interpreter, "-m", *MODULES[engine].split()]


def _baselines_python() -> str:
    """Quixstreams does not fit beside what the campaign runs on, so it has its own environment."""
    path = os.environ.get(BASELINES_VARIABLE) or str(_BASELINES_PYTHON)
    if not Path(path).is_file():
        raise ConfigError(
            f"engine quix: {path} is no Python; make its environment with `make baselines`, or set "
            f"{BASELINES_VARIABLE} to the interpreter of one that has requirements/baselines.txt"
        )
    return path
