"""Whether a comparison in Yandex Cloud can begin, as a DAG: docs/airflow.md.

Nothing is done while this file is read: no work, no look at a database, no heavy import.
"""

from __future__ import annotations

from datetime import timedelta

from fraud_dag.airflow_names import DAG, Param
from fraud_yandex import steps
from fraud_yandex.form import PREFLIGHT
from fraud_yandex.graph import DEFAULT_ARGS, beginning, clean_up
from fraud_yandex.operators import StepOperator

with DAG(
    dag_id="fraud_preflight",
    description="Tries in Yandex Cloud everything that a comparison needs, and measures nothing",
    doc_md="Makes a Spark cluster with one executor and one Faust host, looks from each of them at "
    "the model and Kafka, and deletes them. See `docs/airflow.md`.",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    params={name: Param(**field) for name, field in PREFLIGHT.items()},
    tags=["fraud-stream", "yandex"],
) as dag:
    begin = beginning()
    answer = StepOperator(task_id="answer", step=steps.all_is_well)
    torn_down = clean_up()

    begin.model >> begin.create
    begin.preflight >> answer
    begin.preflight >> torn_down.as_teardown(setups=begin.reserve, on_failure_fail_dagrun=True)
