"""What goes wrong in the cloud: the run is a failed one, and nothing of it is left."""

from __future__ import annotations

import time

import pytest

from fraud_cloud.services import KAFKA, POSTGRESQL, SPARK
from tests.dags.yandex.dag_runs import DAG, REAPER, Worker
from tests.dags.yandex.test_yandex_run import SHORT, SMALL, no_secret_is_told, nothing_is_left

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(2400),
]

LONG = [SHORT[0].replace("measure_s: 3", "measure_s: 15"), SHORT[1]]
ON_SPARK = SMALL | {"engines": ["spark"]}


@pytest.fixture
def impatient_worker(airflow3, session, work, tmp_path):
    """One that waits for a cluster for seconds and not for most of an hour."""
    worker = Worker(airflow3, tmp_path / "worker", session, work)
    long = "is_done=steps.cluster_runs, timeout=timedelta(minutes=45)"
    worker.edit("graph.py", long, long.replace("minutes=45", "seconds=5"))
    yield worker
    worker.kill()


@pytest.fixture(autouse=True)
def _no_failure_of_another_test(session):
    yield
    session.cloud.double.state.faults.clear()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("operation fails", "its status is ERROR"),
        ("quota", "quota"),
        ("denied", "PERMISSION_DENIED"),
    ],
)
def test_a_cluster_that_is_not_made_fails_the_run(session, worker, how, said):
    session.cloud.double.fail(SPARK, "Create", how, times=2)  # the task has one more try
    session.cloud.double.fail(SPARK, "Delete", "operation fails")

    run = worker.start(**ON_SPARK)

    assert run.end(within_s=600) != 0
    assert said in run.said()
    assert f"runs/{run.name}/results/run.json" not in session.cloud.objects
    nothing_is_left(session, run.name)


def test_a_cluster_that_is_not_made_in_time_is_deleted_all_the_same(session, impatient_worker):
    double = session.cloud.double
    double.fail(SPARK, "Create", "never ends")

    run = impatient_worker.start(**ON_SPARK)

    run.wait(lambda: "deleting" in run.said(), 600, "the teardown has begun")
    assert double.state.names(SPARK.kind) == {f"spark-{run.name}"}
    with double.state.lock:  # the cloud gives up what went on for ever
        double.state.operations.clear()
    assert run.end(within_s=300) != 0
    nothing_is_left(session, run.name)


def test_a_job_that_dies_fails_its_cell_and_what_the_others_measured_is_kept(session, worker):
    double = session.cloud.double
    double.fail(SPARK, "Create", "answer lost")
    double.fail(SPARK, "Delete", "operation fails")
    before = len(double.asked("Create"))
    run = worker.start(**SMALL | {"engines": ["spark", "faust"], "changes": LONG})
    for job in ("spark-1-t1", "spark-1-t2"):  # a cell has one more try
        run.wait(lambda job=job: job in session.cloud.jobs.running(), 900, f"{job} runs")
        run.wait(lambda: session.cloud.jobs.executors() == 1, 180, "its executor runs")
        session.cloud.jobs.running()[job].kill()

    assert run.end(within_s=1200) != 0
    assert "ended with ERROR" in run.said()
    assert [step["engine"] for step in run.result()["steps"]] == ["faust"]
    clusters = [one for kind, one in double.asked("Create")[before:] if kind == SPARK.kind]
    assert len(clusters) == 1, "an answer that was lost is no second cluster"
    nothing_is_left(session, run.name)
    no_secret_is_told(session, worker)

    again = worker.start(resume_run=run.name)

    assert again.end(within_s=1200) == 0, again.said()[-6000:]
    result = session.cloud.objects[f"runs/{run.name}/results/run.json"]
    assert result.count(b'"engine": "spark"') >= 1
    nothing_is_left(session, run.name)


def test_a_cluster_that_is_gone_fails_its_cell_with_how_to_go_on(session, worker):
    run = worker.start(**ON_SPARK | {"changes": LONG})
    run.wait(lambda: "spark-1-t1" in session.cloud.jobs.running(), 900, "the job runs")
    state = session.cloud.double.state
    with state.lock:
        for cluster_id in list(state.of(SPARK.kind)):
            session.cloud.jobs.cluster_deleted(cluster_id)
            state.remove(cluster_id)

    assert run.end(within_s=900) != 0
    assert "resume_run" in run.said()
    nothing_is_left(session, run.name)


def test_the_reaper_takes_what_is_past_its_end_and_nothing_else(session, worker):
    double = session.cloud.double
    over = double.labels("over") | {"expires": str(int(time.time()) - 60)}
    due = double.labels("due") | {"expires": str(int(time.time()) + 3600)}
    with double.state.lock:
        double.add(SPARK, "spark-over", over)
        double.add(SPARK, "spark-due", due)
        double.add(SPARK, "of-others", {})
        double.add(KAFKA, "kafka-over", over)
        double.add(POSTGRESQL, "postgresql-over", over)
    try:
        run = worker.start(REAPER)
        assert run.end(within_s=300) == 0, run.said()[-6000:]

        assert double.state.names(SPARK.kind) == {"spark-due", "of-others"}
        stopped = {kind for kind, _ in double.asked("Stop")}
        assert {KAFKA.kind, POSTGRESQL.kind} <= stopped
        assert "make cloud-down" in run.said()
    finally:
        for service in (SPARK, KAFKA, POSTGRESQL):
            double.state.of(service.kind).clear()


def test_a_run_after_one_that_was_killed_cleans_up_and_completes(session, worker):
    killed = worker.start(DAG, **SMALL | {"engines": ["spark", "faust"], "changes": LONG})
    killed.wait(lambda: "spark-1-t1" in session.cloud.jobs.running(), 900, "the job runs")
    killed.kill()
    assert session.cloud.double.state.names(SPARK.kind) == {f"spark-{killed.name}"}

    run = worker.start(resume_run=killed.name)

    assert run.end(within_s=1500) == 0, run.said()[-6000:]
    assert "spark-1-t2" not in run.said(), "the job that was left is not taken for its own"
    nothing_is_left(session, killed.name)
