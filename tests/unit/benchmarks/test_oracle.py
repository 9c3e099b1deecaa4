import math

import numpy as np
import pytest

from benchmarks.oracle import Pace, asked_engine, engine_of


def pace(**fields):
    asked = {
        "rate_eps": 300,
        "instances": 1,
        "batch_cost_s": 0.0,
        "batch_interval_s": 0.1,
        "pause_every_s": None,
    } | fields
    return Pace(engine_of(**asked), np.random.default_rng(1))


def served_eps(pace_, seconds, late_s=0.0):
    """Answer batches as large as they may be on a fake clock; records per second."""
    now_s, done = 1000.0, 0
    while now_s < 1000 + seconds:
        records = min(pace_.largest(), 3000)
        now_s = max(pace_.ends_s(records, now_s), pace_.next_s) + late_s
        done += records
    return done / (now_s - 1000)


def test_a_loop_serves_its_rate():
    assert served_eps(pace(), 600) == pytest.approx(300, rel=0.02)


def test_instances_add_up():
    assert served_eps(pace(instances=3), 600) == pytest.approx(900, rel=0.02)


def test_a_process_that_wakes_up_late_is_no_slower():
    assert served_eps(pace(), 600, late_s=0.02) == pytest.approx(300, rel=0.02)


def test_a_process_that_stood_still_does_not_catch_up():
    mine = pace()
    first_s = mine.ends_s(30, 1000.0)
    assert mine.ends_s(30, first_s + 60) > first_s + 60


def test_a_batch_costs_its_fixed_time():
    mine = pace(batch_cost_s=1.0)
    took = [
        mine.ends_s(1, 1000.0 + 100 * number) - (1000.0 + 100 * number) for number in range(400)
    ]
    assert np.mean(took) == pytest.approx(1 + 1 / 300, rel=0.02)


def test_a_cold_engine_answers_its_first_records_late_but_not_a_probe():
    mine = pace(batch_interval_s=0.0)
    mine.cold_s = 5.0
    assert mine.ends_s(3, 1000.0, is_load=False) < 1000.5
    assert mine.ends_s(3, 1001.0) > 1005
    assert mine.ends_s(3, 1010.0) < 1010.5


def test_a_loop_takes_little_and_a_batch_what_ten_seconds_serve():
    assert pace().largest() == 60
    assert pace(batch_cost_s=0.1).largest() == 3000


def test_the_options_of_a_loop_have_an_interval():
    assert asked_engine(300, 1, 0, 0, 0).batch_interval_s[0] == 0.1
    assert asked_engine(300, 1, 100, 0, 0).batch_interval_s[0] == 0
    assert asked_engine(300, 1, 100, 500, 0).batch_interval_s[0] == 0.5
    assert np.isinf(asked_engine(300, 1, 0, 0, 0).pause_every_s[0])


def test_batches_begin_no_closer_than_the_interval():
    mine = pace(batch_interval_s=2.0, batch_cost_s=0.1)
    ends_s = mine.ends_s(1, 1000.0)
    assert ends_s < 1001
    assert mine.next_s == 1002
    assert mine.ends_s(1, 1002.01) > 1002.05


def test_pauses_slow_it_by_their_share():
    found = served_eps(pace(pause_every_s=10.0), 20_000)
    assert found == pytest.approx(300 / (1 + 1.25 / 10), rel=0.03)


def test_it_is_never_faster_than_it_is_told():
    mine = pace()
    ends = []
    now_s = 0.0
    for _ in range(2000):
        now_s = mine.ends_s(30, now_s)
        ends.append(now_s)
    # 10 % noise on each batch; over ten seconds it is gone
    ten_s = np.diff(ends[::100])
    assert (30 * 100 / ten_s < 300 * 1.04).all()
    assert math.isfinite(mine.next_s)
