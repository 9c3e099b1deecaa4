"""The session's Airflow: where it is, and the way in."""

from __future__ import annotations

from fraud_cloud.airflow_api import AirflowApi
from fraud_cloud.airflow_login import Login
from fraud_cloud.errors import ConfigError
from fraud_cloud.lockbox import secret_entry
from fraud_cloud.object_store import iam_token
from fraud_cloud.surroundings import Surroundings

USER = "admin"
_NEEDED = ("airflow_url", "airflow_version", "airflow_password_secret")


def session_airflow(around: Surroundings) -> AirflowApi:
    """Log in where the session's outputs say; CLOUD_AIRFLOW is another address.

    Raises:
        ConfigError: no session is up, or there is no token.
        DeniedError: the password may not be read.
    """
    outputs = around.session.outputs()
    missing = [name for name in _NEEDED if not outputs.get(name)]
    if missing:
        raise ConfigError(
            f"no session is up: Terraform's root session has no output {', '.join(missing)}; "
            "`make cloud-up` makes one, and adds what an older one lacks"
        )
    entry = around.means.contract.entries["password"]
    login = Login(
        url=around.environment.get("CLOUD_AIRFLOW") or str(outputs["airflow_url"]),
        airflow_version=str(outputs["airflow_version"]),
        user=USER,
        password=secret_entry(around.environment, str(outputs["airflow_password_secret"]), entry),
        # A proxy of the cloud stands before the web server and asks for a person of the cloud.
        headers={"X-Cloud-Authorization": f"Bearer {iam_token(around.environment)}"},
    )
    return AirflowApi(login)
