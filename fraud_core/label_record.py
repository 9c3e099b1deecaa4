"""The records of the labels topic: outcomes, and up to which event time they are complete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from fraud_core.errors import LogError

SCHEMA: Final = 1


class Outcome(NamedTuple):
    """What became of a transaction, known some days after it.

    Attributes:
        tx_id: number of the transaction.
        terminal_id: where it took place.
        tx_time_s: its event time, seconds since 1970-01-01 UTC.
        label_time_s: event time from which the outcome is known.
        fraud: 1 for a fraud, 0 for none.
    """

    tx_id: int
    terminal_id: int
    tx_time_s: int
    label_time_s: int
    fraud: int


class LabelRecord(NamedTuple):
    """One record of the labels topic.

    Attributes:
        complete_until_s: outcomes with a label time up to here are in this record or before.
        outcomes: some outcomes, by label time.
    """

    complete_until_s: int
    outcomes: Sequence[Outcome]


def encode_label_record(record: LabelRecord) -> bytes:
    """The record's value."""
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "complete_until_s": record.complete_until_s,
            "outcomes": [list(outcome) for outcome in record.outcomes],
        }
    )


def decode_label_record(value: bytes | None, offset: int) -> LabelRecord:
    """Read one record of the labels topic.

    Raises:
        LogError: the record is not one; labels have one publisher, so nothing else may be there.
    """
    try:
        fields = orjson.loads(value or b"")
        if fields["schema"] != SCHEMA:
            raise ValueError(fields["schema"])  # noqa: TRY301  # one message for every way to be wrong
        outcomes = list(map(Outcome._make, fields["outcomes"]))
        return LabelRecord(int(fields["complete_until_s"]), outcomes)
    except (ValueError, KeyError, TypeError) as error:
        message = (
            f"record {offset} of the labels topic is no label record ({error}): only the producer "
            "writes there; start again on fresh topics"
        )
        raise LogError(message) from None
