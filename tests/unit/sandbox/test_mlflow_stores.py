from pathlib import Path

import pytest

from fraud_core.errors import SurroundingsError
from sandbox.mlflow_stores import (
    Artifacts,
    Backend,
    Stores,
    read_stores,
    refuse_other_stores,
    start_stores,
)
from sandbox.settings import SandboxSettings

BOX = SandboxSettings(dir=Path("/box"))
ON_BOTH = Stores(Backend.POSTGRESQL, Artifacts.S3)


def test_by_default_all_is_kept_in_the_folder_of_the_sandbox() -> None:
    stores = start_stores(BOX, {}, Backend.SQLITE, Artifacts.FOLDER)
    assert stores.variables["MLFLOW_BACKEND_STORE_URI"] == "sqlite:////box/mlflow/mlflow.db"
    assert stores.variables["MLFLOW_ARTIFACTS_DESTINATION"] == "/box/mlflow/artifacts"


def test_servers_that_are_set_are_taken_and_none_is_started() -> None:
    given = {
        "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg2://me@elsewhere/runs",
        "MLFLOW_S3_ENDPOINT_URL": "https://storage.example",
        "MLFLOW_ARTIFACTS_DESTINATION": "s3://mine/artifacts",
    }
    stores = start_stores(BOX, given, Backend.POSTGRESQL, Artifacts.S3)
    assert dict(stores.variables) == given


def test_what_is_noted_of_a_server_holds_no_secret(tmp_path: Path) -> None:
    stores = Stores(Backend.POSTGRESQL, Artifacts.S3, {"AWS_SECRET_ACCESS_KEY": "hush"})
    stores.write(tmp_path / "stores.json")
    assert "hush" not in (tmp_path / "stores.json").read_text()
    assert "hush" not in repr(stores)
    assert read_stores(tmp_path / "stores.json") == ON_BOTH


@pytest.mark.parametrize(
    ("backend", "artifacts"), [(None, None), (Backend.POSTGRESQL, None), (None, Artifacts.S3)]
)
def test_a_server_that_runs_is_taken_where_nothing_else_is_asked_for(
    backend: Backend | None, artifacts: Artifacts | None
) -> None:
    refuse_other_stores(ON_BOTH, backend, artifacts, Path("/box"))


def test_a_server_on_other_stores_is_refused_with_the_remedy() -> None:
    with pytest.raises(SurroundingsError, match=r"runs on postgresql and s3, .* sandbox down ml"):
        refuse_other_stores(ON_BOTH, Backend.SQLITE, None, Path("/box"))
