"""`streamgauge publish`: a saved campaign to an MLflow server; safe to repeat.

Runs are found by the campaign's id. One that already says the same is left alone, one that differs
or was left half written is replaced, so nothing is ever there twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import requests
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException

from benchmarks.quality_store import load_quality
from benchmarks.report import write_all
from benchmarks.result import RunResult
from benchmarks.samples import OFFSETS_FILE, USE_FILE
from benchmarks.store import (
    DRAIN_CURVE_FILE,
    DRAIN_FILE,
    LOAD_FILE,
    QUALITY_FILE,
    RUN_FILE,
    STEP_FILE,
    load_run,
    step_folder,
)
from benchmarks.tracking_records import RUN_ID_TAG, TrackedRun, campaign_run, cell_runs
from fraud_core.errors import SurroundingsError

EXPERIMENT: Final = "fraud-stream"
SANDBOX_TRACKING_URI: Final = "http://127.0.0.1:15000"
"""Where `python -m sandbox up mlflow` starts a server."""

_DIGEST_TAG: Final = "streamgauge.digest"
_PARENT_TAG: Final = "mlflow.parentRunId"
_TRIES: Final = 3
_PAUSE_S: Final = 2.0
_ANSWER_WITHIN_S: Final = 5.0
_POINTS_OF_A_REQUEST: Final = 1000  # the most that MLflow takes
_CLIENT_SETTINGS: Final[Mapping[str, str]] = {
    # left alone, the client asks a dead server for minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # our results go to stdout, and this is none of them
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_RAW_FILES: Final = (OFFSETS_FILE, USE_FILE, LOAD_FILE, STEP_FILE, DRAIN_FILE, DRAIN_CURVE_FILE)
"""All that is sampled. Ledger and outputs, one row for each record, stay in the results folder."""

Files = Mapping[str, Path]
"""Artifacts by their place in the run."""


class TrackingError(SurroundingsError):
    """The tracking server does not answer or does not take what it is told."""

    def __init__(self, *, uri: str, reason: str) -> None:
        super().__init__(
            f"the MLflow server at {uri} cannot be used ({reason}): start one with "
            "`python -m sandbox up mlflow` or set MLFLOW_TRACKING_URI, then publish again"
        )


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it.

    Attributes:
        page: address of the campaign.
        comparison: address of the cells beside each other; their metrics are charts against rate.
        written: how many runs were written.
        left_alone: how many said the same already.
    """

    page: str
    comparison: str
    written: int
    left_alone: int


def tracking_uri(environment: Mapping[str, str]) -> str:
    """The server that is set, else the sandbox's."""
    return environment.get("MLFLOW_TRACKING_URI") or SANDBOX_TRACKING_URI


def publish(
    run_folder: Path, uri: str, experiment: str, pause: Callable[[float], None]
) -> Published:
    """Tell a tracking server what a saved campaign says; writes its report first.

    Args:
        run_folder: of the campaign.
        uri: of the server.
        experiment: made where it is not there.
        pause: called with seconds between two tries.

    Raises:
        TrackingError: the server does not answer or refuses.
    """
    result = load_run(run_folder)
    for name, value in _CLIENT_SETTINGS.items():
        os.environ.setdefault(name, value)
    require_answer(uri, pause)
    files = _campaign_files(run_folder)
    with _as_tracking_error(uri):
        client = MlflowClient(tracking_uri=uri)
        desk = _Desk(client, _experiment_id(client, uri, experiment), result.run["id"])
        return _publish(desk, result, run_folder, files)


