"""A transaction, and the one strict way to read it from a Kafka record.

What this decoder refuses is *dirty*, everywhere: in the producer's counts, in offline features,
in the history, in labels and in both engines.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import orjson

SCHEMA: Final = 1
LARGEST_VALUE_BYTES: Final = 64 * 1024
LARGEST_ID: Final = 2**63 - 1
"""Offline features keep ids in int64."""
LARGEST_AMOUNT: Final = 1e9
"""Keeps any sum of 90,000 amounts below 2**53 cents, where float64 division is still exact."""

PROBE_ID_FLOOR: Final = 9_000_000_000
"""Ids from here up belong to readiness probes: scored like any record, counted by nobody."""

SECONDS_PER_DAY: Final = 86_400

Reason = Literal[
    "too large",
    "not JSON",
    "unknown schema",
    "missing field",
    "wrong type",
    "id not valid",
    "impossible date",
    "amount not valid",
    "key does not match",
]
REASONS: Final[tuple[Reason, ...]] = Reason.__args__  # type: ignore[attr-defined]  # typing has no public way

FIELDS: Final = ("tx_id", "tx_datetime", "customer_id", "terminal_id", "tx_amount")
_ID_FIELDS: Final = ("tx_id", "customer_id", "terminal_id")


class Transaction(NamedTuple):
    """A clean transaction. A tuple: a frozen dataclass costs three times as much.

    Attributes:
        tx_id: number of the transaction; files repeat some.
        time_s: event time, seconds since 1970-01-01 UTC (naive times are UTC).
        customer_id: who pays.
        terminal_id: where.
        amount_cents: round-half-even(amount x 100).
        tx_datetime: event time as written in the record.
        amount: amount as written in the record.
    """

    tx_id: int
    time_s: int
    customer_id: int
    terminal_id: int
    amount_cents: int
    tx_datetime: str
    amount: float


class Rejected(ValueError):  # noqa: N818  # it is an outcome of reading, not a failure of ours
    """A record that is no transaction.

    Attributes:
        reason: the first of `REASONS` that applies.
        detail: the value at fault.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class DateRange:
    """Event times that are possible, both ends included, seconds since 1970-01-01 UTC."""

    first_s: int
    last_s: int


ANY_DATE: Final = DateRange(
    int(datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp()),
    int(datetime(2100, 1, 1, tzinfo=timezone.utc).timestamp()) - 1,
)
"""Where no manifest gives a range."""


def decode(key: bytes | None, value: bytes | None, dates: DateRange) -> Transaction:
    """Read one Kafka record strictly.

    Args:
        key: the record's key, the customer's id in decimal.
        value: the record's value, JSON.
        dates: event times that are possible.

    Raises:
        Rejected: the first reason, in the order of `REASONS`, for which it is no transaction.
    """
    fields = _fields(value)
    _check_types(fields)
    _check_ids(fields)
    text = fields["tx_datetime"]
    time_s = parse_time(text)
    if time_s is None or not dates.first_s <= time_s <= dates.last_s:
        raise Rejected("impossible date", _shown(text))
    amount = fields["tx_amount"]
    if not 0 < amount <= LARGEST_AMOUNT:  # false for NaN and infinities too
        raise Rejected("amount not valid", _shown(amount))
    customer_id = fields["customer_id"]
    if key != b"%d" % customer_id:
        raise Rejected("key does not match", f"key {_shown(key)}, customer_id {customer_id}")
    return Transaction(
        fields["tx_id"],
        time_s,
        customer_id,
        fields["terminal_id"],
        round(amount * 100),
        text,
        float(amount),
    )


def encode(transaction: Transaction) -> bytes:
    """The record's value for a clean transaction; `decode` reads it back equal."""
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "tx_id": transaction.tx_id,
            "tx_datetime": transaction.tx_datetime,
            "customer_id": transaction.customer_id,
            "terminal_id": transaction.terminal_id,
            "tx_amount": transaction.amount,
        }
    )


def encode_key(customer_id: int) -> bytes:
    """The record's key."""
    return b"%d" % customer_id


@lru_cache(maxsize=4096)
def _day_start_s(date: str) -> int | None:
    # Length and dashes first: fromisoformat also reads week dates such as 2018-W32-3.
    if len(date) != 10 or date[4] != "-" or date[7] != "-":  # YYYY-MM-DD
        return None
    try:
        day = datetime.fromisoformat(date).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return int(day.timestamp())


_SIXTY: Final = {f"{number:02d}": number for number in range(60)}
_HOURS: Final = {f"{number:02d}": number for number in range(24)}


def parse_time(text: str) -> int | None:
    """Seconds since 1970-01-01 UTC of `YYYY-MM-DD HH:MM:SS`, None when it is anything else."""
    if len(text) != 19 or text[10] != " " or text[13] != ":" or text[16] != ":":
        return None
    day_s = _day_start_s(text[:10])
    hour = _HOURS.get(text[11:13])
    minute = _SIXTY.get(text[14:16])
    second = _SIXTY.get(text[17:19])
    if day_s is None or hour is None or minute is None or second is None:
        return None
    return day_s + hour * 3600 + minute * 60 + second


def format_time(time_s: int) -> str:
    """`YYYY-MM-DD HH:MM:SS` of seconds since 1970-01-01 UTC."""
    return datetime.fromtimestamp(time_s, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _fields(value: bytes | None) -> dict[str, Any]:
    if value is not None and len(value) > LARGEST_VALUE_BYTES:
        raise Rejected("too large", f"{len(value)} bytes, at most {LARGEST_VALUE_BYTES}")
    if not value:
        raise Rejected("not JSON", "no value" if value is None else "an empty value")
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise Rejected("not JSON", str(error)) from None
    if type(fields) is not dict:
        raise Rejected("unknown schema", f"{type(fields).__name__}, not an object")
    schema = fields.get("schema")
    if schema != SCHEMA or type(schema) is not int:
        raise Rejected("unknown schema", _shown(schema))
    return fields


def _check_types(fields: dict[str, Any]) -> None:
    for name in FIELDS:
        if name not in fields:
            raise Rejected("missing field", name)
    for name in _ID_FIELDS:
        if type(fields[name]) is not int:  # a bool is an int to isinstance
            raise Rejected("wrong type", f"{name} = {_shown(fields[name])}")
    if type(fields["tx_datetime"]) is not str:
        raise Rejected("wrong type", f"tx_datetime = {_shown(fields['tx_datetime'])}")
    if type(fields["tx_amount"]) not in (int, float):
        raise Rejected("wrong type", f"tx_amount = {_shown(fields['tx_amount'])}")


def _check_ids(fields: dict[str, Any]) -> None:
    for name in _ID_FIELDS:
        if not 0 <= fields[name] <= LARGEST_ID:
            raise Rejected("id not valid", f"{name} = {fields[name]}")


def _shown(value: object) -> str:
    """A value in a detail, cut so that a header stays small."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
