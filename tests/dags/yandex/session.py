"""A session of the cloud on this machine: what Terraform and `cloud-upload` leave behind."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from confluent_kafka.admin import AdminClient

from fraud_cloud.contract import load_contract
from fraud_cloud.object_store import ObjectStore
from fraud_cloud.services import GROUP
from fraud_cloud.upload import Sources, code_items, data_items, upload
from fraud_core.artifact import sha256_of
from sandbox.settings import PROJECT
from tests.built_wheel import build_wheel
from tests.cloud_double.double import FOLDER
from tests.cloud_double.executing import BUCKET_NAME, ExecutingCloud
from tests.cloud_double.objects import TOKEN
from tests.conftest import SecureBroker
from tests.model_fixtures import run_program
from tests.services import Services

_PIN = re.compile(r"(pandas|pyarrow|numpy|onnxruntime|confluent-kafka|orjson|pydantic)==[0-9.]+")
_SESSION_S = 6 * 3600


@dataclass(frozen=True)
class Session:
    """Everything that a run of the cloud's DAGs stands on.

    Attributes:
        cloud: the double that executes.
        broker: with a log-in.
        services: MLflow on PostgreSQL and S3.
        artifact: the champion's.
        labels: of the session.
    """

    cloud: ExecutingCloud
    broker: SecureBroker
    services: Services
    artifact: Path
    labels: Mapping[str, str] = field(
        default_factory=lambda: load_contract().labels("session", int(time.time()) + _SESSION_S)
    )

    @property
    def variables(self) -> dict[str, str]:
        """Variables of an Airflow worker: connections, the variable, where the cloud is."""
        of_double = self.cloud.double.environment
        return {
            "AIRFLOW_CONN_YANDEXCLOUD_DEFAULT": json.dumps(self._cloud_connection()),
            "AIRFLOW_CONN_FRAUD_KAFKA": json.dumps(self._kafka_connection()),
            "AIRFLOW_CONN_FRAUD_MLFLOW": json.dumps(
                {"conn_type": "generic", "host": self.services.variables["MLFLOW_TRACKING_URI"]}
            ),
            "AIRFLOW_VAR_FRAUD_CLOUD": json.dumps(self._variable()),
            "CLOUD_STORAGE": of_double["CLOUD_STORAGE"],
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": of_double["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"],
        }

    @property
    def secrets(self) -> list[str]:
        """What must be nowhere but where it belongs."""
        return [self.broker.password, *self.services.secrets]

    def group(self) -> Any:
        """The instance group of the Faust hosts, as the API tells it."""
        return self.cloud.double.state.of(GROUP.kind)[self.cloud.group_id]

    def topics(self, run: str) -> set[str]:
        """Topics of a run that the broker has."""
        found = self._admin().list_topics(timeout=30).topics
        return {name for name in found if name.startswith(f"fraud-{run}-")}

    def consumer_groups(self, run: str) -> set[str]:
        """Consumer groups of a run that the broker has."""
        found = self._admin().list_consumer_groups(request_timeout=30).result().valid
        return {one.group_id for one in found if one.group_id.startswith(f"fraud-{run}-")}

    def published(self, run: str) -> set[str]:
        """Names of the runs that MLflow has of a campaign, without the campaign's own."""
        api = f"{self.services.variables['MLFLOW_TRACKING_URI']}/api/2.0/mlflow"
        experiments = requests.post(
            f"{api}/experiments/search", json={"max_results": 100}, timeout=60
        ).json()["experiments"]
        asked = {
            "experiment_ids": [one["experiment_id"] for one in experiments],
            "filter": f"tags.`streamgauge.run_id` = '{run}'",
        }
        found = requests.post(f"{api}/runs/search", json=asked, timeout=60).json().get("runs", [])
        return {one["info"]["run_name"] for one in found} - {run}

    def requests_with(self, secret: str) -> list[str]:
        """Requests to the API that hold a secret."""
        return [
            f"{kind} {method}"
            for kind, method, message in self.cloud.double.state.calls
            if secret in str(message)
        ]

    def _admin(self) -> AdminClient:
        return AdminClient(self.broker.settings.as_admin())

    def _cloud_connection(self) -> dict[str, Any]:
        endpoint = self.cloud.double.environment["YC_ENDPOINT"]
        extra = {"oauth": "of-the-tests", "endpoint": endpoint, "folder_id": FOLDER}
        return {"conn_type": "yandexcloud", "extra": extra}

    def _kafka_connection(self) -> dict[str, Any]:
        kafka = self.broker.settings
        return {
            "conn_type": "generic",
            "host": kafka.bootstrap_servers,
            "login": kafka.sasl_username,
            "password": self.broker.password,
            "extra": {
                "security_protocol": kafka.security_protocol,
                "sasl_mechanism": kafka.sasl_mechanism,
                "ca_key": load_contract().keys["kafka_ca"],
            },
        }

    def _variable(self) -> dict[str, Any]:
        return {
            "folder_id": FOLDER,
            "zone": "ru-central1-d",
            "labels": dict(self.labels),
            "bucket": BUCKET_NAME,
            "subnet_id": "subnet",
            "log_group_id": "log-group",
            "kafka_cluster": "kafka",
            "postgresql_cluster": "postgresql",
            "faust_group": self.cloud.group_id,
            "faust_workers": 4,
            "instance": {"cpu": 1, "memory_mb": 3072},
            "spark": {
                "service_account_id": "account-of-spark",
                "security_group_id": "security-group",
                "version": "3.5.7",
                "pip_packages": pip_packages(),
            },
            "poll_s": 0.5,
        }


def pip_packages() -> list[str]:
    """What a cluster installs, as Terraform takes it from the lock."""
    lock = (PROJECT / "requirements" / "spark35.txt").read_text().splitlines()
    later = re.compile(r"python_full_version (==|>=)")
    return [found[0] for line in lock if (found := _PIN.match(line)) and not later.search(line)]


def fill_bucket(cloud: ExecutingCloud, ca_file: str, transactions: Path, folder: Path) -> None:
    """Upload DAGs, code and transactions, as `make cloud-upload` does after `make wheel`.

    Args:
        cloud: whose bucket.
        ca_file: certificate of the authority that signs Kafka's.
        transactions: folder of the course's files.
        folder: an empty one, for what is built.
    """
    built = folder / "built"
    built.mkdir()
    (folder / "wheel").mkdir()
    wheel = build_wheel(folder / "wheel")
    wheel.rename(built / wheel.name)
    run_program("spark_scorer.bundle", "--out", str(built))
    sources = Sources(
        PROJECT / "dags", PROJECT / "requirements", built, transactions, f"file://{ca_file}"
    )
    store = ObjectStore(TOKEN, cloud.double.environment["CLOUD_STORAGE"])
    contract = load_contract()
    for items in (code_items(sources, contract), data_items(sources, contract)):
        upload(store, BUCKET_NAME, items, lambda _: None)


def champion(services: Services, transactions: Path, folder: Path) -> Path:
    """Train and register a model; its artifact."""
    source = ("--transactions", str(transactions), "--out", str(folder))
    done = services.run("model_export", "train", *source, "--register")
    assert done.returncode == 0, done.stderr
    assert sha256_of(folder / "model.onnx")
    return folder
