"""The comparison of the engines on this machine, as a DAG: docs/airflow.md.

Nothing is done while this file is read: no work, no look at a database, no heavy import.
"""

from __future__ import annotations

from datetime import timedelta

from fraud_dag import reports
from fraud_dag.airflow_names import DAG, Param
from fraud_dag.form import COMPARISON
from fraud_local import steps
from fraud_local.operators import CellOperator, StepOperator

POOL = "fraud_load"
"""One slot: whatever measures on this machine has it to itself. `make airflow` makes it."""
ONCE_MORE = {"retries": 1, "retry_delay": timedelta(seconds=10)}
"""For what may end otherwise the next time; a refused value or a bug fails at once."""

with DAG(
    dag_id="fraud_stream_local",
    description="How many instances of which engine hold a rate, measured on this machine",
    doc_md="Measures every cell (an engine at an instance count) alone under the same load, judges "
    "speed and quality, and publishes to MLflow. See `docs/airflow.md`.",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=24),
    default_args={"retries": 0, "execution_timeout": timedelta(minutes=15)},
    params={name: Param(**field) for name, field in COMPARISON.items()},
    tags=["fraud-stream", "local"],
) as dag:
    reserve = StepOperator(task_id="reserve", step=steps.reserve)
    broker = StepOperator(task_id="broker", step=steps.broker, **ONCE_MORE)
    model = StepOperator(task_id="model", step=steps.model, **ONCE_MORE)
    plan = StepOperator(task_id="plan", step=steps.plan)
    preflight = StepOperator(task_id="preflight", step=steps.preflight)
    cells = CellOperator.partial(
        task_id="cell",
        pool=POOL,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.cell }}",
        execution_timeout=timedelta(hours=8),
        **ONCE_MORE,
    ).expand(cell=plan.output)
    # a failed cell fails the run, by `answer`; what the others measured is reported all the same
    whatever_happened = {"trigger_rule": "all_done", "execution_timeout": timedelta(hours=2)}
    speed = StepOperator(task_id="speed", step=reports.speed, pool=POOL, **whatever_happened)
    quality = StepOperator(task_id="quality", step=reports.quality, pool=POOL, **whatever_happened)
    publish = StepOperator(task_id="publish", step=steps.publish, **whatever_happened, **ONCE_MORE)
    answer = StepOperator(task_id="answer", step=steps.answer, trigger_rule="none_failed")
    clean_up = StepOperator(task_id="clean_up", step=steps.clean_up, **ONCE_MORE)

    reserve >> broker >> model >> plan >> preflight >> cells
    cells >> speed >> quality >> publish
    # beside the teardown, not before it: a teardown that counts must not be the run's only leaf
    [cells, speed, quality, publish] >> answer
    publish >> clean_up.as_teardown(setups=reserve, on_failure_fail_dagrun=True)
