"""The engines, known only by their command lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "faust": "faust_scorer",
        "spark": "spark_scorer",
        "plain": "benchmarks.baselines.plain_loop",
        "oracle": "benchmarks.oracle",
    }
)
"""What `python -m` starts for each engine; all take the same options."""


@dataclass(frozen=True, slots=True)
class EngineStart:
    """How an engine is started.

    Attributes:
        program: the command up to its options.
        artifact: the artifact folder.
        workers: number of instances.
        topic_prefix: before the names of its topics.
        label_wait_s: its longest wait for labels.
    """

    program: Sequence[str]
    artifact: Path
    workers: int
    topic_prefix: str
    label_wait_s: float = 5.0

    def command(self) -> list[str]:
        """The whole command line."""
        return [
            *self.program,
            *("--artifact", str(self.artifact)),
            *("--workers", str(self.workers)),
            *("--topic-prefix", self.topic_prefix),
            *("--label-wait-s", f"{self.label_wait_s:g}"),
        ]


def program_of(engine: str) -> list[str]:
    """The command of an engine up to its options."""
    return [sys.executable, "-m", MODULES[engine]]
