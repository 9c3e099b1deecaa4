"""What systemd reads in a unit and in its environment files, as far as ours say something. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

_ESCAPED = re.compile(r'\\(["\\$`])')
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Unit:
    """A service.

    Attributes:
        environment_files: paths; one that begins with a hyphen may be missing.
        before: command before each start.
        start: command of the service.
        restart_s: pause before it is started again.
        stop_within_s: after this it is killed.
    """

    environment_files: tuple[str, ...]
    before: tuple[str, ...]
    start: tuple[str, ...]
    restart_s: float
    stop_within_s: float


def parse_unit(text: str) -> Unit:
    """Read a unit that is restarted whenever it ends.

    Raises:
        ValueError: it is none of these.
    """
    lines = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
    found: dict[str, list[str]] = {}
    for name, _, value in lines:
        found.setdefault(name.strip(), []).append(value.strip())
    if found.get("Restart") != ["always"] or found.get("KillMode") != ["mixed"]:
        raise ValueError("only units with Restart=always and KillMode=mixed are known here")
    (before,), (start,) = found["ExecStartPre"], found["ExecStart"]
    return Unit(
        environment_files=tuple(found["EnvironmentFile"]),
        before=tuple(shlex.split(before.removeprefix("+"))),
        start=tuple(shlex.split(start)),
        restart_s=float(found["RestartSec"][0]),
        stop_within_s=float(found["TimeoutStopSec"][0]),
    )


def parse_environment(text: str) -> dict[str, str]:
    """Variables of an environment file: NAME=value or NAME="value"."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not equals or line.startswith("#"):
            continue
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = _ESCAPED.sub(r"\1", value[1:-1])
        found[name] = value
    return found


def filled_in(words: tuple[str, ...], variables: Mapping[str, str]) -> list[str]:
    """A command with the values of its variables; one that is not there is empty."""
    return [_VARIABLE.sub(lambda found: variables.get(found[1], ""), word) for word in words]
