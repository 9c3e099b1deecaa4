from pathlib import Path

import pytest

from tests.airflow_env import VERSIONS, Airflow, installed

HERE = Path(__file__).parent
CLOUD = HERE / "yandex"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """With `--dist loadgroup`: a file stays whole, and the cloud's share one session of it."""
    for item in items:
        if item.path.is_relative_to(HERE):
            of_cloud = item.path.is_relative_to(CLOUD)
            item.add_marker(pytest.mark.xdist_group("cloud" if of_cloud else item.path.stem))


@pytest.fixture(scope="session", params=VERSIONS)
def airflow(request) -> Airflow:
    """Each Airflow that is installed."""
    return installed(request.param)


@pytest.fixture(scope="session")
def airflow3() -> Airflow:
    """The one that `make airflow` starts."""
    return installed("3")
