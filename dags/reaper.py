"""Deletes what is past its end in Yandex Cloud, whoever forgot it: docs/airflow.md.

Nothing is done while this file is read: no work, no look at a database, no heavy import.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fraud_dag.airflow_names import DAG
from fraud_yandex.operators import ReapOperator

with DAG(
    dag_id="fraud_reaper",
    description="Every half an hour: jobs, clusters and hosts past their end go, databases stop",
    doc_md="Looks at the label `expires` of everything of this project. See `docs/airflow.md`.",
    schedule="*/30 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=29),
    is_paused_upon_creation=False,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1)},
    tags=["fraud-stream", "yandex"],
) as dag:
    ReapOperator(
        task_id="reap",
        timeout=timedelta(minutes=25),
        execution_timeout=timedelta(minutes=10),
    )
