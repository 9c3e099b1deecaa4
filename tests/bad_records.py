"""Records that a scorer must refuse, one of each kind."""

from __future__ import annotations

import orjson

from fraud_core.transaction import format_time

LARGE = b'{"schema":1,"note":"' + b"x" * 2_000_000 + b'"}'


def good(time_s, tx_id, **changes):
    fields = {
        "schema": 1,
        "tx_id": tx_id,
        "tx_datetime": format_time(time_s + tx_id),
        "customer_id": 7,
        "terminal_id": 3,
        "tx_amount": 12.5,
    }
    return orjson.dumps(fields | changes)


def bad_records(time_s):
    """(key, value, expected reason); None as reason: it is scored."""
    clean = good(time_s, 1)
    return [
        (b"7", clean[:-9], "not JSON"),
        (b"7", clean.replace(b"12.5", b"NaN"), "not JSON"),
        (b"7", clean.replace(b"12.5", b"Infinity"), "not JSON"),
        (b"7", b"\xff\xfe\x00", "not JSON"),
        (b"7", None, "not JSON"),
        (b"7", b"", "not JSON"),
        (None, None, "not JSON"),
        (b"7", LARGE, "too large"),
        (b"7", b"[]", "unknown schema"),
        (b"7", good(time_s, 2, schema=9), "unknown schema"),
        (b"7", b'{"schema":1,"tx_id":1}', "missing field"),
        (b"7", good(time_s, 3, tx_amount="12.5"), "wrong type"),
        (b"7", good(time_s, 4, terminal_id=True), "wrong type"),
        (b"7", good(time_s, 5, customer_id=-7), "id not valid"),
        (b"7", good(time_s, 6, tx_datetime="0000-01-01 00:00:00"), "impossible date"),
        (b"7", good(time_s, 7, tx_datetime="2018-08-08 24:00:00"), "impossible date"),
        (b"7", good(time_s, 8, tx_amount=1e308), "amount not valid"),
        (b"7", good(time_s, 9, tx_amount=-1), "amount not valid"),
        (b"8", good(time_s, 10), "key does not match"),
        (None, good(time_s, 11), "key does not match"),
        (b"7", good(time_s, 12, mood="fine", tx_fraud=1), None),
    ]
