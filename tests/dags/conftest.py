import pytest

from tests.airflow_env import VERSIONS, Airflow, installed


@pytest.fixture(scope="session", params=VERSIONS)
def airflow(request) -> Airflow:
    """Each Airflow that is installed."""
    return installed(request.param)


@pytest.fixture(scope="session")
def airflow3() -> Airflow:
    """The one that `make airflow` starts."""
    return installed("3")
