"""Records of what the commands did, for the page with the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fraud_cloud.inventory import Inventory
from fraud_cloud.resource import Resource

SCHEMA = 1


@dataclass(frozen=True)
class Recorder:
    """Where records go and when it is.

    Attributes:
        folder: one file for each command, the newest record only.
        now_s: Unix seconds at the start of the command.
    """

    folder: Path
    now_s: float

    def save(self, command: str, values: Mapping[str, Any]) -> Path:
        """Write the record of a command.

        Args:
            command: its name, which is the file's.
            values: what it found; no secrets.
        """
        return self._written(
            command, {"schema": SCHEMA, "command": command, "at_s": round(self.now_s), **values}
        )

    def add(self, command: str, values: Mapping[str, Any]) -> Path:
        """Add to the record that this command has written, what it found out after it.

        Args:
            command: its name.
            values: what it found; no secrets.
        """
        record = json.loads((self.folder / f"{command}.json").read_text(encoding="utf-8"))
        return self._written(command, record | values)

    def _written(self, command: str, record: Mapping[str, Any]) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{command}.json"
        part = path.with_suffix(".part")
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
