"""One session of the cloud for all tests of this folder, and an Airflow for each module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud_double.executing import ExecutingCloud, Stores, executing_cloud
from tests.dags.yandex.dag_runs import Worker
from tests.dags.yandex.session import Session, champion, fill_bucket
from tests.s3_server import s3_server
from tests.services import Services, running_services
from tests.submitted_job import SparkInstall


@pytest.fixture(scope="session")
def install(java_environment, tmp_path_factory) -> SparkInstall:
    """PySpark 3.5, as clusters have it."""
    python = os.environ.get("SPARK35_PYTHON")
    if python is None:
        pytest.skip("SPARK35_PYTHON names no PySpark 3.5: `make test-dags` makes one and sets it")
    folder = tmp_path_factory.mktemp("spark35")
    return SparkInstall(Path(python), java_environment["JAVA_HOME"], folder)


@pytest.fixture(scope="session")
def cloud(install, secure_broker, tmp_path_factory) -> Iterator[ExecutingCloud]:
    """The double that executes, with an empty bucket."""
    buckets = tmp_path_factory.mktemp("buckets")
    with s3_server(buckets) as variables:
        folder, stores = tmp_path_factory.mktemp("cloud"), Stores(buckets, variables)
        with executing_cloud(folder, install, secure_broker.settings, stores) as cloud:
            yield cloud


@pytest.fixture(scope="session")
def services(install) -> Iterator[Services]:
    """MLflow on PostgreSQL and an S3 server of its own."""
    with running_services() as services:
        yield services


@pytest.fixture(scope="session")
def filled(cloud, secure_broker, dirty_files, tmp_path_factory) -> ExecutingCloud:
    """The same with DAGs, code and transactions in its bucket."""
    fill_bucket(
        cloud,
        secure_broker.settings.ssl_ca_location,
        dirty_files,
        tmp_path_factory.mktemp("upload"),
    )
    return cloud


@pytest.fixture(scope="session")
def session(filled, secure_broker, services, dirty_files, tmp_path_factory) -> Session:
    """All of it, with a champion in MLflow's registry."""
    artifact = champion(services, dirty_files, tmp_path_factory.mktemp("champion") / "artifact")
    return Session(filled, secure_broker, services, artifact)


@pytest.fixture(scope="session")
def work(tmp_path_factory) -> Path:
    """A worker's disk, where the environment of the measuring command is made once."""
    given = os.environ.get("FRAUD_WORK")
    return Path(given) if given else tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def worker(airflow3, session, work, tmp_path_factory) -> Iterator[Worker]:
    """An Airflow on which nothing has run yet."""
    worker = Worker(airflow3, tmp_path_factory.mktemp("worker"), session, work)
    try:
        yield worker
    finally:
        worker.kill()
