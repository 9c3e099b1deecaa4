"""Everything outside of a task, as Airflow gives it."""

from __future__ import annotations

from dataclasses import dataclass

from fraud_cloud.contract import Contract
from fraud_cloud.purge import Means
from fraud_yandex.bucket import Bucket
from fraud_yandex.kafka_access import KafkaAccess
from fraud_yandex.session import Session


@dataclass(frozen=True)
class Surroundings:
    """Everything outside of a task.

    Attributes:
        contract: what Terraform and hosts expect.
        session: of the cloud side.
        means: the cloud, time and how long to wait.
        bucket: of the project.
        kafka: how to reach it.
        mlflow_uri: address of the server.
    """

    contract: Contract
    session: Session
    means: Means
    bucket: Bucket
    kafka: KafkaAccess
    mlflow_uri: str
