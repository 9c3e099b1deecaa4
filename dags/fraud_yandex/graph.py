"""What both DAGs of the cloud have: the tasks up to the preflight, and the teardown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fraud_dag.airflow_names import TaskGroup
from fraud_yandex import preflight, steps
from fraud_yandex.operators import StepOperator, WaitOperator
from fraud_yandex.session import LONGEST_RUN_S

POOL: Final = "fraud_load"
"""One slot: whatever measures, or gives hosts to an engine, has the worker to itself."""
ONCE_MORE: Final = {"retries": 1, "retry_delay": timedelta(seconds=30)}
"""For what may end otherwise the next time; a refused value or a bug fails at once."""
DEFAULT_ARGS: Final = {"retries": 0, "execution_timeout": timedelta(minutes=15)}
LONGEST_RUN: Final = timedelta(seconds=LONGEST_RUN_S)


@dataclass(frozen=True)
class Beginning:
    """The tasks with which every run begins.

    Attributes:
        reserve: names the run.
        model: resolves the model.
        create: asks for the Spark cluster.
        preflight: the group of the three.
    """

    reserve: Any
    model: Any
    create: Any
    preflight: Any


def beginning() -> Beginning:
    """Tasks up to the preflight; for use inside of a DAG.

    Without the pool no task of a run is scheduled, so the first one is in it: before anything is
    made that costs money.
    """
    reserve = StepOperator(task_id="reserve", step=steps.reserve, pool=POOL)
    environment = StepOperator(
        task_id="environment",
        step=steps.environment,
        **{**ONCE_MORE, "execution_timeout": timedelta(minutes=45)},
    )
    model = StepOperator(task_id="model", step=steps.model, **ONCE_MORE)
    create = StepOperator(task_id="create_cluster", step=steps.create_cluster, **ONCE_MORE)
    cluster = WaitOperator(
        task_id="cluster", is_done=steps.cluster_runs, timeout=timedelta(minutes=45)
    )
    with TaskGroup("preflight") as group:
        worker = StepOperator(task_id="worker", step=preflight.worker, pool=POOL, **ONCE_MORE)
        long = {"pool": POOL, "execution_timeout": timedelta(minutes=75), **ONCE_MORE}
        spark = StepOperator(task_id="spark", step=preflight.spark, **long)
        faust = StepOperator(task_id="faust", step=preflight.faust, **long)
        worker >> spark >> faust
    reserve >> environment >> model
    create >> cluster >> group
    return Beginning(reserve, model, create, group)


def clean_up() -> WaitOperator:
    """The teardown: it purges by label, so also what was asked for and never heard of."""
    return WaitOperator(
        task_id="clean_up",
        is_done=steps.is_cleaned_up,
        timeout=timedelta(minutes=60),
        pool=POOL,
        retries=2,
        retry_delay=timedelta(seconds=30),
    )
