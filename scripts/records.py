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
        published: whether the repository has it.
    """

    folder: Path
    values: Values
    published: bool = False

    @property
    def id(self) -> str:
        """Id of the run."""
        return str(self.values["run"]["id"])

    @property
    def started(self) -> str:
        """When, ISO 8601."""
        return str(self.values["run"]["started"])


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that evidence is taken from.

    Attributes:
        up: record of `cloud-up`; None where there is none.
        dag_runs: records of DAG runs in the cloud, the newest first.
        verify: record of `cloud-verify`.
        kanban: record of the board.
        cloud_runs: campaigns of those DAG runs, the newest first.
        local_runs: campaigns of single machines, those of the repository first, then the newest.
    """

    up: Values | None = None
    dag_runs: tuple[Values, ...] = ()
    verify: Values | None = None
    kanban: Values | None = None
    cloud_runs: tuple[Run, ...] = ()
    local_runs: tuple[Run, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """All campaigns, those of the cloud first."""
        return self.cloud_runs + self.local_runs


def read_records(results: Path, published: Path | None = None) -> Records:
    """Read what is there.

    Args:
        results: folder of this machine's campaigns; the cloud's records are in its `cloud`.
        published: the same in the repository, if at all; a campaign that is in both is taken from
            there.

    Raises:
        ConfigError: a record is no JSON, or names results that are not there.
    """
    folders = [one for one in (published, results) if one is not None]
    dag_runs = tuple(_dag_runs(folders))
    # A run that is under way, or was not brought here to its end, is none of this machine either.
    theirs = {str(one[name]) for one in dag_runs for name in ("dag_run_id", "results")}
    cloud_runs = [_named(name, folders, published) for name in _names(dag_runs)]
    theirs |= {one.id for one in cloud_runs}
    found = [run for folder in folders for run in _runs(folder, published)]
    local_runs = {
        one.id: one
        for one in reversed(found)  # the repository's last
        if theirs.isdisjoint({one.id, one.folder.name})
    }
    return Records(
        up=_newest("up", folders),
        dag_runs=dag_runs,
        verify=_newest("verify", folders),
        kanban=_newest("kanban", folders),
        cloud_runs=tuple(sorted(cloud_runs, key=lambda one: one.started, reverse=True)),
        local_runs=tuple(
            sorted(local_runs.values(), key=lambda one: (one.published, one.started), reverse=True)
        ),
    )


def _newest(command: str, folders: Iterable[Path]) -> Values | None:
    paths = (folder / "cloud" / f"{command}.json" for folder in folders)
    found = (_read(path) for path in paths if path.exists())
    return max(found, key=lambda one: float(one["at_s"]), default=None)


def _dag_runs(folders: Iterable[Path]) -> Iterator[Values]:
    """One file for each; `run.json` is what earlier versions kept, of the newest alone."""
    paths = (path for folder in folders for path in (folder / "cloud").glob("run/*.json"))
    kept = (folder / "cloud/run.json" for folder in folders)
    found = [_read(path) for path in (*kept, *paths) if path.exists()]
    oldest_first = sorted(found, key=lambda one: float(one["at_s"]))
    yield from reversed({one["dag_run_id"]: one for one in oldest_first}.values())


def _names(dag_runs: Iterable[Values]) -> Iterable[str]:
    """Campaigns that DAG runs have brought; one that was resumed by another is there once."""
    return dict.fromkeys(str(one["results"]) for one in dag_runs if one.get("results"))


def _named(name: str, folders: Iterable[Path], published: Path | None) -> Run:
    paths = [folder / name / "run.json" for folder in folders]
    for path in paths:
        if path.exists():
            return _run(path, published)
    raise ConfigError(
        f"the record of a run in the cloud names {paths[-1]}, which is not there: put the folder "
        f"back, or remove the record that has {name} from {paths[-1].parents[1] / 'cloud'}"
    )


def _runs(folder: Path, published: Path | None) -> Iterator[Run]:
    found = (_run(path, published) for path in sorted(folder.glob("*/run.json")))
    return (one for one in found if one.values.get("schema_version") == _SCHEMA)


def _run(path: Path, published: Path | None) -> Run:
    return Run(path.parent, _read(path), path.parents[1] == published)


def _read(path: Path) -> Values:
    try:
        values: Values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return values
