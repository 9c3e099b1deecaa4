"""The steps as tasks of Airflow: our errors become its own, and a killed task stops its engine.

What waits for the cloud is a sensor that gives its worker back between two looks; it needs no
triggerer, and all that it knows is in the cloud and in the bucket.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from fraud_cloud.errors import CloudError, ConfigError, GoneError
from fraud_cloud.purge import take_away
from fraud_cloud.reaping import reap
from fraud_cloud.selection import made_by_runs
from fraud_dag.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    BaseOperator,
    BaseSensorOperator,
)
from fraud_dag.failures import NothingToDoError, StepFailedError
from fraud_dag.programs import Say
from fraud_yandex.connections import look_around, only_the_cloud
from fraud_yandex.desk import Desk
from fraud_yandex.steps import cell as measure_cell

LOOK_EVERY_S = 20.0


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Raise our errors as Airflow's: those that another try may mend, and those that none will."""
    try:
        yield
    except NothingToDoError as error:
        raise AirflowSkipException(str(error)) from None
    except StepFailedError as error:
        again = error.outcome.is_worth_another_try
        kind = AirflowException if again else AirflowFailException
        raise kind(str(error)) from None
    except (ConfigError, GoneError, ValueError) as error:
        raise AirflowFailException(str(error)) from None
    except CloudError as error:
        raise AirflowException(str(error)) from None


def desk_of(context: Mapping[str, Any], say: Say) -> Desk:
    """The desk of a task, with what Airflow knows."""
    return Desk.of(context, look_around(say), say)


class DeskOperator(BaseOperator):
    """A task that works with a desk."""

    def __init__(self, **kwargs: object) -> None:
        """Begin without a desk: it is known when the task runs."""
        super().__init__(**kwargs)
        self._desk: Desk | None = None

    def on_kill(self) -> None:
        """Have programs and engine stop; `execute` goes on until they have, or is killed."""
        if self._desk is not None:
            self._desk.interrupt()

    @contextmanager
    def _at_desk(self, context: Mapping[str, Any]) -> Iterator[Desk]:
        with airflow_errors():
            self._desk = desk_of(context, self.log.info)
            yield self._desk


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


class WaitOperator(BaseSensorOperator):
    """A step that is looked at again and again, and needs no worker in between.

    Args:
        is_done: takes the next step, if there is one, and says whether all is done.
        **kwargs: as every sensor takes them.
    """

    def __init__(self, *, is_done: Callable[[Desk], bool], **kwargs: object) -> None:
        """Keep what is waited for."""
        super().__init__(mode="reschedule", poke_interval=LOOK_EVERY_S, **kwargs)
        self.is_done = is_done

    def poke(self, context: Mapping[str, Any]) -> bool:
        """Look once."""
        with airflow_errors():
            return self.is_done(desk_of(context, self.log.info))


class ReapOperator(BaseSensorOperator):
    """Takes away what is past its end, stops a session's databases, says what still costs."""

    def __init__(self, **kwargs: object) -> None:
        """Nothing is known before it runs."""
        super().__init__(mode="reschedule", poke_interval=LOOK_EVERY_S, **kwargs)

    def poke(self, context: Mapping[str, Any]) -> bool:  # noqa: ARG002  # Airflow gives it
        """Take the next step with each thing that is left."""
        with airflow_errors():
            means = only_the_cloud(self.log.info)
            now_s = time.time()
            left = take_away(means, made_by_runs(before_s=now_s))
            for one in left:
                self.log.info("%s: %s", one, one.status)
            if not left:
                reap(means, now_s)
            return not left
