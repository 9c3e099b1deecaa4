import numpy as np
import pytest

from producer.delays import DelayHistogram
from producer.pacer import Pacer, WallClock, event_count


def delays_of(pacer, stall_at, stall_s, events):
    """Delays in ms of a sender that stands still once and is infinitely fast otherwise."""
    now_s, delays = pacer.start_s, []
    for index in range(events):
        due_s = pacer.due_s(index, now_s)
        now_s = max(now_s, due_s)
        if index == stall_at:
            now_s += stall_s
        delays.append((now_s - due_s) * 1000)
    return delays


def test_event_i_is_due_at_start_plus_i_over_rate():
    pacer = Pacer(start_s=100.0, rate_eps=400.0)
    assert [pacer.due_s(index, now_s=0.0) for index in (0, 1, 400)] == [100.0, 100.0025, 101.0]


def test_a_stall_is_counted_against_every_later_event():
    delays = delays_of(Pacer(0.0, 10.0), stall_at=2, stall_s=0.35, events=8)
    assert delays == pytest.approx([0, 0, 350, 250, 150, 50, 0, 0], abs=1e-6)


def test_the_schedule_never_shifts_however_late_it_is():
    pacer = Pacer(0.0, 10.0)
    assert pacer.due_s(7, now_s=1000.0) == pacer.due_s(7, now_s=0.0) == 0.7


def test_without_a_rate_an_event_is_due_when_it_is_sent():
    pacer = Pacer(5.0, 0.0)
    assert pacer.due_s(10**6, now_s=7.5) == 7.5
    assert pacer.due_count(1e9) == 0


def test_events_that_became_due_are_counted_with_the_first():
    pacer = Pacer(10.0, 4.0)
    assert [pacer.due_count(now) for now in (9.9, 10.0, 10.2, 10.25, 11.0)] == [0, 1, 1, 2, 5]


@pytest.mark.parametrize(
    ("rate_eps", "duration_s", "events"),
    [(400, 60, 24_000), (400, 0.1, 40), (0.5, 3, 2), (3, 1, 3)],
)
def test_events_of_a_duration_are_those_due_before_its_end(rate_eps, duration_s, events):
    assert event_count(rate_eps, duration_s) == events


def test_due_times_are_unix_milliseconds_of_one_anchor():
    wall = WallClock(unix_s=1_700_000_000.5, monotonic_s=50.0)
    assert wall.unix_ms(50.0) == 1_700_000_000_500
    assert wall.unix_ms(51.25) == 1_700_000_001_750
    assert wall.monotonic_of_ms(1_700_000_001_750) == pytest.approx(51.25)


def test_percentiles_are_at_most_one_percent_too_high():
    delays = np.linspace(0.01, 100, 10_000)
    histogram = DelayHistogram()
    for part in np.array_split(delays, 7):
        histogram.add(part)
    for share in (0.5, 0.99):
        exact = np.percentile(delays, share * 100)
        assert exact * 0.999 <= histogram.percentile_ms(share) <= exact * 1.011
    assert histogram.max_ms == 100
    assert histogram.late == (delays > 10).sum()


def test_no_delays_have_percentile_zero():
    histogram = DelayHistogram()
    histogram.add(np.empty(0))
    assert histogram.percentile_ms(0.99) == histogram.max_ms == 0.0


def test_a_delay_beyond_the_largest_bucket_is_the_maximum():
    histogram = DelayHistogram()
    histogram.add(np.array([5e6]))
    assert histogram.percentile_ms(0.5) == 5e6
