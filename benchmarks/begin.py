"""What a campaign finds before its first step: the request, the surroundings, an earlier part."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.agenda import Cell, cells_of
from benchmarks.cluster import broker_port
from benchmarks.external import External
from benchmarks.plan import EXTERNAL, Plan, with_names
from benchmarks.process_use import listener_on
from benchmarks.result import RunResult
from benchmarks.results_mirror import bring_file_of_runs, bring_run
from benchmarks.store import (
    RUN_FILE,
    STEP_FILE,
    STEPS_FOLDER,
    check_run_id,
    disk_full,
    load_run,
    new_run_id,
)
from benchmarks.surroundings import commit, machine, versions
from fraud_core.artifact import Artifact, load_artifact
from fraud_core.errors import ConfigError
from fraud_core.features import FEATURE_NAMES
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id
from fraud_core.transaction_files import transaction_files
from fraud_core.transaction_source import TransactionFile, state_of

_CHANGEABLE: Final = frozenset({"title", "budget_s", "require", "prices", "overhead"})
"""Keys of a plan that change no measurement."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for.

    Attributes:
        plan: what is measured.
        artifact: folder that the engines are started with.
        transactions: files or folders of the load, or s3://bucket/prefix.
        results: folder of all campaigns.
        engine: only this one; all of the plan where None.
        command: the command line, for the result.
        run_id: name of the campaign; a new one where None.
        resume: go on with what is there.
        cells: only these, by name; all where empty.
        external: the engine that runs already; None where the campaign starts its engines.
    """

    plan: Plan
    artifact: Path
    transactions: Sequence[Path | str]
    results: Path
    engine: str | None
    command: Sequence[str]
    run_id: str | None = None
    resume: bool = False
    cells: tuple[str, ...] = ()
    external: External | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What is there before the first step; `broker_pid` is None where it cannot be seen."""

    settings: KafkaSettings
    artifact: Artifact
    files_key: str
    cluster: str
    broker_pid: int | None


def look_around(request: Request) -> Found:
    """Broker, artifact and files.

    Raises:
        StreamError: one of them is not there or cannot be used.
    """
    settings = KafkaSettings.from_environment()
    artifact = load_artifact(request.artifact)
    files = transaction_files(request.transactions)
    port = broker_port(settings.bootstrap_servers)
    return Found(
        settings=settings,
        artifact=artifact,
        files_key=_features_key(files, artifact),
        cluster=cluster_id(settings),
        broker_pid=listener_on(port) if port else None,
    )


def chosen_cells(
    plan: Plan, engine: str | None, names: Sequence[str], external: External | None = None
) -> list[Cell]:
    """The cells that are measured here, in their order.

    Args:
        plan: the plan.
        engine: only this one; all where None.
        names: only these, by name; all where empty.
        external: the engine that runs already, which is one cell and no other engine is measured.

    Raises:
        ConfigError: a cell or an engine is not in the plan.
    """
    plan = with_names(plan, [external.name] if external else [])
    cells = cells_of(plan)
    if engine is not None and engine not in plan.engines:
        known = ", ".join(plan.engines)
        raise ConfigError(f"--engine {engine} is not in the plan, which has {known}")
    if external is not None:
        cells = [one for one in cells if external.is_cell(plan, one)]
    known_names = sorted(cell.id for cell in cells)
    for name in names:
        if name not in known_names:
            where = "what --as and --instances name" if external else "in the plan"
            raise ConfigError(f"--cell {name} is not {where}, which has {', '.join(known_names)}")
    return [
        cell for cell in cells if engine in {None, cell.engine} and (not names or cell.id in names)
    ]


def require_startable(cells: Sequence[Cell], external: External | None) -> None:
    """Check that the campaign knows how to get at each engine.

    Raises:
        ConfigError: an external engine is asked and nobody said which.
    """
    if external is None and any(cell.engine == EXTERNAL for cell in cells):
        raise ConfigError(
            "the plan measures an external engine: say which with --as NAME, --instances N and "
            "--topic-prefix P"
        )


def campaign_folder(request: Request, now: datetime) -> Path:
    """The folder of the campaign, which exists afterwards.

    Raises:
        ConfigError: the run is there and is not to be gone on with, or the other way round, or it
            was begun with another plan.
        SurroundingsError: the disk is full.
    """
    run = choose_run(request, now)
    bring_run(request.results, run)
    folder = request.results / run
    if (folder / RUN_FILE).exists():
        _refuse_mixture(request, load_run(folder), folder)
    make_results_folder(folder)
    return folder


