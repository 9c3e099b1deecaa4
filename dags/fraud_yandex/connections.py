"""What a task gets from Airflow: the session, the cloud, the bucket, Kafka, MLflow."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import Contract, load_contract
from fraud_cloud.errors import ConfigError, SurroundingsError
from fraud_cloud.object_store import ENDPOINT, ObjectStore
from fraud_cloud.purge import Means, Tell
from fraud_dag.airflow_names import connection, variable
from fraud_yandex.bucket import Bucket
from fraud_yandex.kafka_access import KafkaAccess
from fraud_yandex.session import Session
from fraud_yandex.surroundings import Surroundings

STORAGE_VARIABLE = "CLOUD_STORAGE"


def look_around(tell: Tell) -> Surroundings:
    """Read the variable and the connections; only for a task.

    Args:
        tell: takes one line for each thing that is done in the cloud.

    Raises:
        ConfigError: one of them is missing or lacks something.
    """
    contract = load_contract()
    session = _session(contract)
    means, bucket = _cloud(contract, session, tell)
    mlflow = _connection(contract.connections["mlflow"])
    if not mlflow.host:
        raise ConfigError(f"the connection {mlflow.conn_id} has no host: it is MLflow's address")
    return Surroundings(
        contract=contract,
        session=session,
        means=means,
        bucket=bucket,
        kafka=KafkaAccess.from_connection(_connection(contract.connections["kafka"])),
        mlflow_uri=str(mlflow.host),
    )


def only_the_cloud(tell: Tell) -> Means:
    """What the reaper needs: it works also where Kafka or MLflow are gone."""
    contract = load_contract()
    session = _session(contract)
    return _cloud(contract, session, tell)[0]


def _session(contract: Contract) -> Session:
    name = contract.variable
    return Session.from_variable(_asked(f"variable {name}", lambda: variable(name)), contract)


def _connection(name: str) -> Any:  # noqa: ANN401  # Airflow has an environment of its own
    return _asked(f"connection {name}", lambda: connection(name))


def _asked(what: str, ask: Callable[[], Any]) -> Any:  # noqa: ANN401  # the same
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # each Airflow has errors of its own
        raise SurroundingsError(
            f"Airflow has no {what} ({type(error).__name__}): it comes from Lockbox, where `make "
            "cloud-up` puts it; docs/airflow.md says what is in it"
        ) from None


def _cloud(contract: Contract, session: Session, tell: Tell) -> tuple[Means, Bucket]:
    # Airflow's provider and the SDK take a second to import, so not while a DAG file is read.
    from airflow.providers.yandex.hooks.yandex import YandexCloudBaseHook

    from fraud_cloud.sdk import SdkCloud, iam_token

    name = contract.connections["cloud"]
    hook = _asked(f"connection {name}", lambda: YandexCloudBaseHook(yandex_conn_id=name))
    endpoint = hook.extras.get("endpoint") or None
    storage = os.environ.get(STORAGE_VARIABLE, ENDPOINT)

    def store() -> ObjectStore:
        return ObjectStore(iam_token(hook.sdk, hook.credentials, endpoint), storage)

    cloud = SdkCloud(hook.sdk, session.folder_id)
    means = Means(cloud, contract, Clock(), Limits(poll_s=session.poll_s), tell)
    return means, Bucket(session.bucket, store)
