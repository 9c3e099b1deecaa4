"""Records of what the commands did, for the page with the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fraud_cloud.inventory import Inventory
from fraud_cloud.resource import Resource

SCHEMA = 1


@dataclass(frozen=True)
class Recorder:
    """Where records go and when it is.

    Attributes:
        folder: one file for each command, the newest record only; `run` has a folder of files.
        now_s: Unix seconds at the start of the command.
    """

    folder: Path
    now_s: float

    def save(self, command: str, values: Mapping[str, Any], *, of: str = "") -> Path:
        """Write the record of a command.

        Args:
            command: its name, which is the file's.
            values: what it found; no secrets.
            of: what it is one record of many of, such as a DAG run; the file's name then, in a
                folder with the command's.
        """
        return self._written(
            self._path(command, of),
            {"schema": SCHEMA, "command": command, "at_s": round(self.now_s), **values},
        )

    def add(self, command: str, values: Mapping[str, Any]) -> Path:
        """Add to the record that this command has written, what it found out after it.

        Args:
            command: its name.
            values: what it found; no secrets.
        """
        path = self._path(command)
        return self._written(path, json.loads(path.read_text(encoding="utf-8")) | values)

    def _path(self, command: str, of: str = "") -> Path:
        path = self.folder / command / quote(of, safe="") if of else self.folder / command
        return path.with_name(f"{path.name}.json")

    @staticmethod
    def _written(path: Path, record: Mapping[str, Any]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(path)
        return path


def as_record(resources: Iterable[Resource]) -> list[dict[str, Any]]:
    """Resources as a record keeps them."""
    return [
        {
            "kind": one.kind,
            "id": one.id,
            "name": one.name,
            "status": one.status,
            "health": one.health,
            "version": one.version,
            "labels": dict(one.labels),
        }
        for one in resources
    ]


def verified(inventory: Inventory, *, with_standing: bool) -> dict[str, Any]:
    """What `verify` found, as its record keeps it."""
    return {
        "left": as_record(inventory.billing(with_standing=with_standing)),
        "standing": as_record(inventory.standing),
        "denied": [one.kind for one in inventory.denied],
    }
