"""The names that DAGs take from Airflow: 3.x first, and 2.10, which has them elsewhere."""

from __future__ import annotations

from typing import Any

try:
    from airflow.sdk import (
        DAG,
        BaseOperator,
        BaseSensorOperator,
        Connection,
        Param,
        TaskGroup,
        Variable,
    )
except ImportError:
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.connection import Connection
    from airflow.models.dag import DAG
    from airflow.models.param import Param
    from airflow.models.variable import Variable
    from airflow.sensors.base import BaseSensorOperator
    from airflow.utils.task_group import TaskGroup

try:
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowSkipException,
    )
except ImportError:  # 3.1 has the names above in its SDK, and of these the first one only
    from airflow.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowSkipException,
    )

__all__ = [
    "DAG",
    "AirflowException",
    "AirflowFailException",
    "AirflowSkipException",
    "BaseOperator",
    "BaseSensorOperator",
    "Param",
    "TaskGroup",
    "connection",
    "variable",
]


def connection(name: str) -> Any:  # noqa: ANN401  # Airflow has an environment of its own
    """A connection; only for a task, never while a DAG file is read."""
    if hasattr(Connection, "get"):
        return Connection.get(name)
    return Connection.get_connection_from_secrets(name)


def variable(name: str) -> Any:  # noqa: ANN401  # whatever JSON it holds
    """The value of a variable that holds JSON; only for a task."""
    return Variable.get(name, deserialize_json=True)
