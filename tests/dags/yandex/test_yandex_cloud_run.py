"""`make cloud-run` from beginning to end: a whole Airflow with the cloud's DAGs, on the double."""

from __future__ import annotations

import json

import pytest

from fraud_cloud.asking import CAMPAIGN, PREFLIGHT
from tests.airflow_here import AirflowHere
from tests.cloud.conftest import Commands
from tests.cloud_double.executing import BUCKET_NAME
from tests.dags.yandex.dag_runs import DAG, kill_programs
from tests.dags.yandex.test_yandex_run import SMALL, nothing_is_left
from tests.terraform.cloud_servers import cloud_servers

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(2400),
]

SECRET = "secret-airflow"  # noqa: S105 - an id


@pytest.fixture(scope="module")
def here(airflow3, session, work, tmp_path_factory):
    running = AirflowHere(
        airflow3,
        tmp_path_factory.mktemp("airflow-yandex"),
        dag=DAG,
        target="yandex",
        variables=session.variables | {"FRAUD_WORK": str(work)},
    )
    try:
        running.start()
        yield running
    finally:
        running.end()
        kill_programs(work)


@pytest.fixture
def commands(here, session, tmp_path, monkeypatch):
    """Our commands, and outputs of Terraform that lead to this Airflow."""
    double = session.cloud.double
    password = json.loads(here.place.passwords.read_text())["admin"]
    with cloud_servers() as lockbox:
        lockbox.token, lockbox.secrets = double.environment["YC_TOKEN"], {}
        lockbox.secrets[SECRET] = {"password": password}
        monkeypatch.setitem(double.environment, "CLOUD_LOCKBOX", lockbox.url)
        double.terraform.outputs = {
            "persistent": {"bucket": BUCKET_NAME},
            "session": {
                "airflow_url": here.place.page,
                "airflow_version": "3.1",
                "airflow_password_secret": SECRET,
            },
        }
        found = Commands(double, tmp_path)
        for root in ("persistent", "session"):
            (found.roots / root).mkdir(parents=True)
        yield found


def test_a_campaign_is_asked_for_here_measured_there_and_reported_here(
    commands, session, here, tmp_path
):
    results = tmp_path / "results"
    where = ("--roots", str(commands.roots), "--results", str(results))
    asked = [f"{name}={json.dumps(value)}" for name, value in SMALL.items()]

    done = commands.run(
        *("run", "--yes", "--poll-s", "1", "--records", str(results / "cloud")), *where, *asked
    )

    # A step of three seconds on a busy machine may decide nothing, which is an answer too.
    assert done.returncode in {0, 4}, done.stdout + done.stderr + here.log()[-3000:]
    (kept,) = (results / "cloud/run").iterdir()
    record = json.loads(kept.read_text())
    run = record["dag_run_id"]
    assert (record["state"], record["results"]) == ("success", run)
    (step,) = json.loads((results / run / "run.json").read_text())["steps"]
    assert (step["engine"], step["missing"], step["score_mismatches"]) == ("faust", 0, 0)
    assert (results / run / "report.html").exists()
    for line in (f"{PREFLIGHT}: ", f"{CAMPAIGN}: ", "cell[0]: success", "clean_up: success"):
        assert line in done.stdout
    nothing_is_left(session, run)
