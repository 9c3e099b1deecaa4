from pathlib import Path

import pytest

from fraud_dag.targets import EVERYWHERE
from fraud_dag.variables import MARK
from sandbox.airflow_settings import (
    POOL,
    RUNS_VARIABLE,
    AirflowPlace,
    Target,
    commands,
    preparations,
    variables,
)
from tests.airflow_env import LOCAL_DAG

PLACE = AirflowPlace(Path("/project"), Path("/home/airflow"), Path("/venv"), 18080)


def test_nothing_listens_but_on_the_loopback_address():
    server = commands(PLACE)["api-server"]
    assert server[server.index("--host") + 1] == "127.0.0.1"
    # the server of a scheduler's logs has no address of its own to set
    assert "--skip-serve-logs" in commands(PLACE)["scheduler"]


def test_no_key_and_no_password_is_on_a_command_line():
    for command in (*commands(PLACE).values(), *preparations(PLACE)):
        assert not any("password" in word or "secret" in word for word in command)


def test_what_is_set_outside_for_airflow_goes_first():
    outside = {"AIRFLOW__CORE__PARALLELISM": "9", "AIRFLOW_HOME": "/other", "PATH": "/bin"}
    found = variables(PLACE, {"AIRFLOW__API__SECRET_KEY": "k"}, Target.LOCAL, outside)
    assert found["AIRFLOW__CORE__PARALLELISM"] == "9"
    assert found["AIRFLOW_HOME"] == "/home/airflow"
    assert found["PATH"] == "/venv/bin:/bin"
    assert found["AIRFLOW__API__SECRET_KEY"] == "k"  # noqa: S105  # a test's


@pytest.mark.parametrize("target", list(Target))
def test_the_dags_hear_whose_they_are(target):
    assert variables(PLACE, {}, target, {})["STREAMGAUGE_TARGET"] == target.value


def test_the_names_that_dags_and_sandbox_share_are_the_same():
    assert Target.YANDEX.value == EVERYWHERE
    assert RUNS_VARIABLE == MARK
    assert f'POOL = "{POOL}"' in LOCAL_DAG.read_text()
