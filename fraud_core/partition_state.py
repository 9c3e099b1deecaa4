"""The log is the state: what the records of one partition below an offset say about customers.

The state of partition p at offset o is a pure function of the history and the clean records of p
below o. Whoever holds it, and however it got there, scores the next record alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from fraud_core.features import CustomerWindows
from fraud_core.history import History
from fraud_core.packed_series import PackedSeries, merge, pack
from fraud_core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class StatePoint:
    """What a snapshot holds of a partition.

    Attributes:
        next_offset: every record below it is in.
        customers: entries of each customer that appeared in the partition.
    """

    next_offset: int
    customers: PackedSeries


@dataclass(frozen=True, slots=True)
class FrozenState:
    """A state as it stood at an offset; nobody changes what it refers to.

    Attributes:
        next_offset: every record below it is in.
        touched: customers that appeared since the last packing.
        base: the others that appeared.
    """

    next_offset: int
    touched: dict[int, CustomerWindows]
    base: PackedSeries

    def packed(self) -> StatePoint:
        """All of it in arrays; takes a second for a million customers."""
        touched = pack({key: customer.series for key, customer in self.touched.items()})
        return StatePoint(self.next_offset, merge(touched, self.base))


class PartitionState:
    """Windows of the customers of one partition, standing at one offset.

    Attributes:
        next_offset: the state holds every record below it.
    """

    __slots__ = ("_base", "_customers", "_frozen", "_history", "next_offset")

    def __init__(self, history: History, start: StatePoint | None = None) -> None:
        """Start at a point that was kept, or at offset 0.

        A customer's entries are read from there, or from the history, when the customer first
        appears.
        """
        self._history = history
        self._base = start.customers if start else PackedSeries.empty()
        self._frozen: dict[int, CustomerWindows] = {}
        self._customers: dict[int, CustomerWindows] = {}
        self.next_offset = start.next_offset if start else 0

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
            customer = self._fetch(transaction.customer_id)
            self._customers[transaction.customer_id] = customer
        accept = transaction.time_s > self._history.end_s
        windows, late = customer.observe(transaction, accept=accept)
        self.next_offset = offset + 1
        return windows, late or not accept

    def pass_over(self, offset: int) -> None:
        """Go past a record that is no transaction."""
        self.next_offset = offset + 1

    def freeze(self) -> FrozenState:
        """The state as it stands, for another thread to pack; takes no time.

        From here on a customer is copied before it changes, so the frozen one stays as it is.
        """
        # What was frozen and never packed is not lost.
        self._frozen = self._frozen | self._customers if self._frozen else self._customers
        self._customers = {}
        return FrozenState(self.next_offset, self._frozen, self._base)

    def rest_on(self, point: StatePoint) -> None:
        """Let go of what was frozen: it is packed now. Any thread may say so, `freeze` not yet.

        The base first: whoever looks in between finds the same entries twice.
        """
        self._base = point.customers
        self._frozen = {}

    def _fetch(self, customer_id: int) -> CustomerWindows:
        frozen = self._frozen.get(customer_id)
        if frozen is not None:
            return frozen.copy()
        packed = self._base.series(customer_id)
        return (
            CustomerWindows(packed) if packed is not None else self._history.customer(customer_id)
        )
