"""The double runs what it accepts: a Spark job that scores, and Faust hosts by count."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.errors import SurroundingsError
from fraud_cloud.faust_hosts import set_hosts
from fraud_cloud.purge import Means, purge
from fraud_cloud.selection import made_by_runs
from fraud_cloud.services import SPARK
from fraud_cloud.spark import JobFailedError, Started, require_running, stop, submit
from fraud_cloud.spark_spec import JobSpec, scoring_properties
from fraud_core.topics import TopicNames
from tests.cloud_double.executing import BUCKET_NAME
from tests.dags.yandex.given_work import (
    LIMITS,
    MEMORY_MB,
    PACKAGE,
    RUN,
    connected,
    fresh_topics,
    give_hosts_work,
    made_cluster,
    put_run,
    scoring_job,
)
from tests.outputs import counting, wait_until

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(900),
]

ROWS = 2_000
PROBE = b"""
from pyspark.sql import SparkSession
session = SparkSession.builder.getOrCreate()
print("cores", session.sparkContext.parallelize(range(4), 4).map(lambda _: 1).sum())
session.stop()
"""


@pytest.fixture(scope="module")
def means(cloud) -> Iterator[Means]:
    with connected(cloud) as means:
        yield means


@pytest.fixture
def names(secure_broker) -> Iterator[TopicNames]:
    with fresh_topics(secure_broker.settings) as names:
        yield names


@pytest.fixture(scope="module")
def cluster_of(cloud, means) -> Iterator[Callable[[str], str]]:
    """The cluster of a run, of two executors; all are gone afterwards."""
    made = []

    def cluster(run: str) -> str:
        made.append(run)
        return made_cluster(cloud, means, f"spark-{run}", run, 2)

    yield cluster
    for run in made:
        purge(means, made_by_runs(run))


@pytest.fixture(scope="module")
def cluster(cluster_of) -> str:
    """One for jobs that leave it as it was."""
    return cluster_of(RUN)


@pytest.fixture(scope="module")
def code(filled, secure_broker, trained, tmp_path_factory) -> Iterator[str]:
    """What a run puts beside the code in the bucket; the artifact's SHA-256."""
    folder = tmp_path_factory.mktemp("code")
    sha256 = put_run(filled, secure_broker.settings, trained, folder)
    filled.objects[f"runs/{RUN}/probe.py"] = PROBE
    yield sha256
    for key in list(filled.objects):
        if key.startswith((f"runs/{RUN}/", f"secrets/{RUN}/")):
            del filled.objects[key]


def probe_job() -> JobSpec:
    here = f"s3a://{BUCKET_NAME}"
    return JobSpec(
        "probe", f"{here}/runs/{RUN}/probe.py", properties=scoring_properties(1, MEMORY_MB)
    )


def ended(means: Means, started: Started) -> str:
    """Status of a job that ends by itself."""

    def is_over() -> bool:
        return means.cloud.job(started.cluster_id, started.job.id).ended

    wait_until(is_over, within_s=240, what="the job ends")
    return means.cloud.job(started.cluster_id, started.job.id).status


def load(secure_broker, names, dirty_files, trained, folder: Path) -> None:
    """Send transactions and their labels."""
    command = [sys.executable, "-m", "producer", "--transactions", str(dirty_files)]
    command += ["--artifact", str(trained), "--rate", "400", "--limit", str(ROWS)]
    command += ["--topic-prefix", names.prefix, "--ledger", str(folder / "ledger.parquet")]
    variables = os.environ | secure_broker.settings.as_environment()
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


def answered(secure_broker, names, alive) -> None:
    """Wait until every record has an answer."""
    with counting(secure_broker.settings, names) as count:
        wait_until(
            lambda: count() >= ROWS, within_s=240, what="every record has an answer", alive=alive
        )


