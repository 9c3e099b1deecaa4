"""Both forms of Airflow's REST API, and the lines that tell of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from fraud_cloud.airflow_api import AirflowApi, Task, log_in
from fraud_cloud.clock import Clock
from fraud_cloud.errors import ConfigError, DeniedError, RefusedError
from fraud_cloud.following import changes, follow
from tests.cloud_double.airflow_double import PASSWORD, USER, AirflowDouble, airflow_double

DAG, RUN = "fraud_stream_yandex", "manual__2026-01-01T00:00:00+00:00"
RELEASES = {1: "2.10", 2: "3.1"}


@pytest.fixture(params=RELEASES, ids=RELEASES.values())
def airflow(request: pytest.FixtureRequest) -> Iterator[AirflowDouble]:
    with airflow_double(request.param) as double:
        yield double


@pytest.fixture
def api(airflow: AirflowDouble) -> AirflowApi:
    return log_in(airflow.url + "/", RELEASES[airflow.version], USER, PASSWORD)


def test_a_run_is_triggered_with_its_parameters_and_its_dag_is_unpaused(
    airflow: AirflowDouble, api: AirflowApi
):
    assert api.state(DAG, RUN) is None

    api.trigger(DAG, RUN, {"instances": [1, 2]})

    assert airflow.runs[DAG, RUN]["conf"] == {"instances": [1, 2]}
    assert airflow.unpaused == {DAG}
    assert api.state(DAG, RUN) == "running"


def test_a_trigger_whose_answer_was_lost_is_not_repeated(airflow: AirflowDouble, api: AirflowApi):
    airflow.lost = 1

    api.trigger(DAG, RUN, {})
    api.trigger(DAG, RUN, {})

    assert len(airflow.runs) == 1


def test_tasks_are_read_to_the_last_page_with_the_index_of_mapped_ones(
    airflow: AirflowDouble, api: AirflowApi
):
    airflow.tasks = [
        {"task_id": "plan", "map_index": -1, "state": "success", "try_number": 1},
        {"task_id": "cell", "map_index": 0, "state": "running", "try_number": 2},
        {"task_id": "cell", "map_index": 1, "state": None, "try_number": 0},
    ]

    assert list(api.tasks(DAG, RUN)) == [
        Task("plan", "success", 1),
        Task("cell[0]", "running", 2),
        Task("cell[1]", "none", 0),
    ]


def test_a_wrong_password_is_said_without_the_password(airflow: AirflowDouble):
    with pytest.raises(DeniedError, match="is the password right") as failure:
        log_in(airflow.url, RELEASES[airflow.version], USER, "wrong-one").state(DAG, RUN)

    assert "wrong-one" not in str(failure.value)


def test_only_changes_are_told_and_a_repeated_try_is():
    before = {"plan": Task("plan", "success", 1), "cell": Task("cell", "running", 1)}
    after = {
        "plan": Task("plan", "success", 1),
        "cell": Task("cell", "running", 2),
        "purge": Task("purge", "scheduled", 0),
        "quality": Task("quality", "queued", 0),
    }

    assert list(changes(before, after)) == ["cell: running, try 2", "quality: queued"]


class Story:
    """A run that is somewhere else at each look."""

    def __init__(self, *looks: tuple[str | None, str] | RefusedError) -> None:
        self.looks = list(looks)

    def state(self, dag_id: str, run_id: str) -> str | None:
        if isinstance(self.looks[0], RefusedError):
            raise self.looks.pop(0)
        return self.looks[0][0]

    def tasks(self, dag_id: str, run_id: str) -> Iterable[Task]:
        look = self.looks.pop(0)
        assert isinstance(look, tuple)
        return [Task("cell", look[1], 1)]


def told(story: Story) -> tuple[str, list[str]]:
    said: list[str] = []
    clock = Clock(lambda: 0.0, lambda _: None)
    return follow(story, DAG, RUN, clock, 5.0, said.append), said


def test_a_run_is_followed_to_its_end_over_answers_that_do_not_come():
    story = Story(
        ("queued", "none"),
        ("running", "running"),
        RefusedError("no route"),
        ("running", "running"),
        ("failed", "failed"),
    )

    end, said = told(story)

    assert end == "failed"
    assert said == ["cell: running", "no answer, looking again: no route", "cell: failed"]


def test_a_run_that_is_not_there_is_an_error():
    with pytest.raises(ConfigError, match="has no run"):
        told(Story((None, "none")))
