"""What a task gets from Airflow: the session, the cloud, the bucket, Kafka, MLflow."""

from __future__ import annotations

import os

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import Contract, load_contract
from fraud_cloud.errors import ConfigError
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
    session = Session.from_variable(variable(contract.variable), contract)
    means, connect = _cloud(contract, session, tell)
    mlflow = connection(contract.connections["mlflow"])
    if not mlflow.host:
        raise ConfigError(f"the connection {mlflow.conn_id} has no host: it is MLflow's address")
    return Surroundings(
        contract=contract,
        session=session,
        means=means,
        bucket=connect,
        kafka=KafkaAccess.from_connection(connection(contract.connections["kafka"])),
        mlflow_uri=str(mlflow.host),
    )


def only_the_cloud(tell: Tell) -> Means:
    """What the reaper needs: it works also where Kafka or MLflow are gone."""
    contract = load_contract()
    session = Session.from_variable(variable(contract.variable), contract)
    return _cloud(contract, session, tell)[0]


def _cloud(contract: Contract, session: Session, tell: Tell) -> tuple[Means, Bucket]:
    # Airflow's provider and the SDK take a second to import, so not while a DAG file is read.
    from airflow.providers.yandex.hooks.yandex import YandexCloudBaseHook

    from fraud_cloud.sdk import SdkCloud, iam_token

    hook = YandexCloudBaseHook(yandex_conn_id=contract.connections["cloud"])
    endpoint = hook.extras.get("endpoint") or None
    storage = os.environ.get(STORAGE_VARIABLE, ENDPOINT)

    def store() -> ObjectStore:
        return ObjectStore(iam_token(hook.sdk, hook.credentials, endpoint), storage)

    cloud = SdkCloud(hook.sdk, session.folder_id)
    means = Means(cloud, contract, Clock(), Limits(poll_s=session.poll_s), tell)
    return means, Bucket(session.bucket, store)
