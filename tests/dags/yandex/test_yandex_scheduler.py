"""The cloud's DAG under a whole Airflow, whose scheduler is killed."""

from __future__ import annotations

import json

import pytest

from tests.airflow_here import AirflowHere
from tests.dags.yandex.dag_runs import DAG, kill_programs
from tests.dags.yandex.test_yandex_failures import LONG, ON_SPARK
from tests.dags.yandex.test_yandex_run import SMALL, nothing_is_left

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(2400),
]


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


def test_a_scheduler_that_is_killed_comes_back_and_the_run_is_completed(here, session):
    run = here.trigger(**SMALL | {"engines": ["spark", "faust"], "changes": LONG})
    jobs = session.cloud.jobs
    here.wait(lambda: "spark-1-t1" in jobs.running(), 1200, "the job of the cell runs")

    here.kill_scheduler()

    assert here.wait_for_end(run, within_s=1200) == "success", here.tasks(run)
    name = here.name_of(run)
    result = json.loads(session.cloud.objects[f"runs/{name}/results/run.json"])
    assert [step["missing"] for step in result["steps"]] == [0, 0]
    nothing_is_left(session, name)


def test_a_cell_that_is_marked_as_failed_stops_its_job_and_its_load(here, session):
    run = here.trigger(**ON_SPARK | {"changes": LONG})
    jobs = session.cloud.jobs
    here.wait(lambda: "spark-1-t1" in jobs.running(), 1200, "the job of the cell runs")

    here.mark_failed(run, "cell", 0)

    here.wait(lambda: jobs.running() == {}, 120, "the job is cancelled")
    assert here.wait_for_end(run, within_s=600) == "failed", here.tasks(run)
    assert here.tasks(run)["clean_up"] == "success"
    nothing_is_left(session, here.name_of(run))