def _publish(desk: _Desk, result: RunResult, run_folder: Path, files: Files) -> Published:
    old = desk.runs_found()
    quality = load_quality(run_folder)
    parent, kept = desk.put(campaign_run(result, quality), files, old, parent_id=None)
    wanted, left_alone = [parent], int(kept)
    for cell, run in cell_runs(result, quality).items():
        raw = _cell_files(run_folder, result, cell)
        child, kept = desk.put(run, raw, old, parent_id=parent)
        wanted.append(child)
        left_alone += kept
    for found in old:
        if found.info.run_id not in wanted:
            desk.client.delete_run(found.info.run_id)
    return Published(
        desk.page(parent), desk.comparison(wanted[1:]), len(wanted) - left_alone, left_alone
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the runs of one campaign are written."""

    client: MlflowClient
    experiment_id: str
    campaign: str

    def page(self, run_id: str) -> str:
        """Address of a run in the web page."""
        return f"{self.client.tracking_uri}/#/experiments/{self.experiment_id}/runs/{run_id}"

    def comparison(self, run_ids: list[str]) -> str:
        """Address of several runs beside each other."""
        runs, experiments = (quote(json.dumps(one)) for one in (run_ids, [self.experiment_id]))
        return f"{self.client.tracking_uri}/#/compare-runs?runs={runs}&experiments={experiments}"

    def runs_found(self) -> list[Run]:
        """Every run of this campaign that is there, half written ones too."""
        found: list[Run] = []
        token: str | None = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id],
                f"tags.`{RUN_ID_TAG}` = '{self.campaign}'",
                page_token=token,
            )
            found += page
            token = page.token
            if not token:
                return found

    def put(
        self, run: TrackedRun, files: Files, old: list[Run], *, parent_id: str | None
    ) -> tuple[str, bool]:
        """Have a run there once.

        Returns:
            its id, and whether it was there before.
        """
        digest = run.digest({place: _sha256(path) for place, path in files.items()})
        for one in old:
            if one.data.tags.get(_DIGEST_TAG) == digest:
                self._hang_under(one, parent_id)
                return one.info.run_id, True
        return self._write(run, files, digest, parent_id), False

    def _hang_under(self, run: Run, parent_id: str | None) -> None:
        if parent_id is not None and run.data.tags.get(_PARENT_TAG) != parent_id:
            self.client.set_tag(run.info.run_id, _PARENT_TAG, parent_id)

    def _write(self, run: TrackedRun, files: Files, digest: str, parent_id: str | None) -> str:
        tags = dict(run.tags) | ({_PARENT_TAG: parent_id} if parent_id else {})
        made = self.client.create_run(
            self.experiment_id, start_time=run.start_ms, tags=tags, run_name=run.name
        )
        run_id: str = made.info.run_id
        params = [Param(name, value) for name, value in run.params.items()]
        self.client.log_batch(run_id, params=params)
        points = [Metric(one.key, one.value, one.at_ms, one.step) for one in run.points]
        for first in range(0, len(points), _POINTS_OF_A_REQUEST):
            self.client.log_batch(run_id, metrics=points[first : first + _POINTS_OF_A_REQUEST])
        for place, path in files.items():
            folder = str(Path(place).parent)
            self.client.log_artifact(run_id, str(path), None if folder == "." else folder)
        self.client.set_terminated(run_id, "FINISHED", run.end_ms)
        # the last thing: a run without it was left half written
        self.client.set_tag(run_id, _DIGEST_TAG, digest)
        return run_id


def require_answer(uri: str, pause: Callable[[float], None]) -> None:
    """Check that a server answers; a store that is no server needs no check.

    Raises:
        TrackingError: it does not after a few tries.
    """
    if not uri.startswith(("http://", "https://")):
        return
    for number in range(1, _TRIES + 1):
        try:
            with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_ANSWER_WITHIN_S):  # noqa: S310  # the scheme is checked above
                return
        except urllib.error.HTTPError:
            return  # somebody answers; what the server says to a client is told by the client
        except OSError as error:
            reason = f"no answer after {number} tries: {error}"
        if number < _TRIES:
            pause(_PAUSE_S)
    raise TrackingError(uri=uri, reason=reason)


@contextmanager
def _as_tracking_error(uri: str) -> Iterator[None]:
    try:
        yield
    except (MlflowException, requests.RequestException) as error:
        reason = str(error).strip().splitlines()[0]
        raise TrackingError(uri=uri, reason=reason) from error


def _experiment_id(client: MlflowClient, uri: str, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name))
    if found.lifecycle_stage != "active":
        reason = (
            f"its experiment {name} is deleted; restore it with `mlflow experiments restore -x "
            f"{found.experiment_id}` or set MLFLOW_EXPERIMENT_NAME"
        )
        raise TrackingError(uri=uri, reason=reason)
    return str(found.experiment_id)


def _campaign_files(run_folder: Path) -> dict[str, Path]:
    written = write_all(run_folder)
    paths = [written.html, *written.tables, run_folder / RUN_FILE]
    paths += [one for one in [run_folder / QUALITY_FILE] if one.is_file()]
    charts = {f"charts/{path.name}": path for path in written.charts}
    return {path.name: path for path in paths} | charts


def _cell_files(run_folder: Path, result: RunResult, cell: str) -> dict[str, Path]:
    names = [one.id for one in result.steps if one.cell == cell]
    names += [one.step for one in result.drains if one.cell == cell and one.step]
    folders = {name: step_folder(run_folder, name) for name in names}
    return {
        f"samples/{step}/{name}": folder / name
        for step, folder in folders.items()
        for name in _RAW_FILES
        if (folder / name).is_file()
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
