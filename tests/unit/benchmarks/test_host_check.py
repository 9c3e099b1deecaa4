from benchmarks.clock_offset import RoundTrip
from benchmarks.host_check import LARGEST_OFFSET_MS, clock_finding

SENT_MS = 1_700_000_000_000.0


def trip(offset_ms, took_ms=2.0):
    return RoundTrip(SENT_MS, SENT_MS + took_ms, SENT_MS + took_ms / 2 + offset_ms)


def test_the_fastest_round_trip_counts():
    text, is_near = clock_finding([trip(40.0, took_ms=80.0), trip(0.0, took_ms=1.0)])
    assert is_near
    assert text == ("the broker's is +0.0 ms off this machine's (fastest of 2 round trips: 1.0 ms)")


def test_a_clock_that_is_off_is_named_with_the_remedy():
    text, is_near = clock_finding([trip(-2 * LARGEST_OFFSET_MS)])
    assert not is_near
    assert "-50.0 ms" in text
    assert "time server" in text
