"""An outage of seconds is no answer: what is only looked at is looked at again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fraud_cloud.clock import Clock
from fraud_cloud.errors import CloudError, RefusedError
from fraud_cloud.purge import Tell

PATIENCE_S = 60.0
"""A front end of the API that is replaced is back within a minute (estimate)."""
_PAUSE_S = 5.0

Answer = TypeVar("Answer")


@dataclass
class Patience:
    """Bears a cloud that does not answer, until it has been silent for too long.

    Attributes:
        now_s: tells time.
        limit_s: how long no answer may come.
    """

    now_s: Callable[[], float]
    limit_s: float = PATIENCE_S
    _heard_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.heard()

    def heard(self) -> None:
        """Note that an answer came."""
        self._heard_s = self.now_s()

    def bears(self, error: CloudError) -> bool:
        """Whether an error may be gone at the next look, and the silence is not too long.

        What is gone, denied or has failed is an answer, and so is a request that is not acceptable.
        """
        may_pass = isinstance(error, RefusedError) and not error.final
        return may_pass and self.now_s() - self._heard_s <= self.limit_s


def patiently(ask: Callable[[], Answer], clock: Clock, tell: Tell) -> Answer:
    """What a look says, repeated while no answer comes that may come a little later.

    Args:
        ask: the look; may be repeated.
        clock: time.
        tell: takes a line for each look without an answer.

    Raises:
        CloudError: as the look raises it, where another one does not help or the time is over.
    """
    patience = Patience(clock.now_s)
    while True:
        try:
            return ask()
        except CloudError as error:
            if not patience.bears(error):
                raise
            tell(f"no answer, looking again: {error}")
        clock.pause(_PAUSE_S)
