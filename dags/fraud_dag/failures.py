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
