"""`cloud-down` and `cloud-verify` where leftovers run: a Spark job and a Faust host among them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fraud_cloud.spark import submit
from tests.cloud.conftest import commands_with_roots
from tests.cloud_double.executing import BUCKET_NAME, ExecutingCloud, Stores, executing_cloud
from tests.cloud_double.leftovers import (
    CLUSTER_OF_A_RUN,
    fill,
    of_sessions,
    plant_failures,
    require_others_untouched,
    require_standing_gone,
    require_standing_untouched,
)
from tests.dags.yandex.given_work import (
    connected,
    fresh_topics,
    give_hosts_work,
    made_cluster,
    put_run,
    scoring_job,
)
from tests.dags.yandex.session import fill_bucket
from tests.outputs import wait_until
from tests.s3_server import s3_server

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(900),
]

PATIENT = ("--yes", "--poll-s", "0.3", "--retry-s", "0", "--limit-min", "8")
"""What runs takes up to a minute to end."""


@pytest.fixture
def doomed(install, secure_broker, dirty_files, tmp_path) -> Iterator[ExecutingCloud]:
    """A cloud of its own, with our code in its bucket: the other tests need theirs."""
    buckets, folder, upload = (tmp_path / name for name in ("buckets", "cloud", "upload"))
    for one in (buckets, folder, upload):
        one.mkdir()
    kafka = secure_broker.settings
    with (
        s3_server(buckets) as variables,
        executing_cloud(folder, install, kafka, Stores(buckets, variables)) as cloud,
    ):
        fill_bucket(cloud, kafka.ssl_ca_location, dirty_files, upload)
        # Terraform's, as all of what stays.
        cloud.double.state.declared.setdefault("persistent", []).append(BUCKET_NAME)
        yield cloud


@pytest.fixture
def busy(doomed, secure_broker, trained, tmp_path) -> Iterator[ExecutingCloud]:
    """The same with leftovers of every kind, of which a job and a host run."""
    kafka = secure_broker.settings
    with connected(doomed) as means, fresh_topics(kafka) as names:
        give_hosts_work(doomed, names, put_run(doomed, kafka, trained, tmp_path))
        cluster = made_cluster(doomed, means, CLUSTER_OF_A_RUN, "r1", 1)
        started = submit(means, cluster, scoring_job(names, workers=1))
        fill(doomed.double, hosts=1)
        wait_until(
            lambda: doomed.jobs.executors() == 1,
            within_s=180,
            what="the executor of the job runs",
            alive=lambda: not means.cloud.job(cluster, started.job.id).ended,
        )
        wait_until(lambda: phases(doomed) == ["running"], within_s=120, what="the host is live")
        yield doomed


def phases(cloud: ExecutingCloud) -> list[str]:
    """How far each host has come."""
    return [one.phase for one in cloud.hosts.hosts.values()]


def running_in(folder: Path) -> list[psutil.Process]:
    """Processes that work somewhere in a folder; those that are dead already have no place."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder.resolve()):
                found.append(process)
    return found


def test_what_runs_is_ended_and_nothing_of_ours_is_missed_and_nothing_else_is_touched(
    busy, tmp_path
):
    double, folders = busy.double, (busy.jobs.folder, busy.hosts.folder)
    commands = commands_with_roots(double, tmp_path)
    plant_failures(double)
    assert all(running_in(folder) for folder in folders), "a job and a host run"

    down = commands.down(*PATIENT)
    verified = commands.verify()

    assert down.returncode == 0, down.stdout + down.stderr
    assert "cancelling job" in down.stdout
    assert double.terraform.commands("session") == ["init", "destroy", "destroy"]
    assert of_sessions(double) == set()
    require_others_untouched(double)
    require_standing_untouched(double)
    assert len(busy.objects) > 0
    assert (busy.jobs.running(), busy.hosts.workers(), phases(busy)) == ({}, [], ["gone"])
    for folder in folders:
        wait_until(
            lambda folder=folder: running_in(folder) == [], within_s=30, what=f"{folder} is quiet"
        )
    assert verified.returncode == 0, verified.stdout + verified.stderr

    everything = commands.down(*PATIENT, "--all")
    verified = commands.verify("--all")

    assert everything.returncode == 0, everything.stdout + everything.stderr
    require_standing_gone(double)
    require_others_untouched(double)
    assert len(busy.objects) == 0
    assert verified.returncode == 0, verified.stdout + verified.stderr
