"""Both forms of Airflow's REST API, and the lines that tell of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from fraud_cloud.airflow_api import AirflowApi, Task
from fraud_cloud.airflow_login import Login
from fraud_cloud.clock import Clock
from fraud_cloud.errors import ConfigError, DeniedError, RefusedError, SurroundingsError
from fraud_cloud.following import Watch, changes, follow
from fraud_cloud.form_field import Field
from tests.cloud_double.airflow_double import (
    PASSWORD,
    TOKEN,
    USER,
    AirflowDouble,
    airflow_double,
)

DAG, RUN = "fraud_stream_yandex", "manual__2026-01-01T00:00:00+00:00"
RELEASES = {1: "2.10", 2: "3.1"}


@pytest.fixture(params=RELEASES, ids=RELEASES.values())
def airflow(request: pytest.FixtureRequest) -> Iterator[AirflowDouble]:
    with airflow_double(request.param) as double:
        double.forms = {DAG: {"instances": [1, 2], "profile": "smoke"}}
        yield double


@pytest.fixture
def api(airflow: AirflowDouble) -> AirflowApi:
    return api_of(airflow, PASSWORD)


def api_of(airflow: AirflowDouble, password: str) -> AirflowApi:
    headers = {"X-Cloud-Authorization": "Bearer t1.person"}
    url = airflow.url + "/"
    return AirflowApi(Login(url, RELEASES[airflow.version], USER, password, headers))


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

    api.trigger(DAG, RUN, {})

    assert list(api.tasks(DAG, RUN)) == [
        Task("plan", "success", 1),
        Task("cell[0]", "running", 2),
        Task("cell[1]", "none", 0),
    ]


def test_a_wrong_password_is_said_without_the_password(airflow: AirflowDouble):
    with pytest.raises(DeniedError, match="is the password right") as failure:
        api_of(airflow, "wrong-one").state(DAG, RUN)

    assert "wrong-one" not in str(failure.value)


def test_nothing_secret_is_in_what_is_printed_of_an_api(api: AirflowApi):
    api.knows(DAG)

    shown = repr(api)

    assert USER in shown
    assert not any(secret in shown for secret in (PASSWORD, TOKEN, "t1.person", "Basic "))


def test_every_request_tells_the_proxy_of_the_cloud_who_asks(
    airflow: AirflowDouble, api: AirflowApi
):
    api.knows(DAG)

    assert airflow.headers["X-Cloud-Authorization"] == "Bearer t1.person"


def test_a_token_that_has_run_out_is_replaced_once():
    with airflow_double(2) as airflow:
        airflow.forms = {DAG: {}}
        api = api_of(airflow, PASSWORD)
        assert api.knows(DAG)
        airflow.token = "another-token"  # noqa: S105 - it opens nothing

        assert api.knows(DAG)

        assert airflow.logins == 2


def test_a_dag_that_is_not_read_yet_is_not_known_and_broken_files_are_named(
    airflow: AirflowDouble, api: AirflowApi
):
    airflow.broken = {"dags/a.py": "Traceback\n  File\nNameError: name 'x' is not defined\n"}

    assert api.knows(DAG)
    assert not api.knows("another")
    assert api.import_errors() == ("dags/a.py: NameError: name 'x' is not defined",)


def test_the_form_of_a_dag_is_told_with_its_defaults(airflow: AirflowDouble, api: AirflowApi):
    assert api.form(DAG) == {"instances": Field([1, 2]), "profile": Field("smoke")}


def test_runs_that_are_under_way_are_told_until_they_are_stopped(
    airflow: AirflowDouble, api: AirflowApi
):
    assert api.under_way(DAG) == ()
    api.trigger(DAG, RUN, {"instances": [1]})
    assert api.under_way(DAG) == (RUN,)

    api.stop(DAG, RUN)

    assert api.under_way(DAG) == ()
    assert api.state(DAG, RUN) == "failed"


def test_a_parameter_that_airflow_refuses_is_an_error_with_its_words(
    airflow: AirflowDouble, api: AirflowApi
):
    with pytest.raises(ConfigError, match="'refused' is not one of the values"):
        api.trigger(DAG, RUN, {"profile": "refused"})

    assert airflow.runs == {}


def test_what_a_task_returned_is_told_once_it_has(airflow: AirflowDouble, api: AirflowApi):
    api.trigger(DAG, RUN, {})
    assert api.result(DAG, RUN, "reserve") is None

    airflow.returned[DAG, "reserve"] = "r1"

    assert api.result(DAG, RUN, "reserve") == "r1"


def test_a_pool_is_made_once_and_then_left_as_it_is(airflow: AirflowDouble, api: AirflowApi):
    api.have_pool("load", 1, "one at a time")
    airflow.pools["load"] = 2

    api.have_pool("load", 1, "one at a time")

    assert airflow.pools == {"load": 2}


def test_the_page_of_a_run_is_where_this_airflow_has_it(airflow: AirflowDouble, api: AirflowApi):
    run = "manual__2026-01-01T00%3A00%3A00%2B00%3A00"
    place = {1: f"grid?dag_run_id={run}", 2: f"runs/{run}"}

    assert api.page(DAG, RUN) == f"{airflow.url}/dags/{DAG}/{place[airflow.version]}"


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
    return follow(story, DAG, RUN, Watch(clock, 5.0, said.append)), said


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


def test_a_task_that_looks_again_and_again_is_told_once_until_it_ends():
    again = [("running", one) for one in ("up_for_reschedule", "queued", "running")]

    _, said = told(Story(("running", "running"), *again, *again, ("success", "success")))

    assert said == ["cell: running", "cell: up_for_reschedule", "cell: success"]


def test_a_run_in_which_a_task_has_failed_has_failed_though_airflow_calls_it_a_success():
    assert told(Story(("running", "running"), ("success", "failed")))[0] == "failed"
    assert told(Story(("running", "running"), ("success", "success")))[0] == "success"


def test_a_run_that_is_not_there_is_an_error():
    with pytest.raises(ConfigError, match="has no run"):
        told(Story((None, "none")))


def test_an_airflow_that_does_not_answer_any_more_is_not_watched_for_ever():
    now_s = [0.0]
    said: list[str] = []

    def pause(seconds: float) -> None:
        now_s[0] += seconds

    class Silent:
        def state(self, dag_id: str, run_id: str) -> str:
            raise RefusedError("no route")

        def tasks(self, dag_id: str, run_id: str) -> Iterable[Task]:
            return ()

    watch = Watch(Clock(lambda: now_s[0], pause), 60.0, said.append, silence_s=180.0)
    with pytest.raises(SurroundingsError, match=r"4 minutes \(no route\); the run .* goes on"):
        follow(Silent(), DAG, RUN, watch)

    assert len(said) == 4
