"""The steps of the comparison in the cloud as tasks of Airflow.

What waits for the cloud is a sensor that gives its worker back between two looks; it needs no
triggerer, and all that it knows is in the cloud and in the bucket.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from fraud_cloud.errors import CloudError, ConfigError, GoneError
from fraud_cloud.patience import patiently
from fraud_cloud.reaping import reap
from fraud_dag import operators
from fraud_dag.airflow_names import BaseSensorOperator
from fraud_dag.operators import Context, airflow_errors
from fraud_dag.programs import Say
from fraud_yandex.connections import look_around, only_the_cloud
from fraud_yandex.desk import Desk
from fraud_yandex.steps import cell

LOOK_EVERY_S = 20.0


def cloud_errors() -> AbstractContextManager[None]:
    """Raise our errors as Airflow's, and the cloud's too."""
    return airflow_errors(final=(ConfigError, GoneError, ValueError), passing=(CloudError,))


def desk_of(context: Context, say: Say) -> Desk:
    """The desk of a task, with what Airflow knows."""
    return Desk.of(context, look_around(say), say)


class _InCloud:
    """Tasks of the cloud."""

    @staticmethod
    def desk_of(context: Context, say: Say) -> Desk:
        """The desk of a task."""
        return desk_of(context, say)

    @staticmethod
    def errors() -> AbstractContextManager[None]:
        """The cloud's too."""
        return cloud_errors()


class StepOperator(_InCloud, operators.StepOperator):
    """A step in the cloud."""


class CellOperator(_InCloud, operators.CellOperator):
    """A cell in the cloud."""

    measure = staticmethod(cell)


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

    def poke(self, context: Context) -> bool:
        """Look once, and again for a minute where the cloud does not answer.

        It is waited for here: the next look knows nothing of this one, and a task that fails for
        an outage of seconds ends a run.
        """
        with cloud_errors():
            desk = desk_of(context, self.log.info)
            return patiently(lambda: self.is_done(desk), desk.means.clock, self.log.info)


class ReapOperator(BaseSensorOperator):
    """Takes away what is past its end, stops a session's databases, says what still costs."""

    def __init__(self, **kwargs: object) -> None:
        """Nothing is known before it runs."""
        super().__init__(mode="reschedule", poke_interval=LOOK_EVERY_S, **kwargs)

    def poke(self, context: Context) -> bool:  # noqa: ARG002  # Airflow gives it
        """Take the next step with each thing that is left."""
        with cloud_errors():
            means = only_the_cloud(self.log.info)
            left = reap(means, time.time())
            for one in left:
                self.log.info("%s: %s", one, one.status)
            return not left
