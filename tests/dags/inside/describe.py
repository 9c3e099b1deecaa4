"""Run by Airflow's Python: import a DAG file, and print what came of it as JSON.

Usage: describe.py FILE
"""

import copy
import importlib.util
import json
import sys
import time
from pathlib import Path

import fraud_dag.airflow_names  # noqa: F401  # Airflow itself is not what is looked at

try:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization as Serialization
except ImportError:
    from airflow.models.dagbag import DagBag
    from airflow.serialization.serialized_objects import SerializedDAG as Serialization


def main() -> None:
    path = Path(sys.argv[1])
    before = set(sys.modules)
    begin_s = time.process_time()  # of this process alone: the machine may be busy
    spec = importlib.util.spec_from_file_location("dag_file", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    took_s = time.process_time() - begin_s
    new = {name.partition(".")[0] for name in set(sys.modules) - before}

    bag = DagBag(str(path))
    dags = {name: describe(dag) for name, dag in bag.dags.items()}
    answer = {"errors": bag.import_errors, "dags": dags, "modules": sorted(new)}
    print(json.dumps(answer | {"import_cpu_s": took_s}))  # noqa: T201  # it is the answer


def describe(dag) -> dict:
    Serialization.to_dict(dag)  # what cannot be written into the database is never scheduled
    return {
        "schedule": getattr(dag, "schedule", None) or getattr(dag, "schedule_interval", None),
        "catchup": dag.catchup,
        "paused_at_creation": dag.is_paused_upon_creation,
        "max_active_runs": dag.max_active_runs,
        "timeout_s": dag.dagrun_timeout.total_seconds(),
        "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
        "refused": {name: refused(dag, json.loads(name)) for name in sys.argv[2:]},
    }


def describe_task(task) -> dict:
    return {
        "rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "pool": task.pool,
        "retries": task.retries,
        "timeout_s": task.execution_timeout.total_seconds(),
        "at_a_time": task.max_active_tis_per_dagrun,
        "is_mapped": type(task).__name__ == "MappedOperator",
        "is_teardown": task.is_teardown,
        "is_setup": task.is_setup,
        "teardown_counts": task.on_failure_fail_dagrun,
        "upstream": sorted(task.upstream_task_ids),
        "mode": getattr(task, "mode", None),
    }


def refused(dag, conf: dict) -> bool:
    params = copy.deepcopy(dag.params)
    try:
        params.update(conf)
        params.validate()
    except Exception:  # noqa: BLE001  # each version has an error of its own
        return True
    return False


main()
