from __future__ import annotations

import pytest

from fraud_cloud.clock import Clock
from fraud_cloud.errors import DeniedError, GoneError, RefusedError, SurroundingsError
from fraud_cloud.patience import PATIENCE_S, patiently

OUTAGE = RefusedError("spark-cluster: List is answered with UNAVAILABLE: try later")


class Outage:
    """A cloud that does not answer until some time, and time that passes by pauses only."""

    def __init__(self, ends_s: float, error: Exception = OUTAGE) -> None:
        self.now_s, self.looks, self.said = 0.0, 0, []
        self._ends_s, self._error = ends_s, error

    def look(self) -> str:
        self.looks += 1
        if self.now_s < self._ends_s:
            raise self._error
        return "RUNNING"

    def pause(self, seconds: float) -> None:
        self.now_s += seconds

    def ask(self) -> str:
        return patiently(self.look, Clock(lambda: self.now_s, self.pause), self.said.append)


def test_an_outage_of_less_than_a_minute_is_waited_for_and_told():
    outage = Outage(ends_s=PATIENCE_S - 10)
    assert outage.ask() == "RUNNING"
    assert len(outage.said) == outage.looks - 1
    assert "UNAVAILABLE" in outage.said[0]


def test_one_of_some_minutes_is_an_error():
    outage = Outage(ends_s=600.0)
    with pytest.raises(RefusedError, match="UNAVAILABLE"):
        outage.ask()
    assert PATIENCE_S < outage.now_s <= PATIENCE_S + 10


@pytest.mark.parametrize(
    "answer",
    [
        SurroundingsError("spark-cluster r1 was not made: its status is ERROR"),
        GoneError("it is gone"),
        DeniedError("PERMISSION_DENIED"),
        RefusedError("INVALID_ARGUMENT", final=True),
    ],
    ids=["a cluster in ERROR", "gone", "denied", "not acceptable"],
)
def test_what_is_an_answer_is_final_at_once(answer):
    outage = Outage(ends_s=10.0, error=answer)
    with pytest.raises(type(answer)):
        outage.ask()
    assert outage.looks == 1
