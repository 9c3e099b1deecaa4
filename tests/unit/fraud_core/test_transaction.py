import orjson
import pytest

from fraud_core.transaction import (
    LARGEST_VALUE_BYTES,
    REASONS,
    DateRange,
    Rejected,
    decode,
    encode,
    format_time,
    parse_time,
)
from tests.streams import END_S, transaction

DATES = DateRange(END_S - 30 * 86400, END_S + 400 * 86400)
GOOD = {
    "schema": 1,
    "tx_id": 290423,
    "tx_datetime": "2018-08-08 00:00:31",
    "customer_id": 1232,
    "terminal_id": 8012,
    "tx_amount": 46.82,
}


def refused(value, key=b"1232"):
    with pytest.raises(Rejected) as caught:
        decode(key, value, DATES)
    return caught.value.reason


def with_(**changes):
    return orjson.dumps(GOOD | changes)


def without(name):
    return orjson.dumps({key: value for key, value in GOOD.items() if key != name})


def test_a_clean_record_is_read():
    read = decode(b"1232", orjson.dumps(GOOD), DATES)
    assert read.tx_id == 290423
    assert read.amount_cents == 4682
    assert format_time(read.time_s) == "2018-08-08 00:00:31"


def test_what_was_encoded_is_decoded_equal():
    tx = transaction(amount=12.345)
    assert decode(b"1", encode(tx), DATES) == tx


def test_unknown_extra_fields_are_accepted():
    assert decode(b"1232", with_(colour="red"), DATES).tx_id == 290423


def test_cents_round_half_to_even():
    assert decode(b"1232", with_(tx_amount=0.125), DATES).amount_cents == 12
    assert decode(b"1232", with_(tx_amount=0.375), DATES).amount_cents == 38


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b" " * (LARGEST_VALUE_BYTES + 1), "too large"),
        (b"x" * 2_000_000, "too large"),
        (None, "not JSON"),
        (b"", "not JSON"),
        (orjson.dumps(GOOD)[:-5], "not JSON"),
        (orjson.dumps(GOOD).replace(b"46.82", b"NaN"), "not JSON"),
        (orjson.dumps(GOOD).replace(b"46.82", b"Infinity"), "not JSON"),
        (b"[1,2]", "unknown schema"),
        (with_(schema=2), "unknown schema"),
        (with_(schema=True), "unknown schema"),
        (without("schema"), "unknown schema"),
        (without("tx_amount"), "missing field"),
        (without("customer_id"), "missing field"),
        (with_(tx_id="290423"), "wrong type"),
        (with_(tx_id=True), "wrong type"),
        (with_(tx_id=1.0), "wrong type"),
        (with_(terminal_id=None), "wrong type"),
        (with_(terminal_id="Err"), "wrong type"),
        (with_(tx_datetime=20180808), "wrong type"),
        (with_(tx_amount="46.82"), "wrong type"),
        (with_(tx_amount=True), "wrong type"),
        (with_(terminal_id=-1), "id not valid"),
        (with_(tx_id=2**63), "id not valid"),
        (with_(tx_datetime="2018-08-08 24:00:00"), "impossible date"),
        (with_(tx_datetime="0000-08-08 00:00:00"), "impossible date"),
        (with_(tx_datetime="2018-02-30 00:00:00"), "impossible date"),
        (with_(tx_datetime="2018-W32-3 00:00:31"), "impossible date"),
        (with_(tx_datetime="2018-08-08T00:00:31"), "impossible date"),
        (with_(tx_datetime="2018-08-08 00:00:60"), "impossible date"),
        (with_(tx_datetime="1970-01-01 00:00:00"), "impossible date"),
        (with_(tx_datetime="2031-01-01 00:00:00"), "impossible date"),
        (with_(tx_datetime=""), "impossible date"),
        (with_(tx_amount=0), "amount not valid"),
        (with_(tx_amount=-3.5), "amount not valid"),
        (with_(tx_amount=1e300), "amount not valid"),
        (with_(customer_id=77), "key does not match"),
    ],
)
def test_each_kind_of_dirt_has_its_reason(value, reason):
    assert refused(value) == reason


def test_a_null_key_does_not_match():
    assert refused(orjson.dumps(GOOD), key=None) == "key does not match"
    assert refused(orjson.dumps(GOOD), key=b"01232") == "key does not match"


def test_the_first_reason_in_order_is_given():
    everything_wrong = {"schema": 1, "tx_id": -1, "tx_datetime": "x", "customer_id": 5}
    assert refused(orjson.dumps(everything_wrong)) == "missing field"
    everything_wrong |= {"terminal_id": "Err", "tx_amount": -1}
    assert refused(orjson.dumps(everything_wrong)) == "wrong type"
    assert refused(orjson.dumps(everything_wrong | {"terminal_id": 3})) == "id not valid"
    assert REASONS.index("wrong type") < REASONS.index("id not valid")


def test_a_detail_stays_short():
    with pytest.raises(Rejected) as caught:
        decode(b"1", with_(tx_datetime="9" * 5000), DATES)
    assert len(caught.value.detail) <= 120


def test_only_digits_make_a_time():
    assert parse_time("2018-08-08 00:00:31") == 1533686431
    assert parse_time("2018-08-08 \uff10\uff10:00:31") is None
    assert parse_time("+018-08-08 00:00:31") is None
