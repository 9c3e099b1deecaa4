"""The file in which an engine says which processes its instances are.

A benchmark reads it to tell the instances from what else an engine runs (a driver, a group
runner), and to see that one was started again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fraud_core.errors import ConfigError


@dataclass(frozen=True)
class Instance:
    """One instance.

    Attributes:
        name: `faust-0`; stays the same when it is started again.
        pid: its root process; the descendants of that belong to it.
        ready: it scores.
        limited_by: what holds it to its size, `none` where nothing does.
    """

    name: str
    pid: int
    ready: bool
    limited_by: str


_FILE = TypeAdapter(dict[str, list[Instance]])


def write_instances(path: Path, instances: Iterable[Instance]) -> None:
    """Write the file whole: who reads it sees all of it, or all of the one before."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    aside.write_text(json.dumps({"instances": [asdict(one) for one in instances]}) + "\n")
    aside.replace(path)


def read_instances(path: Path) -> list[Instance] | None:
    """The instances of an engine; None while there is no such file.

    Raises:
        ConfigError: the file is not what `write_instances` writes.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _FILE.validate_json(text)["instances"]
    except (ValidationError, KeyError):
        raise ConfigError(
            f"{path} is no file of instances: give --instances-file a name that nothing else uses"
        ) from None