def test_a_job_that_ends_by_itself_is_done_and_its_log_can_be_read(cloud, means, cluster, code):
    started = submit(means, cluster, probe_job())

    assert ended(means, started) == "DONE"
    assert "cores 4" in means.cloud.job_log(cluster, started.job.id)
    assert cloud.jobs.running() == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"main_uri": f"s3a://{BUCKET_NAME}/code/nowhere.py"}, "code/nowhere.py: No such file"),
        ({"packages": (PACKAGE.replace("2.12", "2.13"),)}, "unresolved dependency"),
        ({"main_uri": f"s3a://{BUCKET_NAME}/code/main.py"}, "No module named 'spark_scorer'"),
    ],
    ids=["an object that is not there", "a package of another Scala", "no packages of ours"],
)
def test_a_job_that_cannot_run_ends_with_an_error_and_says_why(means, cluster, code, change, said):
    started = submit(means, cluster, replace(probe_job(), **change))

    assert ended(means, started) == "ERROR"
    with pytest.raises(JobFailedError, match=said):
        require_running(means, started)


def test_a_job_scores_on_two_executors_until_it_is_cancelled(
    cloud, means, cluster, code, names, secure_broker, dirty_files, trained, tmp_path
):
    started = submit(means, cluster, scoring_job(names))
    wait_until(
        lambda: cloud.jobs.executors() == 2,
        within_s=180,
        what="two executors run",
        alive=lambda: not means.cloud.job(cluster, started.job.id).ended,
    )
    load(secure_broker, names, dirty_files, trained, tmp_path)
    answered(secure_broker, names, lambda: bool(cloud.jobs.running()))
    # A batch is written before it is committed.
    wait_until(
        lambda: any("/commits/" in key for key in kept_progress(cloud, names)),
        within_s=60,
        what="the progress is in the bucket",
    )

    assert stop(means, started).status == "CANCELLED"
    assert cloud.jobs.executors() == 0


def kept_progress(cloud, names: TopicNames) -> list[str]:
    """Objects of a job's checkpoint."""
    return [key for key in cloud.objects if key.startswith(f"checkpoints/{RUN}/{names.prefix}/")]


def test_a_job_whose_driver_dies_is_an_error(cloud, means, cluster, code, names):
    started = submit(means, cluster, scoring_job(names, workers=1))
    wait_until(lambda: cloud.jobs.executors() == 1, within_s=180, what="its executor runs")
    cloud.jobs.running()[started.job.name].kill()

    assert ended(means, started) == "ERROR"
    assert cloud.jobs.executors() == 0


def test_a_cluster_that_is_deleted_takes_its_job_with_it(cloud, means, cluster_of, code, names):
    submit(means, cluster_of("deleted"), scoring_job(names, workers=1))
    wait_until(lambda: cloud.jobs.executors() == 1, within_s=180, what="its executor runs")

    purge(replace(means, limits=replace(LIMITS, jobs_s=-1.0)), made_by_runs("deleted"))

    assert "spark-deleted" not in cloud.double.state.names(SPARK.kind)
    assert cloud.jobs.executors() == 0


@pytest.mark.parametrize("refuses", [False, True], ids=["a size of 0", "stopped"])
def test_hosts_score_and_are_gone(
    cloud, means, code, names, secure_broker, dirty_files, trained, tmp_path, *, refuses: bool
):
    cloud.double.state.refuses_no_hosts = refuses
    give_hosts_work(cloud, names, code)
    try:
        set_hosts(means, cloud.group_id, 2)
        wait_until(
            lambda: len(cloud.hosts.workers()) == 2, within_s=120, what="both hosts have a worker"
        )
        load(secure_broker, names, dirty_files, trained, tmp_path)
        answered(secure_broker, names, lambda: len(cloud.hosts.workers()) == 2)
    finally:
        set_hosts(means, cloud.group_id, 0)
        cloud.double.state.refuses_no_hosts = False

    cloud.require_no_host()
    assert secure_broker.password not in cloud.hosts.logs()


def test_hosts_that_no_run_has_given_work_start_again_and_again(cloud, means, code, monkeypatch):
    monkeypatch.setattr(cloud.double.state, "settles_within_s", 5.0)
    cloud.objects.pop(load_contract().keys["faust_pointer"], None)
    try:
        with contextlib.suppress(SurroundingsError):
            set_hosts(replace(means, limits=replace(LIMITS, all_s=2.0)), cloud.group_id, 1)
        wait_until(
            lambda: cloud.hosts.logs().count("faust.current") > 1,
            within_s=60,
            what="the start is tried again",
        )
    finally:
        set_hosts(means, cloud.group_id, 0)

    cloud.require_no_host()
