"""What saved records there are: of the cloud's commands, and of runs here and in the cloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
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
        dag_runs: records of DAG runs in the cloud, the newest first.
        verify: record of `cloud-verify`.
        kanban: record of the board.
        cloud_runs: campaigns of those DAG runs, the newest first.
        local_runs: campaigns of this machine, the newest first.
    """

    up: Values | None = None
    dag_runs: tuple[Values, ...] = ()
    verify: Values | None = None
    kanban: Values | None = None
    cloud_runs: tuple[Run, ...] = ()
    local_runs: tuple[Run, ...] = ()


def read_records(results: Path) -> Records:
    """Read what is there.

    Args:
        results: folder of campaigns; the cloud's records are in its `cloud`.

    Raises:
        ConfigError: a record is no JSON, or names results that are not there.
    """
    cloud = results / "cloud"
    dag_runs = tuple(_dag_runs(cloud))
    # A run that is under way, or was not brought here to its end, is none of this machine either.
    theirs = {str(one[name]) for one in dag_runs for name in ("dag_run_id", "results")}
    cloud_runs = _newest_first(_named_runs(dag_runs, results))
    theirs |= {one.id for one in cloud_runs}
    return Records(
        up=_record(cloud / "up.json"),
        dag_runs=dag_runs,
        verify=_record(cloud / "verify.json"),
        kanban=_record(cloud / "kanban.json"),
        cloud_runs=cloud_runs,
        local_runs=_newest_first(
            one for one in _runs(results) if theirs.isdisjoint({one.id, one.folder.name})
        ),
    )


def _record(path: Path) -> Values | None:
    return _read(path) if path.exists() else None


def _dag_runs(cloud: Path) -> Iterator[Values]:
    """One file for each; `run.json` is what earlier versions kept, of the newest alone."""
    found = [
        _read(path) for path in (cloud / "run.json", *cloud.glob("run/*.json")) if path.exists()
    ]
    yield from sorted(found, key=lambda one: float(one["at_s"]), reverse=True)


def _named_runs(dag_runs: Iterable[Values], results: Path) -> Iterator[Run]:
    """Campaigns that DAG runs have brought; one that was resumed by another is there once."""
    for name in dict.fromkeys(str(one["results"]) for one in dag_runs if one.get("results")):
        path = results / name / "run.json"
        if not path.exists():
            raise ConfigError(
                f"the record of a run in the cloud names {path}, which is not there: put the "
                f"folder back, or remove the record that has it from {results / 'cloud'}"
            )
        yield Run(path.parent, _read(path))


def _runs(results: Path) -> Iterator[Run]:
    found = (Run(path.parent, _read(path)) for path in results.glob("*/run.json"))
    return (one for one in found if one.values.get("schema_version") == _SCHEMA)


def _newest_first(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs, key=lambda one: str(one.values["run"]["started"]), reverse=True))


def _read(path: Path) -> Values:
    try:
        values: Values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return values
