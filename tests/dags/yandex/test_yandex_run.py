"""The cloud's DAG from its form to its end, on a cloud that executes."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest

from fraud_cloud.services import SPARK
from tests.airflow_env import installed
from tests.busy import BUSY
from tests.dags.yandex.dag_runs import DAG, PREFLIGHT, Worker
from tests.secret_search import files_with

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(2400),
]

SHORT = ["step={warmup_s: 1, measure_s: 3, block_s: 1, extend: false}", f"limits={BUSY}"]
"""The wiring is tested here, not the load: other programs run on the same machine."""
SMALL = {"engines": ["faust"], "instances": [1], "rates_eps": [50], "changes": SHORT}


def nothing_is_left(session, run):
    session.cloud.require_idle()
    assert session.topics(run) == set()
    assert session.consumer_groups(run) == set()
    kept = f"checkpoints/{run}/"
    assert [key for key in session.cloud.objects if key.startswith(kept)] == []
    assert f"secrets/{run}/kafka.env" not in session.cloud.objects


def no_secret_is_told(session, worker):
    jobs, hosts = session.cloud.jobs.folder, session.cloud.hosts.folder
    buckets = session.cloud.jobs.place.buckets
    for secret in session.secrets:
        assert session.requests_with(secret) == []
        assert files_with(secret, worker.home) == []
        assert files_with(secret, buckets) == []
        assert files_with(secret, jobs, but=["kafka.env"]) == []
        if hosts.exists():
            assert files_with(secret, hosts, but=["secrets.env"]) == []
        assert session.broker.commands.holding(secret) == []


def test_both_engines_are_measured_at_two_counts_and_published(session, worker):
    run = worker.start(engines=["faust", "spark"], instances=[1, 2], rates_eps=[50], changes=SHORT)
    assert run.end(within_s=2000) == 0, run.said()[-6000:]

    steps = run.result()["steps"]
    assert sorted((step["engine"], step["instances"]) for step in steps) == [
        *(("faust", 1), ("faust", 2)),
        *(("spark", 1), ("spark", 2)),
    ]
    for step in steps:
        assert step["missing"] == 0
        assert (step["feature_mismatches"], step["score_mismatches"]) == (0, 0)
    names = {"faust x1", "faust x2", "spark x1", "spark x2"}
    assert session.published(run.result()["run"]["id"]) == names
    assert run.result()["sentence"] in run.said()
    jobs = [message.name for kind, message in session.cloud.double.asked("Create") if kind == "job"]
    assert {"spark-1-t1", "spark-2-t1"} <= set(jobs)
    nothing_is_left(session, run.name)
    no_secret_is_told(session, worker)


def test_a_group_that_may_not_be_empty_is_stopped_and_started_again(session, worker):
    """The preflight has it stopped, and the cell has it started and stopped again."""
    double = session.cloud.double
    double.state.refuses_no_hosts = True
    before = {method: len(double.asked(method)) for method in ("Start", "Stop")}
    try:
        run = worker.start(**SMALL, publish=False)
        assert run.end(within_s=900) == 0, run.said()[-6000:]
        assert session.group().status == session.group().Status.STOPPED
        assert len(double.asked("Start")) - before["Start"] >= 1
        assert len(double.asked("Stop")) - before["Stop"] >= 2
        nothing_is_left(session, run.name)
    finally:
        double.state.refuses_no_hosts = False


def test_a_preflight_alone_reports_and_measures_nothing(session, worker):
    run = worker.start(PREFLIGHT)
    assert run.end(within_s=900) == 0, run.said()[-6000:]
    assert "Spark 3.5.7" in run.said()
    assert f"_faust-streaming-{version('faust-streaming')}_" in run.said()
    assert f"runs/{run.name}/results/run.json" not in session.cloud.objects
    nothing_is_left(session, run.name)


def test_a_wrong_password_fails_the_preflight_and_nothing_is_measured(session, worker):
    connection = json.loads(session.variables["AIRFLOW_CONN_FRAUD_KAFKA"])
    wrong = json.dumps(connection | {"password": "no-password-of-anybody"})
    run = worker.start(DAG, {"AIRFLOW_CONN_FRAUD_KAFKA": wrong}, **SMALL)

    assert run.end(within_s=900) != 0
    assert "fraud_kafka" in run.said()
    assert "no-password-of-anybody" not in run.said()
    assert f"runs/{run.name}/results/run.json" not in session.cloud.objects
    assert session.cloud.double.state.names(SPARK.kind) == set()
    nothing_is_left(session, run.name)


def test_a_run_on_the_older_airflow(session, work, tmp_path):
    worker = Worker(installed("2.10"), tmp_path / "worker", session, work)
    try:
        run = worker.start(**SMALL | {"engines": ["faust", "spark"]})
        assert run.end(within_s=1500) == 0, run.said()[-6000:]
    finally:
        worker.kill()
    assert [step["missing"] for step in run.result()["steps"]] == [0, 0]
    nothing_is_left(session, run.name)
