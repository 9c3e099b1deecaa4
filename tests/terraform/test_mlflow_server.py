"""The MLflow host's own script and server, with the packages of this project's environment.

`requirements/mlflow.txt` names the same versions; `make test-cloud` installs it, and asks the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.cloud_double.host_files import python_of_a_host
from tests.terraform.hosts import AWKWARD
from tests.terraform.mlflow_host import (
    BUCKET,
    DATABASE,
    PYTHON,
    Server,
    mlflow_host,
    mlflow_server,
    require_checked_encryption,
    require_known_names_only,
)
from tests.terraform.policies import Plan
from tests.tls_postgresql import tls_postgresql

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def server(plans: dict[str, Plan], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As the unit starts it on a host after its first start."""
    root, objects = tmp_path_factory.mktemp("host"), tmp_path_factory.mktemp("objects")
    program = root / PYTHON
    program.parent.mkdir(parents=True)
    program.write_text(python_of_a_host(root))
    program.chmod(0o755)
    with (
        tls_postgresql(DATABASE, AWKWARD) as database,
        mlflow_host(plans, database, root) as host,
        mlflow_server(host, database, objects) as server,
    ):
        yield server


def test_it_answers_under_its_internal_name_its_address_and_the_tunnels_and_no_other(
    server: Server,
):
    require_known_names_only(server)


def test_every_connection_to_the_database_is_encrypted_and_checks_who_answers(server: Server):
    require_checked_encryption(server)


def test_what_a_client_without_a_key_hands_in_lies_below_the_prefix_of_the_bucket(server: Server):
    page = f"{server.uri}/api/2.0/mlflow-artifacts/artifacts/handed-in/report.txt"

    answer = requests.put(page, b"a report", timeout=60)

    assert answer.status_code == 200, answer.text
    (found,) = (server.objects / BUCKET / "mlflow").rglob("report.txt")
    assert found.read_bytes() == b"a report"


def test_the_script_has_the_lock_installed_with_every_hash_checked(server: Server):
    recorded = server.host.recorded()

    assert f"--require-hashes --requirement {server.host.root}/opt/streamgauge/lock.txt" in recorded
    assert "systemctl restart streamgauge-mlflow.service" in recorded
