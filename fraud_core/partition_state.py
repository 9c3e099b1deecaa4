"""The log is the state: what the records of one partition below an offset say about customers.

The state of partition p at offset o is a pure function of the history and the clean records of p
below o. Whoever holds it, and however it got there, scores the next record alike.
"""

from __future__ import annotations

from fraud_core.features import CustomerWindows
from fraud_core.history import History
from fraud_core.transaction import Transaction


class PartitionState:
    """Windows of the customers of one partition, standing at one offset.

    Attributes:
        next_offset: the state holds every record below it.
    """

    __slots__ = ("_customers", "_history", "next_offset")

    def __init__(self, history: History) -> None:
        """Start at offset 0; a customer's history is read when the customer first appears."""
        self._history = history
        self._customers: dict[int, CustomerWindows] = {}
        self.next_offset = 0

    def advance(self, transaction: Transaction, offset: int) -> tuple[list[int], bool]:
        """Take in the record at the offset where the state stands.

        Args:
            transaction: a clean record.
            offset: its place in the log.

        Returns:
            count and sum in cents for 1, 7 and 30 days, itself included; and whether it is late:
            older than what was accepted of its customer, or not after the history's end.
        """
        customer = self._customers.get(transaction.customer_id)
        if customer is None:
            customer = self._history.customer(transaction.customer_id)
            self._customers[transaction.customer_id] = customer
        accept = transaction.time_s > self._history.end_s
        windows, late = customer.observe(transaction, accept=accept)
        self.next_offset = offset + 1
        return windows, late or not accept

    def pass_over(self, offset: int) -> None:
        """Go past a record that is no transaction."""
        self.next_offset = offset + 1