def make_results_folder(folder: Path) -> None:
    """Make a folder for results, unless it is there.

    Raises:
        ConfigError: it cannot be made.
        SurroundingsError: the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or "unknown"
        where = f"results folder {folder} cannot be made ({reason}): name another with --results"
        raise disk_full(error, folder) or ConfigError(where) from None


def newest_run(plan_id: str, results: Path) -> str | None:
    """The id of the run of a plan that was begun last; runs that cannot be read are passed over."""
    mine = []
    bring_file_of_runs(results, RUN_FILE, plan_id)
    for path in results.glob(f"{plan_id}-*/{RUN_FILE}"):
        with contextlib.suppress(ConfigError):
            run = load_run(path.parent)
            mine += [run.run] if run.plan.id == plan_id else []
    return max(mine, key=lambda run: str(run["started"]))["id"] if mine else None


def choose_run(request: Request, now: datetime) -> str:
    """The id of the campaign: as asked, the newest, or a new one.

    Raises:
        ConfigError: the id cannot be one, or there is no run to go on with.
    """
    if request.run_id is not None:
        return check_run_id(request.run_id)
    if not request.resume:
        return new_run_id(request.plan.id, now)
    found = newest_run(request.plan.id, request.results)
    if found is None:
        raise ConfigError(
            f"--resume: {request.results} holds no run of plan {request.plan.id}; "
            "start one without --resume"
        )
    return found


def _refuse_mixture(request: Request, saved: RunResult, folder: Path) -> None:
    if not (request.resume or _is_untouched(request, folder)):
        raise ConfigError(
            f"run {folder.name} is there already: add --resume to go on with it, or take another "
            "--run-id"
        )
    others = [
        name
        for name in Plan.model_fields
        if name not in _CHANGEABLE and getattr(saved.plan, name) != getattr(request.plan, name)
    ]
    if others:
        raise ConfigError(
            f"run {folder.name} was begun with another plan ({', '.join(others)} differ): go on "
            "with that plan, or start a new run without --resume"
        )
    sha256 = load_artifact(request.artifact).model_sha256
    if saved.model["sha256"] != sha256:
        raise ConfigError(
            f"run {folder.name} was begun with model {saved.model['sha256'][:8]}, and "
            f"{request.artifact} holds {sha256[:8]}: name that artifact, or start a new run"
        )


def _is_untouched(request: Request, folder: Path) -> bool:
    """True where other cells of the same campaign are there, and none of those that are asked."""
    if not request.cells:
        return False
    steps = folder.glob(f"{STEPS_FOLDER}/*/{STEP_FILE}")
    begun = {path.parent.name for path in steps}
    asked = chosen_cells(request.plan, request.engine, request.cells, request.external)
    prefixes = [f"{cell.place}-" for cell in asked]
    return not any(name.startswith(prefix) for name in begun for prefix in prefixes)


def as_typed(command: Sequence[str]) -> list[str]:
    """A command of ours without the folder that it is installed in: results are passed on."""
    return ["streamgauge", *command[1:]]


def empty_result(request: Request, found: Found, folder: Path, now: datetime) -> RunResult:
    """A campaign without steps."""
    return RunResult(
        run={
            "id": folder.name,
            "plan": request.plan.id,
            "started": now.isoformat(timespec="seconds"),
            "command": as_typed(request.command),
            "transactions": [str(path) for path in request.transactions],
            "artifact": str(request.artifact),
            "features_key": found.files_key,
            **commit(),
            "cluster": found.cluster,
        },
        plan=request.plan,
        machine=machine(),
        versions=versions(found.broker_pid),
        model=_model_fields(found.artifact),
        steps=[],
        steps_asked=0,
    )


def _features_key(files: Sequence[TransactionFile], artifact: Artifact) -> str:
    """Changes with the files, the date range and the meaning of the features."""
    manifest = artifact.manifest
    digest = hashlib.sha256(
        repr((manifest.features_version, manifest.dates, manifest.customers_share)).encode()
    )
    digest.update(repr((FEATURE_NAMES, manifest.label_delay_s)).encode())
    for file in files:
        digest.update(repr(state_of(file)).encode())
    return digest.hexdigest()[:16]


def _model_fields(artifact: Artifact) -> dict[str, Any]:
    manifest = artifact.manifest
    return {
        "sha256": artifact.model_sha256,
        "history_sha256": artifact.history_sha256,
        "features_version": manifest.features_version,
        "history_end_s": manifest.history_end_s,
        "label_delay_s": manifest.label_delay_s,
        "thresholds": manifest.thresholds.model_dump(),
        "metrics": manifest.metrics,
        "profile": {name: one.model_dump() for name, one in manifest.profile.items()},
    }
