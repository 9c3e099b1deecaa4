"""Work that tests give to the executing double themselves, without a DAG."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.purge import Means
from fraud_cloud.sdk import connect
from fraud_cloud.spark import ensure_cluster
from fraud_cloud.spark_spec import ClusterSpec, JobSpec, scoring_properties
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from spark_scorer.bundle import write_artifact
from tests.cloud_double.executing import BUCKET_NAME, ExecutingCloud
from tests.dags.yandex.session import pip_packages

RUN = "of-tests"
MEMORY_MB = 3072
LIMITS = Limits(all_s=240.0, jobs_s=120.0, poll_s=0.3)
PACKAGE = "org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7"
ARTIFACT_KEY = f"runs/{RUN}/artifact/artifact.tar.gz"


@contextmanager
def connected(cloud: ExecutingCloud) -> Iterator[Means]:
    """With what DAGs work on a cloud."""
    variable = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, cloud.double.environment[variable])
        folder = connect(cloud.double.environment)
        yield Means(folder, load_contract(), Clock(), LIMITS, lambda _: None)


@contextmanager
def fresh_topics(kafka: KafkaSettings) -> Iterator[TopicNames]:
    """The four topics behind a prefix that nobody else uses."""
    names = TopicNames(f"fraud-{uuid.uuid4().hex[:8]}-")
    create_topics(kafka, names)
    try:
        yield names
    finally:
        delete_topics(kafka, names)


def made_cluster(cloud: ExecutingCloud, means: Means, name: str, run: str, executors: int) -> str:
    """Id of a cluster that is asked for as DAGs do.

    Args:
        cloud: gets it.
        means: with what it is asked for.
        name: of the cluster.
        run: its label.
        executors: how many its jobs can have.
    """
    where = ("subnet", "group", "account", "log")
    labels = cloud.double.labels(run)
    packages = pip_packages()
    spec = ClusterSpec(name, labels, "3.5.7", executors, *where, pip_packages=packages)
    return str(ensure_cluster(means, spec).id)


def put_run(cloud: ExecutingCloud, kafka: KafkaSettings, artifact: Path, folder: Path) -> str:
    """Put what a run has beside the code into the bucket.

    Args:
        cloud: whose bucket has the code.
        kafka: the broker, with a log-in.
        artifact: of the model.
        folder: an empty one.

    Returns:
        SHA-256 of the packed artifact.
    """
    write_artifact(folder / "artifact.tar.gz", artifact)
    archive = (folder / "artifact.tar.gz").read_bytes()
    shipped = kafka.model_copy(update={"ssl_ca_location": "ca.pem"})
    lines = [f"{name}={value}\n" for name, value in shipped.as_environment().items()]
    settings = "".join(lines).encode()
    cloud.objects.update({f"secrets/{RUN}/kafka.env": settings, ARTIFACT_KEY: archive})
    return hashlib.sha256(archive).hexdigest()


def scoring_job(names: TopicNames, workers: int = 2) -> JobSpec:
    """The scorer, as DAGs submit it."""
    here = f"s3a://{BUCKET_NAME}"
    args = ("--workers", str(workers), "--topic-prefix", names.prefix, "--group-id", names.prefix)
    return JobSpec(
        f"spark-{workers}-t1",
        f"{here}/code/main.py",
        args=(*args, "--checkpoint", f"{here}/checkpoints/{RUN}/{names.prefix}"),
        python_uris=(f"{here}/code/packages.zip",),
        archive_uris=(f"{here}/{ARTIFACT_KEY}#artifact",),
        file_uris=(f"{here}/secrets/{RUN}/kafka.env", f"{here}/code/ca.pem"),
        properties=scoring_properties(workers, MEMORY_MB),
        packages=(PACKAGE,),
    )


def give_hosts_work(cloud: ExecutingCloud, names: TopicNames, artifact_sha256: str) -> None:
    """Point the Faust hosts that are made from now on to a run."""
    lines = {
        "TOPIC_PREFIX": names.prefix,
        "GROUP_ID": names.prefix.rstrip("-"),
        "ARTIFACT_KEY": ARTIFACT_KEY,
        "ARTIFACT_SHA256": artifact_sha256,
    }
    cloud.objects.update(
        {
            f"runs/{RUN}/faust.env": "".join(f"{k}={v}\n" for k, v in lines.items()).encode(),
            load_contract().keys["faust_pointer"]: f"runs/{RUN}/faust.env\n".encode(),
        }
    )
