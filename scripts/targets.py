"""The targets of the Makefile: which `make test-all` runs and how, which it leaves out and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fraud_core.errors import ConfigError

_TARGET: Final = re.compile(r"^(?P<name>[a-z0-9-]+):.*?## ", re.MULTILINE)
_CLOUD: Final = "needs a folder of the cloud and its prices"


@dataclass(frozen=True, slots=True)
class Target:
    """How a target is run.

    Attributes:
        name: of the target.
        before: targets that are run first, without which it does nothing of interest.
        after: commands that clear away what it leaves running, whatever came of it.
        until: it runs until Ctrl-C: what it says when it is ready.
        limit_min: minutes after which it counts as failed.
    """

    name: str
    before: tuple[str, ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    until: str | None = None
    limit_min: float = 60.0


SANDBOX: Final = (".venv/bin/python", "-m", "sandbox")

TARGETS: Final = (
    Target("help", limit_min=1),
    Target("setup", limit_min=20),
    Target("check", limit_min=20),
    Target("wheel", limit_min=20),
    Target("baselines", limit_min=20),
    Target("airflow-env", limit_min=20),
    Target("terraform-tools", limit_min=20),
    Target("homework", limit_min=20),
    Target("up", after=(("make", "down"),), limit_min=20),
    Target("down", before=("up",), limit_min=20),
    Target("mlflow", after=((*SANDBOX, "down", "mlflow"),), limit_min=20),
    Target("clean", before=("up",), limit_min=20),
    Target("demo"),
    Target("airflow", until="Ctrl-C stops both"),
    Target("test", limit_min=90),
    Target("test-faults", limit_min=90),
    Target("test-spark35"),
    Target("test-cloud"),
    Target("test-dags", limit_min=180),
)
"""In this order: what is quick and what others stand on comes first."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "cloud-up": _CLOUD,
    "cloud-upload": _CLOUD,
    "cloud-run": _CLOUD,
    "cloud-inventory": _CLOUD,
    "cloud-mlflow": _CLOUD,
    "cloud-down": _CLOUD,
    "cloud-verify": _CLOUD,
    "kanban": "needs an account of GitHub",
    "test-all": "is this one",
}


def documented(makefile: Path) -> tuple[str, ...]:
    """Targets that `make help` lists.

    Raises:
        ConfigError: there is no such file.
    """
    try:
        text = makefile.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{makefile} cannot be read: {error}") from error
    return tuple(found["name"] for found in _TARGET.finditer(text))


def unknown(names: Sequence[str]) -> Iterator[str]:
    """Those of a Makefile's targets that the tables above do not have."""
    known = {target.name for target in TARGETS} | set(LEFT_OUT)
    yield from (name for name in names if name not in known)


def chosen(only: Sequence[str]) -> tuple[Target, ...]:
    """Some targets, or all.

    Raises:
        ConfigError: one is not there, or is left out.
    """
    by_name = {target.name: target for target in TARGETS}
    for name in only:
        if name not in by_name:
            reason = LEFT_OUT.get(name, f"there are {', '.join(by_name)}")
            raise ConfigError(f"{name} cannot be run: {reason}")
    return tuple(target for target in TARGETS if not only or target.name in only)
