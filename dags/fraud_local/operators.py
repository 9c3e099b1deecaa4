"""The steps of the comparison on this machine as tasks of Airflow."""

from __future__ import annotations

from fraud_dag import operators
from fraud_dag.operators import Context
from fraud_dag.programs import Say
from fraud_local.desk import Desk
from fraud_local.steps import cell


class _Here:
    """Tasks of this machine."""

    @staticmethod
    def desk_of(context: Context, say: Say) -> Desk:
        """The desk of a task."""
        return Desk.of(context["params"], context["run_id"], say)


class StepOperator(_Here, operators.StepOperator):
    """A step on this machine."""


class CellOperator(_Here, operators.CellOperator):
    """A cell on this machine."""

    measure = staticmethod(cell)
