"""The comparison of the engines in Yandex Cloud, as a DAG: docs/airflow.md.

Nothing is done while this file is read: no work, no look at a database, no heavy import.
"""

from __future__ import annotations

from datetime import timedelta

from fraud_dag.airflow_names import DAG, Param
from fraud_yandex import steps
from fraud_yandex.form import COMPARISON_IN_CLOUD
from fraud_yandex.graph import (
    DEFAULT_ARGS,
    LONGEST_RUN,
    ONCE_MORE,
    POOL,
    beginning,
    clean_up,
)
from fraud_yandex.operators import CellOperator, StepOperator

with DAG(
    dag_id="fraud_stream_yandex",
    description="How many instances of which engine hold a rate, measured in Yandex Cloud",
    doc_md="Makes a Spark cluster, measures every cell (an engine at an instance count) alone "
    "under the same load, judges speed and quality, publishes to MLflow, and deletes what it has "
    "made. See `docs/airflow.md`.",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=LONGEST_RUN,
    default_args=DEFAULT_ARGS,
    params={name: Param(**field) for name, field in COMPARISON_IN_CLOUD.items()},
    tags=["fraud-stream", "yandex"],
) as dag:
    begin = beginning()
    plan = StepOperator(task_id="plan", step=steps.plan)
    cells = CellOperator.partial(
        task_id="cell",
        pool=POOL,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.cell }}",
        execution_timeout=timedelta(hours=8),
        **ONCE_MORE,
    ).expand(cell=plan.output)
    # a failed cell fails the run, by `answer`; what the others measured is reported all the same
    whatever_happened = {"trigger_rule": "all_done", "execution_timeout": timedelta(hours=1)}
    speed = StepOperator(task_id="speed", step=steps.speed, pool=POOL, **whatever_happened)
    quality = StepOperator(task_id="quality", step=steps.quality, pool=POOL, **whatever_happened)
    publish = StepOperator(task_id="publish", step=steps.publish, **whatever_happened, **ONCE_MORE)
    answer = StepOperator(task_id="answer", step=steps.answer, trigger_rule="none_failed")
    torn_down = clean_up()

    # the cluster bills from its creation on: the plan is checked before
    begin.model >> plan >> begin.create
    begin.preflight >> cells >> speed >> quality >> publish
    # beside the teardown, not before it: a teardown that counts must not be the run's only leaf
    [cells, speed, quality, publish] >> answer
    publish >> torn_down.as_teardown(setups=begin.reserve, on_failure_fail_dagrun=True)
