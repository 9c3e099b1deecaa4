"""Train, register, fetch and publish on a real PostgreSQL, a real S3 server and MLflow on both."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
import requests

from fraud_core.artifact import HISTORY_FILE, MANIFEST_FILE, MODEL_FILE, load_artifact, sha256_of
from fraud_core.errors import EXIT_CONFIG, EXIT_SURROUNDINGS
from tests.going_away import going_away_after
from tests.sandbox_command import free_port, run_sandbox
from tests.services import STORES, Services, running_services
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

pytestmark = pytest.mark.slow

FILES = (MODEL_FILE, MANIFEST_FILE, HISTORY_FILE)
SHORTER = ("--train-days", "7")
"""A model that has seen a quarter of what the usual one has."""


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with running_services() as running:
        yield running


@pytest.fixture(scope="module")
def train(services, dirty_files, tmp_path_factory):
    def train(*more: str):
        folder = tmp_path_factory.mktemp("artifact")
        source = ("--transactions", str(dirty_files), "--out", str(folder))
        done = services.run("model_export", "train", *source, "--register", *more)
        assert done.returncode == 0, done.stderr
        return folder, done.stdout

    return train


@pytest.fixture(scope="module")
def registered(train):
    """The usual model, which was first, with what the command said."""
    return train()


@pytest.fixture(scope="module")
def shorter(train, registered):
    """A second model, with what the command said."""
    return train(*SHORTER)


def champions(services: Services) -> list[tuple]:
    return services.rows("select alias, version from registered_model_aliases")


def test_the_first_model_becomes_champion_and_comes_back_as_it_went_in(
    services, registered, tmp_path
):
    folder, said = registered
    assert "registered as version 1 of fraud" in said
    assert "champion: there was no champion" in said
    assert champions(services) == [("champion", 1)]
    fetched = services.run("model_export", "fetch", "models:/fraud@champion", str(tmp_path / "a"))
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stdout.startswith("models:/fraud@champion: version 1, model ")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (folder / name).read_bytes()
    by_version = services.run("model_export", "fetch", "models:/fraud/1", str(tmp_path / "b"))
    assert by_version.returncode == 0, by_version.stderr
    assert load_artifact(tmp_path / "b").model_sha256 == load_artifact(folder).model_sha256


def test_files_are_in_the_bucket_and_runs_in_the_database(services, registered):
    folder, _ = registered
    artifact = load_artifact(folder)
    for name in FILES:
        assert sha256_of(folder / name) in {sha256_of(path) for path in services.objects(name)}
    metrics = dict(services.rows("select key, value from latest_metrics"))
    expected = artifact.manifest.metrics["average_precision"]
    assert metrics["average_precision"] == pytest.approx(expected)
    tags = services.rows("select key, value from model_version_tags")
    ((described,),) = services.rows("select description from model_versions where version = 1")
    assert f"average precision {expected:.3f}" in described
    assert ("streamgauge.model_sha256", artifact.model_sha256) in tags
    params = dict(services.rows("select key, value from params"))
    assert params["features_version"] == artifact.manifest.features_version


def test_the_same_model_again_is_the_same_version(services, registered, train):
    _, said = train()
    assert "was there already as version 1" in said
    assert "it is the champion already" in said
    assert services.rows("select count(*) from model_versions") == [(1,)]


def test_a_model_that_is_not_better_leaves_the_alias_where_it_is_unless_forced(
    services, registered, shorter, train
):
    _, said = shorter
    assert "registered as version 2" in said
    assert "the alias champion stays where it is: not shown to be better" in said
    assert champions(services) == [("champion", 1)]
    _, said = train(*SHORTER, "--force")
    assert "was there already as version 2" in said
    assert "champion: forced: average precision" in said
    assert champions(services) == [("champion", 2)]
    ((decision,),) = services.rows(
        "select value from model_version_tags where key = 'streamgauge.decision' and version = '2'"
    )
    assert decision.startswith("forced: average precision")
    assert decision.endswith("(champion: version 1)")
    _, said = train()
    assert "champion: better than the champion" in said or "not shown to be better" in said


def test_an_artifact_that_is_there_is_registered_without_training_and_moves_no_champion(
    services, registered, shorter
):
    folder, _ = shorter
    done = services.run("model_export", "register", str(folder))
    assert done.returncode == 0, done.stderr
    assert "was there already as version 2" in done.stdout
    ((_, champion),) = champions(services)
    other = folder if champion != 2 else registered[0]
    done = services.run("model_export", "register", str(other))
    assert "the alias champion stays where it is: not comparable" in done.stdout
    assert champions(services) == [("champion", champion)]


def test_a_registered_artifact_becomes_champion_where_there_is_none(services, registered):
    folder, _ = registered
    alias = f"{services.variables['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/registered-models/alias"
    gone = {"name": "fraud", "alias": "champion"}
    assert requests.delete(alias, json=gone, timeout=60).ok
    assert champions(services) == []
    done = services.run("model_export", "register", str(folder))
    assert done.returncode == 0, done.stderr
    assert "champion: there was no champion" in done.stdout
    assert champions(services) == [("champion", 1)]


def test_a_campaign_that_is_published_is_in_the_database_and_the_bucket(services, tmp_path):
    folder = save_run(tmp_path / "results" / "try-1", run_of(step_of("faust")))
    done = services.run("benchmarks", "publish", str(folder))
    assert done.returncode == 0, done.stderr
    again = services.run("benchmarks", "publish", str(folder))
    assert "0 runs written, 2 were there" in again.stderr
    names = {name for (name,) in services.rows("select name from runs where status = 'FINISHED'")}
    assert {"try-1", "faust x1"} <= names
    assert services.objects("report.html")


def test_a_server_that_goes_away_half_way_leaves_no_version_and_the_next_attempt_no_double(
    services, dirty_files, tmp_path
):
    source = ("--transactions", str(dirty_files), "--out", str(tmp_path))
    command = ("model_export", "train", *source, "--train-days", "5", "--register")
    versions = services.rows("select count(*) from model_versions")
    with going_away_after(12, services.variables["MLFLOW_TRACKING_URI"]) as address:
        broken = services.run(*command, MLFLOW_TRACKING_URI=address)
    assert broken.returncode == EXIT_SURROUNDINGS, broken.stderr
    assert f"the MLflow server at {address} cannot be used" in broken.stderr
    assert "Traceback" not in broken.stderr
    sha256 = load_artifact(tmp_path).model_sha256
    assert len(runs_of(services, sha256)) == 1, "it went away before anything was written"
    assert services.rows("select count(*) from model_versions") == versions

    done = services.run(*command)
    assert done.returncode == 0, done.stderr
    ((begun, left), (made, kept)) = runs_of(services, sha256)
    assert (left, kept) == ("deleted", "active")
    ((source_run,),) = services.rows(
        "select run_id from model_versions order by version desc limit 1"
    )
    assert source_run == made != begun


def runs_of(services: Services, sha256: str) -> list[tuple]:
    """Runs of a model, the oldest first, and whether each is still there."""
    return services.rows(
        "select runs.run_uuid, lifecycle_stage from runs join tags using (run_uuid) "
        "where key = 'streamgauge.model_sha256' and value = %s order by start_time",
        sha256,
    )


def test_an_artifact_that_was_altered_by_one_byte_is_refused_and_replaces_nothing(
    services, registered, tmp_path
):
    folder, _ = registered
    sha256 = sha256_of(folder / MODEL_FILE)
    copies = [path for path in services.objects(MODEL_FILE) if sha256_of(path) == sha256]
    content = copies[0].read_bytes()
    shutil.copytree(folder, tmp_path / "there")
    altered = content[:-1] + bytes([content[-1] ^ 1])
    try:
        for path in copies:
            path.write_bytes(altered)
        done = services.run("model_export", "fetch", "models:/fraud/1", str(tmp_path / "there"))
    finally:
        for path in copies:
            path.write_bytes(content)
    assert done.returncode == EXIT_CONFIG, done.stderr
    assert "the file was altered" in done.stderr
    assert load_artifact(tmp_path / "there").model_sha256 == sha256


def test_a_model_that_is_not_there_is_an_error_that_says_how_to_register_one(services, tmp_path):
    done = services.run("model_export", "fetch", "models:/fraud@nobody", str(tmp_path))
    assert done.returncode == EXIT_CONFIG, done.stderr
    assert "model_export train --register" in done.stderr


def test_no_secret_is_on_a_command_line_or_in_a_log(services, registered):
    commands = [
        " ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])
    ]
    logs = [path.read_text(errors="replace") for path in services.folder.glob("*/*.log")]
    assert len(logs) == 3
    for secret in services.secrets:
        assert not any(secret in text for text in [*commands, *logs])


def test_a_server_that_is_down_is_noticed_before_the_training(dirty_files, tmp_path):
    dead = f"http://127.0.0.1:{free_port()}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "model_export", "train", "--register"),
            *("--transactions", str(dirty_files), "--out", str(tmp_path / "artifact")),
        ],
        env=os.environ | {"MLFLOW_TRACKING_URI": dead},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == EXIT_SURROUNDINGS, done.stderr
    assert f"the MLflow server at {dead} cannot be used" in done.stderr
    assert not (tmp_path / "artifact").exists()


def test_data_survives_a_restart_and_other_stores_are_refused(services, registered):
    environment = {k: v for k, v in services.variables.items() if k != "MLFLOW_TRACKING_URI"}
    refused = run_sandbox("up", "mlflow", "--backend", "sqlite", environment=environment)
    assert refused.returncode == EXIT_SURROUNDINGS
    assert "runs on postgresql and s3" in refused.stderr
    before = services.rows("select count(*) from runs")
    for service in ("mlflow", "postgresql", "s3"):
        assert run_sandbox("down", service, environment=environment).returncode == 0
    again = run_sandbox("up", "mlflow", *STORES, environment=environment)
    assert again.returncode == 0, again.stderr
    assert services.rows("select count(*) from runs") == before
    assert services.objects(MODEL_FILE)
