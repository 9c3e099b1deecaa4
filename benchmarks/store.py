"""The results folder: every file is written whole, under another name first."""

from __future__ import annotations

import errno
import fcntl
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from benchmarks.result import SCHEMA_VERSION, DrainProbe, FailedStep, RunResult, StepResult
from benchmarks.results_mirror import bring_run
from fraud_core.errors import ConfigError, SurroundingsError

RUN_FILE: Final = "run.json"
STEP_FILE: Final = "step.json"
FAILED_FILE: Final = "failed.json"
DRAIN_FILE: Final = "drain.json"
DRAIN_CURVE_FILE: Final = "drain.csv"
STEPS_FOLDER: Final = "steps"
REPORT_FILE: Final = "report.html"
LEDGER_FILE: Final = "ledger.parquet"
OUTPUTS_FILE: Final = "outputs.parquet"
FEATURES_FILE: Final = "features.parquet"
QUALITY_FILE: Final = "quality.json"
QUALITY_AS_OF_FILE: Final = "quality-as-of.json"
LOAD_FILE: Final = "load.json"
INSTANCES_TOLD_FILE: Final = "instances.json"
DEFAULT_RESULTS: Final = Path("benchmarks/results")

_RUN_ID: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_Part = TypeVar("_Part", bound=BaseModel)


def new_run_id(plan_id: str, now: datetime) -> str:
    """Sortable by time inside a plan, and not taken twice."""
    return f"{plan_id}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def step_folder(run_folder: Path, step_id: str) -> Path:
    """Where everything of a step is."""
    return run_folder / STEPS_FOLDER / step_id


def check_run_id(run_id: str) -> str:
    """A name that can be part of topics and folders.

    Raises:
        ConfigError: it cannot.
    """
    if not _RUN_ID.match(run_id):
        raise ConfigError(
            f"--run-id {run_id!r}: use letters, digits, dots, dashes and underscores, at most 100"
        )
    return run_id


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Raises:
        SurroundingsError: the disk is full.
    """
    scratch = path.with_name(f"{path.name}.tmp")
    try:
        scratch.write_text(text)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise disk_full(error, path) or error from None


def disk_full(error: OSError, path: Path | None = None) -> SurroundingsError | None:
    """The error of a full disk, in words; None where it is another one."""
    if error.errno not in _NO_SPACE:
        return None
    where = path or error.filename or "the results folder"
    return SurroundingsError(
        f"no space left for {where}: free some, then go on with --resume; what was measured before "
        "is saved"
    )


def require_space(folder: Path, needed_bytes: float) -> None:
    """Check that a disk has room.

    Raises:
        SurroundingsError: it has not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise SurroundingsError(
            f"{folder} has {free / 1e6:,.0f} MB free and {needed_bytes / 1e6:,.0f} MB are needed: "
            "free some, or name another folder with --results"
        )


class AlreadyLockedError(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, which ends with the process at the latest.

    Raises:
        AlreadyLockedError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyLockedError from None
        yield


@contextmanager
def only_one(folder: Path, what: str) -> Iterator[None]:
    """Keep a second campaign out of what is being measured; ends with the process at the latest.

    Raises:
        ConfigError: another process is at it.
    """
    with ExitStack() as at_end:
        try:
            at_end.enter_context(locked(folder / f".{what}.lock"))
        except AlreadyLockedError:
            raise ConfigError(
                f"{folder.name}: another process measures {what} right now; wait for it, or take "
                "another --run-id"
            ) from None
        yield


def save(path: Path, part: BaseModel) -> None:
    """Write a result as JSON."""
    write_whole(path, part.model_dump_json(indent=2) + "\n")


def load_run(run_folder: Path) -> RunResult:
    """Read `run.json`.

    Raises:
        ConfigError: there is none, or it is of another schema version.
    """
    path = run_folder / RUN_FILE
    try:
        text = path.read_bytes()
    except OSError:
        runs = sorted(one.parent.name for one in run_folder.parent.glob(f"*/{RUN_FILE}"))
        known = f"known runs: {', '.join(runs[-5:])}" if runs else "there are no runs yet"
        raise ConfigError(f"{path} cannot be read; {known}") from None
    _refuse_other_schema(path, text)
    return _parse(path, text, RunResult)


def _refuse_other_schema(path: Path, text: bytes) -> None:
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    found = fields.get("schema_version") if isinstance(fields, dict) else None
    if found != SCHEMA_VERSION:
        raise ConfigError(
            f"{path} is no result of schema version {SCHEMA_VERSION} (found {found}): read it with "
            "the program that wrote it, or measure again under another --run-id"
        )


def _parse(path: Path, text: bytes, kind: type[_Part]) -> _Part:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{path} is no result of schema version {SCHEMA_VERSION} ({where}: {first['msg']}): "
            "read it with the program that wrote it"
        ) from None


def load_steps(run_folder: Path) -> list[StepResult]:
    """Every step that is saved, in the order in which they were measured."""
    paths = run_folder.glob(f"{STEPS_FOLDER}/*/{STEP_FILE}")
    steps = [_parse(path, path.read_bytes(), StepResult) for path in paths if _is_step(path)]
    return sorted(steps, key=lambda step: step.window_start_ms)


def load_failed(run_folder: Path) -> list[FailedStep]:
    """Every step that could not be measured."""
    paths = sorted(run_folder.glob(f"{STEPS_FOLDER}/*/{FAILED_FILE}"))
    return [_parse(path, path.read_bytes(), FailedStep) for path in paths if _is_step(path)]


def load_drains(run_folder: Path) -> dict[str, float | None]:
    """Drain rate of each cell that was probed, by the cell's name."""
    return {probe.cell: probe.drain_eps for probe in load_probes(run_folder)}


def load_probes(run_folder: Path) -> list[DrainProbe]:
    """Every drain that was measured."""
    paths = sorted(run_folder.glob(f"{STEPS_FOLDER}/*/{DRAIN_FILE}"))
    return [_parse(path, path.read_bytes(), DrainProbe) for path in paths if _is_step(path)]


def _is_step(path: Path) -> bool:
    return not path.parent.name.startswith(".")


def set_aside(run_folder: Path, step_id: str) -> None:
    """Keep the folder of a step that is repeated, out of the way of all readers."""
    folder = step_folder(run_folder, step_id)
    places = (folder.with_name(f".{step_id}.{number}") for number in range(1, 1000))
    folder.rename(next(place for place in places if not place.exists()))


def run_folder_of(run: str, results: Path) -> Path:
    """The folder of a run given by its id, or as a path; brought here where it is in S3."""
    path = Path(run)
    if path.is_dir() and (path / RUN_FILE).exists():
        return path
    bring_run(results, run)
    return results / run
