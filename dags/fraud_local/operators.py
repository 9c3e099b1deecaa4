"""The steps as tasks of Airflow: our errors become its own, and a killed task stops its program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from fraud_dag.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    BaseOperator,
)
from fraud_dag.failures import NothingToDoError, StepFailedError
from fraud_local.desk import Desk
from fraud_local.steps import cell as measure_cell


class DeskOperator(BaseOperator):
    """A task that works with a desk: one program of the project at a time."""

    def __init__(self, **kwargs: object) -> None:
        """Begin without a desk: it is known when the task runs."""
        super().__init__(**kwargs)
        self._desk: Desk | None = None

    def on_kill(self) -> None:
        """Have the program stop; `execute` goes on until it has."""
        if self._desk is not None:
            self._desk.interrupt()

    @contextmanager
    def _at_desk(self, context: Mapping[str, Any]) -> Iterator[Desk]:
        self._desk = Desk.of(context["params"], context["run_id"], self.log.info)
        try:
            yield self._desk
        except NothingToDoError as error:
            raise AirflowSkipException(str(error)) from None
        except ValueError as error:  # a value of the form, in words: no try makes it better
            raise AirflowFailException(str(error)) from None
        except StepFailedError as error:
            again = error.outcome.is_worth_another_try
            kind = AirflowException if again else AirflowFailException
            raise kind(str(error)) from None


class StepOperator(DeskOperator):
    """A step of the comparison.

    Args:
        step: what it does.
        **kwargs: as every operator takes them.
    """

    def __init__(self, *, step: Callable[[Desk], object], **kwargs: object) -> None:
        """Keep what is to be done."""
        super().__init__(**kwargs)
        self.step = step

    def execute(self, context: Mapping[str, Any]) -> object:
        """Do it."""
        with self._at_desk(context) as desk:
            return self.step(desk)


class CellOperator(DeskOperator):
    """One cell: one engine at one instance count, at every rate.

    Args:
        cell: its name, `faust-2`.
        **kwargs: as every operator takes them.
    """

    template_fields: Sequence[str] = ("cell",)

    def __init__(self, *, cell: str, **kwargs: object) -> None:
        """Keep which."""
        super().__init__(**kwargs)
        self.cell = cell

    def execute(self, context: Mapping[str, Any]) -> int:
        """Measure it; the exit code, where that is an answer."""
        with self._at_desk(context) as desk:
            return measure_cell(desk, self.cell)
