import math
from dataclasses import replace

import pytest

from benchmarks.backlog import LagTime, Slope, lag_time, slope_of
from benchmarks.clock_offset import ClockOffset, ClockOffsets
from benchmarks.scheduling import LongestWait
from benchmarks.verdict import Evidence, Limits, Load, Surroundings, judge
from tests.unit.benchmarks.simulation import batch_engine

LIMITS = Limits()
LOAD = Load(rate_eps=400, sent_eps=400.1, delay_p99_ms=2, delay_max_ms=30, delivery_errors=0)
GOOD = Evidence(
    load=LOAD,
    slope=Slope(0.1, -0.5, 0.6),
    lag_time=LagTime(0.5, 0.4, 0.6),
    lowest_backlog=0,
    samples_asked=60,
    samples_missed=0,
    sent=32_000,
    missing=0,
    latencies=24_000,
    latency_p50_ms=20,
    negative_latencies=0,
)


def judged(**changes):
    return judge(replace(GOOD, **changes), LIMITS)


def clocks(before_ms, after_ms):
    return ClockOffsets(ClockOffset(before_ms, 1), ClockOffset(after_ms, 1))


def around(**fields):
    return {"around": Surroundings(**fields)}


def test_a_flat_backlog_is_sustainable():
    found = judged()
    assert found.verdict == "sustainable"
    assert found.why.startswith("The backlog does not grow: slope +0.10/s [-0.50, +0.60]")


def test_a_backlog_that_surely_grows_is_unsustainable():
    assert judged(slope=Slope(10, 5, 15)).verdict == "unsustainable"


def test_a_slope_around_the_limit_decides_nothing():
    found = judged(slope=Slope(4, 3, 5))
    assert found.verdict == "inconclusive"
    assert "+4.00/s" in found.why


def test_the_limit_is_a_share_of_the_rate():
    slow = replace(LOAD, rate_eps=50, sent_eps=50)
    assert judged(slope=Slope(1, 0.6, 1.4), load=slow).verdict == "unsustainable"
    assert judged(slope=Slope(1, 0.6, 1.4)).verdict == "sustainable"


def test_a_long_lag_time_is_unsustainable_however_flat():
    found = judged(lag_time=LagTime(12, 11, 13.1))
    assert found.verdict == "unsustainable"
    assert "12.0 s [11.0, 13.1], the limit is 10 s" in found.why


def test_a_long_lag_time_decides_where_the_batches_are_too_long_for_a_trend():
    assert judged(slope=None, lag_time=LagTime(25, 20, 31)).verdict == "unsustainable"


def test_a_lag_time_around_the_limit_decides_nothing():
    found = judged(lag_time=LagTime(9.8, 9, 10.6))
    assert found.verdict == "inconclusive"
    assert "the lag does not decide" in found.why


def test_growth_decides_where_the_lag_does_not():
    assert judged(lag_time=LagTime(9, 6, 13), slope=Slope(9, 5, 15)).verdict == "unsustainable"


def test_a_lag_that_never_goes_away_decides_nothing():
    found = judged(lag_time=LagTime(3, 2.5, 3.5, standing_s=1.2))
    assert found.verdict == "inconclusive"
    assert "1.2 s of lag never go away" in found.why


def test_a_slow_growth_that_is_certain_is_no_standstill():
    found = judged(slope=Slope(2, 1.5, 2.5))
    assert found.verdict == "inconclusive"
    assert "grows, but slowly" in found.why
    assert judged(slope=Slope(0.5, 0.3, 0.6)).verdict == "sustainable"


def test_a_draining_backlog_is_sustainable():
    assert judged(slope=Slope(-20, -30, -10)).verdict == "sustainable"


def test_lost_records_leave_it_undecided():
    assert judged(missing=3).verdict == "sustainable"
    found = judged(missing=4)
    assert found.verdict == "inconclusive"
    assert "4 of 32000" in found.why


