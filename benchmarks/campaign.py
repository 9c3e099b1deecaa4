"""All steps of a plan, one after the other, saved as they end."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.cluster import Broker
from benchmarks.engines import program_of
from benchmarks.latency import IntArray
from benchmarks.outputs import load_outputs, make_offline_features, read_ledger
from benchmarks.parity import scores_differ, seq_of
from benchmarks.plan import Plan, Step, estimate_s, steps_of
from benchmarks.process_use import listener_on, single_samples
from benchmarks.result import RunResult, StepResult
from benchmarks.runner import Bench, Progress, broker_port, run_step
from benchmarks.store import (
    LEDGER_FILE,
    OUTPUTS_FILE,
    RUN_FILE,
    new_run_id,
    save,
    step_folder,
)
from benchmarks.surroundings import commit, machine, versions
from fraud_core.artifact import Artifact, load_artifact
from fraud_core.errors import ConfigError, StreamError
from fraud_core.features import FEATURE_NAMES
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id
from fraud_core.transaction_files import transaction_files

CACHE_FOLDER: Final = ".cache"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for.

    Attributes:
        plan: what is measured.
        artifact: folder that the engines are started with.
        transactions: files or folders of the load.
        results: folder of all campaigns.
        engine: only this one; all of the plan where None.
        command: the command line, for the result.
    """

    plan: Plan
    artifact: Path
    transactions: Sequence[Path]
    results: Path
    engine: str | None
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told of a campaign while it runs.

    Attributes:
        say: one line.
        tell: where a step stands, about twice a second.
        begin: a step begins: its number from 1, of how many, and the step.
    """

    say: Callable[[str], None]
    tell: Callable[[Progress], None]
    begin: Callable[[int, int, Step], None]


def run_campaign(request: Request, announce: Announcement) -> tuple[RunResult, Path]:
    """Measure every step of a plan.

    What is measured is saved after each step, so an interrupt loses at most the step that runs.

    Returns:
        the result, and the folder that it is saved in.

    Raises:
        StreamError: surroundings or settings do not let it go on; what was measured is saved.
    """
    steps = _steps(request)
    found = _look_around(request)
    now = datetime.now(UTC)
    folder = request.results / new_run_id(request.plan.id, now)
    folder.mkdir(parents=True)
    announce.say(f"run {folder.name}: {len(steps)} steps, about {estimate_s(steps) / 60:.0f} min")
    features = request.results / CACHE_FOLDER / f"features-{found.files_key}.parquet"
    if not features.is_file():
        announce.say("computing the offline features of the same files, the reference of the check")
    make_offline_features(request.transactions, request.artifact, features, folder / "features.log")
    bench = Bench(
        broker=Broker(found.settings),
        artifact=found.artifact,
        transactions=request.transactions,
        features=features,
        run_folder=folder,
        run_id=folder.name,
        programs={step.engine: program_of(step.engine) for step in steps},
        limits=request.plan.limits,
        broker_processes=single_samples(found.broker_pid) if found.broker_pid else None,
        tell=announce.tell,
    )
    empty = _empty_result(request, found, _run_fields(request, folder.name, now), len(steps))
    return _run_steps(steps, bench, empty, announce), folder


@dataclass(frozen=True, slots=True)
class _Found:
    """What is there before the first step; `broker_pid` is None where it cannot be seen."""

    settings: KafkaSettings
    artifact: Artifact
    files_key: str
    cluster: str
    broker_pid: int | None


def _look_around(request: Request) -> _Found:
    settings = KafkaSettings.from_environment()
    artifact = load_artifact(request.artifact)
    files = transaction_files(request.transactions)
    port = broker_port(settings.bootstrap_servers)
    return _Found(
        settings=settings,
        artifact=artifact,
        files_key=_features_key(files, artifact),
        cluster=cluster_id(settings),
        broker_pid=listener_on(port) if port else None,
    )


def _empty_result(
    request: Request, found: _Found, run: dict[str, Any], steps_asked: int
) -> RunResult:
    return RunResult(
        run=run | {"cluster": found.cluster},
        plan=request.plan,
        machine=machine(),
        versions=versions(found.broker_pid),
        model=_model_fields(found.artifact),
        steps=[],
        steps_asked=steps_asked,
    )


def _run_steps(
    steps: Sequence[Step], bench: Bench, result: RunResult, announce: Announcement
) -> RunResult:
    path = bench.run_folder / RUN_FILE
    save(path, result)
    for number, step in enumerate(steps, start=1):
        announce.begin(number, len(steps), step)
        try:
            done = run_step(step, bench)
        except StreamError as error:
            failure = {"step": step.id, "why": str(error)}
            save(path, result.model_copy(update={"failed": [*result.failed, failure]}))
            announce.say(f"{step.id} failed: {number - 1} steps are saved in {path}")
            raise
        except KeyboardInterrupt:
            announce.say(f"interrupted: {number - 1} steps are saved in {path}")
            raise
        measured = [*result.steps, done]
        disagree = disagreements(bench.run_folder, measured)
        result = result.model_copy(update={"steps": measured, "engines_disagree": disagree})
        save(path, result)
    return result


def disagreements(run_folder: Path, steps: Sequence[StepResult]) -> dict[str, int]:
    """Scores that differ between engines at the same rate and instance count."""
    found = {}
    for first, second in itertools.combinations(steps, 2):
        same = (first.instances, first.rate_eps) == (second.instances, second.rate_eps)
        if same and first.engine != second.engine:
            folders = [step_folder(run_folder, step.id) for step in (first, second)]
            here, there = (_scores(folder) for folder in folders)
            found[f"{first.engine} and {second.engine} at {first.rate_eps:g}/s"] = scores_differ(
                here, there
            )
    return found


def _scores(folder: Path) -> tuple[IntArray, NDArray[np.float32]]:
    """Row number and score of each prediction that had all labels."""
    ledger, outputs = read_ledger(folder / LEDGER_FILE), load_outputs(folder / OUTPUTS_FILE)
    kept = outputs.where(outputs.is_prediction & outputs.labels_complete)
    return seq_of(ledger, kept), kept.score


def _steps(request: Request) -> list[Step]:
    only = None if request.engine is None else (request.engine,)
    steps = steps_of(request.plan, only)
    if not steps:
        known = ", ".join(request.plan.engines)
        raise ConfigError(f"--engine {request.engine} is not in the plan, which has {known}")
    return steps


def _features_key(files: Sequence[Path], artifact: Artifact) -> str:
    """Changes with the files, the date range and the meaning of the features."""
    manifest = artifact.manifest
    digest = hashlib.sha256(
        repr((manifest.features_version, manifest.dates, manifest.customers_share)).encode()
    )
    digest.update(repr((FEATURE_NAMES, manifest.label_delay_s)).encode())
    for file in files:
        state = file.stat()
        digest.update(repr((str(file.resolve()), state.st_size, state.st_mtime_ns)).encode())
    return digest.hexdigest()[:16]


def _run_fields(request: Request, run_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": run_id,
        "plan": request.plan.id,
        "started": now.isoformat(timespec="seconds"),
        "command": list(request.command),
        "transactions": [str(path) for path in request.transactions],
        **commit(),
    }


def _model_fields(artifact: Artifact) -> dict[str, Any]:
    manifest = artifact.manifest
    return {
        "sha256": artifact.model_sha256,
        "history_sha256": artifact.history_sha256,
        "features_version": manifest.features_version,
        "history_end_s": manifest.history_end_s,
        "metrics": manifest.metrics,
    }
