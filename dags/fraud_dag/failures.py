"""How a step of a DAG ends that has no answer."""

from __future__ import annotations

from fraud_dag.outcomes import Outcome


class StepFailedError(Exception):
    """A program of a step ended without an answer.

    Attributes:
        outcome: how.
    """

    def __init__(self, what: str, outcome: Outcome) -> None:
        """Say what and how."""
        self.outcome = outcome
        super().__init__(outcome.said(what))


class NothingToDoError(Exception):
    """A step has nothing to work on: it is passed over, not failed."""


def require_answer(what: str, outcome: Outcome, *, only_answered: bool = False) -> Outcome:
    """Go on only where a program gave an answer.

    Args:
        what: the program, for the message.
        outcome: how it ended.
        only_answered: True where 3 and 4 are no answers either.

    Raises:
        StepFailedError: it gave none.
    """
    if not outcome.is_answer or (only_answered and outcome.code != 0):
        raise StepFailedError(what, outcome)
    return outcome