def test_a_short_window_decides_nothing():
    assert judged(slope=None).verdict == "inconclusive"
    assert judged(slope=None, lag_time=None).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"load": replace(LOAD, delay_p99_ms=10.5)}, "p99 send delay 10.5 ms"),
        ({"load": replace(LOAD, delay_max_ms=1001)}, "longest send delay 1001 ms"),
        ({"load": replace(LOAD, sent_eps=397.9)}, "sent 397.90/s, asked were 400/s"),
        ({"load": replace(LOAD, sent_eps=402.1)}, "sent 402.10/s"),
        ({"load": replace(LOAD, delivery_errors=1)}, "did not take 1 records"),
        ({"load": replace(LOAD, ended_early_s=2.5)}, "the load ended 2.5 s before the window"),
        ({"samples_missed": 2}, "2 of 60 samples were missed"),
        ({"lowest_backlog": -1}, "the backlog fell to -1"),
        ({"negative_latencies": 25}, "the clocks disagree"),
        ({"engine_ended": "ended by itself with exit code 1"}, "exit code 1 during the step"),
        (around(waits=(LongestWait("broker", "net-0", 0.11),)), "net-0 of the broker waited for"),
        (around(steal_share=0.021), "the hypervisor kept 2.1% of the CPU"),
        (around(clock_step_ms=-51), "the clock was moved by -51 ms"),
        (around(clock_offsets=clocks(6.1, 0)), "broker's was +6.1 ms off the generator's before"),
        (around(clock_offsets=clocks(0, -6.1)), "-6.1 ms off the generator's after the step"),
        (around(restarted="faust-1 twice"), "an instance restarted: faust-1 twice"),
        (around(instances=13, partitions=12), "13 instances share 12 partitions"),
        (around(quota_cores=2.5, cores=2), "may use 2.5 cores, the machine has 2"),
    ],
)
def test_a_step_that_cannot_be_believed_is_invalid_and_says_why(changes, words):
    found = judged(**changes)
    assert found.verdict == "invalid"
    assert words.lower() in found.why.lower()


@pytest.mark.parametrize(
    "changes",
    [
        {"load": replace(LOAD, delay_p99_ms=10)},
        {"load": replace(LOAD, sent_eps=398)},
        {"samples_missed": 1},
        {"negative_latencies": 24},
        around(
            waits=(LongestWait("broker", "net", 0.1), LongestWait("producer", "main", 0.05)),
            steal_share=0.02,
            clock_step_ms=50,
            clock_offsets=clocks(6, -6),
            instances=12,
            partitions=12,
            quota_cores=2,
            cores=2,
        ),
    ],
)
def test_what_is_at_the_limit_is_still_valid(changes):
    assert judged(**changes).verdict == "sustainable"


def test_a_send_delay_small_against_the_latency_is_valid():
    slow = replace(LOAD, delay_p99_ms=14)
    assert judged(load=slow, latency_p50_ms=300).verdict == "sustainable"
    assert judged(load=slow, latency_p50_ms=200).verdict == "invalid"


def test_total_loss_does_not_excuse_a_late_generator():
    found = judged(load=replace(LOAD, delay_p99_ms=500), latency_p50_ms=math.inf)
    assert found.verdict == "invalid"


def test_every_doubt_is_named():
    found = judged(samples_missed=30, load=replace(LOAD, delivery_errors=2))
    assert "30 of 60 samples" in found.why
    assert "did not take 2 records" in found.why


def verdict_of(backlog, rate_eps):
    load = replace(LOAD, rate_eps=rate_eps, sent_eps=rate_eps)
    lag = lag_time(backlog, rate_eps)
    return judged(load=load, slope=slope_of(backlog), lag_time=lag).verdict


@pytest.mark.parametrize("rate_eps", [50, 400])
@pytest.mark.parametrize("batch_cost_s", [0.05, 0.25, 0.35])
def test_a_healthy_engine_is_sustainable_in_the_smoke_window(rate_eps, batch_cost_s):
    verdicts = [
        verdict_of(
            batch_engine(rate_eps, batch_cost_s=batch_cost_s, service_eps=20_000, seed=seed),
            rate_eps,
        )
        for seed in range(100)
    ]
    assert verdicts.count("sustainable") >= 99
    assert "unsustainable" not in verdicts


@pytest.mark.parametrize("rate_eps", [50, 400])
def test_an_overload_of_a_tenth_is_never_sustainable_in_the_smoke_window(rate_eps):
    verdicts = [
        verdict_of(
            batch_engine(rate_eps, batch_cost_s=0.1, service_eps=rate_eps / 1.1, seed=seed),
            rate_eps,
        )
        for seed in range(100)
    ]
    assert "sustainable" not in verdicts
    assert verdicts.count("unsustainable") >= 95
