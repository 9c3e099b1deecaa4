"""What happens to a group of Faust workers, under a stream: nothing is lost, nothing is changed."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from fraud_core.topics import PARTITIONS
from tests.engine_process import STARTS_WITHIN_S, TUNED
from tests.faults.faust_group import GroupUnderTest
from tests.faults.stream import now_ms
from tests.health import ask
from tests.outputs import count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.alone]

RATE_EPS = 400
SESSION_S = 8
COMMIT_EVERY_MS = 1000
REPEATED_BY_A_REBALANCE_S = 2.0
"""Each worker may repeat what it answered since its last commit, and a batch on top of it."""

KINDS = ("faust", TUNED)


@pytest.fixture
def make_group(engine_environment, tmp_path):
    made = []

    def make(kind="faust"):
        made.append(GroupUnderTest(kind, tmp_path, engine_environment))
        return made[-1]

    yield make
    for group in made:
        group.engine.end()


def answered(kafka, topics, rows):
    return lambda: count_out(kafka, topics) >= rows


def partitions_of(group, name):
    _, content = ask(group.health_url(name), "/partitions")
    return {int(partition) for partition in content["partitions"]}


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_three_workers_is_killed(
    kind, make_group, stream, account, kafka, topics, trained, offline
):
    rows = 8_000
    group = make_group(kind)
    group.start(trained, topics, workers=3)
    owned = {name: partitions_of(group, name) for name in group.ready()}
    assert sorted(p for ps in owned.values() for p in ps) == list(range(PARTITIONS))
    with stream.sending(rows, RATE_EPS):
        wait_until(answered(kafka, topics, 800), within_s=STARTS_WITHIN_S, what="it scores")
        victim = group.ready()[f"{kind}-1"]
        killed_ms = now_ms()
        os.kill(victim.pid, signal.SIGKILL)
    found = account(group.engine, rows)
    found.check(rows, trained, offline)
    # Scoring went on within 15 s, also of what the dead worker had; the backlog was gone in 60 s.
    assert found.longest_gap_s(owned[victim.name]) < 15
    assert found.longest_wait_s() < 60
    # Repeated is what was answered and not yet committed: by the dead worker when it died, by all
    # when its partitions were dealt out, and when the worker that took its place joined.
    for repeats in found.repeated.values():
        assert repeats[0].appended_ms > killed_ms - 3 * COMMIT_EVERY_MS
    assert found.repeated_s <= 3 * REPEATED_BY_A_REBALANCE_S


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_in_mid_batch_repeats_nothing(
    kind, make_group, stream, account, kafka, topics, trained, offline
):
    rows = 15_000
    stream.send(rows)
    group = make_group(kind)
    group.start(trained, topics, workers=1)
    wait_until(answered(kafka, topics, 1_000), within_s=STARTS_WITHIN_S, what="it scores")
    assert group.engine.stop() == 0, group.engine.log()
    assert count_out(kafka, topics) < rows, "it was stopped in the middle"
    group.start(trained, topics, workers=1)
    found = account(group.engine, rows)
    found.check(rows, trained, offline)
    assert found.repeated == {}


def test_a_killed_runner_takes_its_workers_with_it_and_they_stop_cleanly(
    make_group, stream, account, kafka, topics, trained, offline
):
    rows = 5_000
    group = make_group()
    group.start(trained, topics, workers=2)
    workers = [psutil.Process(one.pid) for one in group.ready().values()]
    with stream.sending(rows, RATE_EPS):
        wait_until(answered(kafka, topics, 800), within_s=STARTS_WITHIN_S, what="it scores")
        group.engine.kill()
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert alive == []
        group = make_group()
        group.start(trained, topics, workers=2)
    found = account(group.engine, rows)
    found.check(rows, trained, offline)
    # The one that leaves first may have the other in a rebalance before that one has committed.
    assert found.repeated_s <= REPEATED_BY_A_REBALANCE_S


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_paused_past_its_session_writes_nothing_that_differs(
    kind, make_group, stream, account, kafka, topics, trained, offline
):
    rows = 9_000
    group = make_group(kind)
    group.start(trained, topics, workers=3)
    with stream.sending(rows, RATE_EPS):
        wait_until(answered(kafka, topics, 800), within_s=STARTS_WITHIN_S, what="it scores")
        paused = group.ready()[f"{kind}-1"].pid
        others = {group.health_url(f"{kind}-{number}") for number in (0, 2)}
        os.kill(paused, signal.SIGSTOP)
        try:
            wait_until(
                lambda: owned_by(others) == PARTITIONS,
                within_s=SESSION_S + STARTS_WITHIN_S,
                what="the others own every partition",
            )
        finally:
            os.kill(paused, signal.SIGCONT)
    found = account(group.engine, rows)
    found.check(rows, trained, offline)


def owned_by(urls) -> int:
    return sum(len(ask(url, "/partitions")[1]["partitions"]) for url in urls)


def test_a_planned_scale_from_one_to_three_to_two_leaves_no_gap(
    make_group, stream, account, kafka, topics, trained, offline
):
    rows = 12_000
    group = make_group()
    group.start(trained, topics, workers=1)
    with stream.sending(rows, RATE_EPS):
        wait_until(answered(kafka, topics, 800), within_s=STARTS_WITHIN_S, what="it scores")
        group.scale(3)
        group.wait_ready(3)
        before = count_out(kafka, topics)
        wait_until(answered(kafka, topics, before + 800), within_s=60, what="three score")
        group.scale(2)
        group.wait_ready(2)
    found = account(group.engine, rows)
    found.check(rows, trained, offline)
    assert found.repeated_s <= 3 * REPEATED_BY_A_REBALANCE_S, "two joins and a leave"
    assert found.longest_gap_s() < 5
    instances = {one.instance for outputs in found for one in outputs} - {None}
    assert instances == {"faust-0", "faust-1", "faust-2"}


@pytest.mark.slow_fault
@pytest.mark.parametrize("kind", KINDS)
def test_five_joins_and_leaves_in_a_minute(
    kind, make_group, stream, account, kafka, topics, trained, offline
):
    rows = 18_000
    group = make_group(kind)
    group.start(trained, topics, workers=1)
    with stream.sending(rows, 250):
        wait_until(answered(kafka, topics, 500), within_s=STARTS_WITHIN_S, what="it scores")
        for _ in range(5):
            for workers in (3, 1):
                before = count_out(kafka, topics)
                group.scale(workers)
                group.wait_ready(workers)
                wanted = min(before + 300, rows)  # a slow machine may outlast the stream
                wait_until(answered(kafka, topics, wanted), within_s=60, what="it scores")
    found = account(group.engine, rows)
    found.check(rows, trained, offline)
    rebalances = 5 * (2 + 2)
    assert found.repeated_s <= rebalances * REPEATED_BY_A_REBALANCE_S
