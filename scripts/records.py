"""What saved records there are: of the cloud's commands, and of runs here and in the cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fraud_core.errors import ConfigError

Values = Mapping[str, Any]

_SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Run:
    """One campaign.

    Attributes:
        folder: where its report lies.
        values: its `run.json`.
    """

    folder: Path
    values: Values

    @property
    def id(self) -> str:
        """Id of the run."""
        return str(self.values["run"]["id"])


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that evidence is taken from.

    Attributes:
        up: record of `cloud-up`; None where there is none.
        run: record of a DAG run in the cloud.
        verify: record of `cloud-verify`.
        kanban: record of the board.
        cloud_run: the campaign of that DAG run.
        local_runs: campaigns of this machine, the newest first.
    """

    up: Values | None = None
    run: Values | None = None
    verify: Values | None = None
    kanban: Values | None = None
    cloud_run: Run | None = None
    local_runs: tuple[Run, ...] = ()


def read_records(results: Path) -> Records:
    """Read what is there.

    Args:
        results: folder of campaigns; the cloud's records are in its `cloud`.

    Raises:
        ConfigError: a record is no JSON, or names results that are not there.
    """
    cloud = results / "cloud"
    run = _record(cloud / "run.json")
    cloud_run = _named_run(run, results)
    return Records(
        up=_record(cloud / "up.json"),
        run=run,
        verify=_record(cloud / "verify.json"),
        kanban=_record(cloud / "kanban.json"),
        cloud_run=cloud_run,
        local_runs=tuple(
            one for one in _runs(results) if cloud_run is None or one.id != cloud_run.id
        ),
    )


def _record(path: Path) -> Values | None:
    return _read(path) if path.exists() else None


def _named_run(record: Values | None, results: Path) -> Run | None:
    if record is None or not record.get("results"):
        return None
    path = results / str(record["results"]) / "run.json"
    if not path.exists():
        raise ConfigError(f"the record of the run in the cloud names {path}, which is not there")
    return Run(path.parent, _read(path))


def _runs(results: Path) -> Iterator[Run]:
    found = [Run(path.parent, _read(path)) for path in results.glob("*/run.json")]
    usable = [one for one in found if one.values.get("schema_version") == _SCHEMA]
    yield from sorted(usable, key=lambda one: str(one.values["run"]["started"]), reverse=True)


def _read(path: Path) -> Values:
    try:
        values: Values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return values
