"""Steps as tasks of Airflow: our errors become its own, and a killed task stops what it started.

A target says how a desk is made, and which errors it knows besides.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from fraud_dag.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    BaseOperator,
)
from fraud_dag.desk import Desk
from fraud_dag.failures import NothingToDoError, StepFailedError
from fraud_dag.programs import Say

Context = Mapping[str, Any]
Errors = tuple[type[Exception], ...]


@contextmanager
def airflow_errors(final: Errors = (ValueError,), passing: Errors = ()) -> Iterator[None]:
    """Raise our errors as Airflow's: those that another try may mend, and those that none will.

    Args:
        final: errors that no other try mends, in words: a refused value.
        passing: errors that may be gone at the next try.
    """
    try:
        yield
    except NothingToDoError as error:
        raise AirflowSkipException(str(error)) from None
    except StepFailedError as error:
        again = error.outcome.is_worth_another_try
        kind = AirflowException if again else AirflowFailException
        raise kind(str(error)) from None
    except final as error:
        raise AirflowFailException(str(error)) from None
    except passing as error:
        raise AirflowException(str(error)) from None


class DeskOperator(BaseOperator):
    """A task that works with a desk; a target's classes say with which."""

    def __init__(self, **kwargs: object) -> None:
        """Begin without a desk: it is known when the task runs."""
        super().__init__(**kwargs)
        self._desk: Desk | None = None

    def on_kill(self) -> None:
        """Have what runs end; `execute` goes on until it has, or is killed."""
        if self._desk is not None:
            self._desk.interrupt()

    @staticmethod
    @abstractmethod
    def desk_of(context: Context, say: Say) -> Desk:
        """The target's desk of a task.

        Args:
            context: as Airflow gives it to `execute`.
            say: the task's log.
        """

    @staticmethod
    def errors() -> AbstractContextManager[None]:
        """Raises the target's errors as Airflow's."""
        return airflow_errors()

    @contextmanager
    def at_desk(self, context: Context) -> Iterator[Any]:
        """The desk of this task, and what goes wrong at it as Airflow's errors."""
        with self.errors():
            self._desk = self.desk_of(context, self.log.info)
            yield self._desk


class StepOperator(DeskOperator):
    """A step of the comparison.

    Args:
        step: what it does, with the target's desk.
        **kwargs: as every operator takes them.
    """

    def __init__(self, *, step: Callable[[Any], object], **kwargs: object) -> None:
        """Keep what is to be done."""
        super().__init__(**kwargs)
        self.step = step

    def execute(self, context: Context) -> object:
        """Do it."""
        with self.at_desk(context) as desk:
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

    @staticmethod
    @abstractmethod
    def measure(desk: Any, cell: str, /) -> int:  # noqa: ANN401  # each target has its own
        """Measure a cell; the exit code, where that is an answer."""

    def execute(self, context: Context) -> int:
        """Measure it."""
        with self.at_desk(context) as desk:
            return self.measure(desk, self.cell)
