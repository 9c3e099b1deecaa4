"""A group of Faust workers on a real broker: health, limits, and the file of instances."""

from __future__ import annotations

import os
import signal

import pytest

from fraud_core.instance_size import choose_means
from tests.faults.faust_group import GroupUnderTest
from tests.health import ask
from tests.outputs import wait_until
from tests.sandbox_command import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def group(engine_environment, tmp_path):
    group = GroupUnderTest("faust", tmp_path, engine_environment)
    yield group
    group.engine.end()


def test_a_worker_says_what_it_owns_and_is_held_to_its_size_again_after_a_kill(
    group, trained, topics
):
    port = free_port()
    group.start(trained, topics, "--cpu", "0.9", "--health-port", str(port), workers=1)
    before = group.ready()["faust-0"]
    url = f"http://127.0.0.1:{port}"
    assert ask(url, "/live")[0] == 200
    assert ask(url, "/ready") == (200, {"ready": True, "why": None})
    figures = ask(url, "/partitions")[1]["partitions"]
    nothing_yet = {"offset": 0, "state": None, "last_batch_ms": None}
    assert sorted(map(int, figures)) == list(range(12))
    assert all(nothing_yet.items() <= one.items() for one in figures.values())
    os.kill(before.pid, signal.SIGKILL)
    wait_until(
        lambda: "faust-0" in group.ready() and group.ready()["faust-0"] != before,
        within_s=60,
        what="it is ready again",
    )
    after = group.ready()["faust-0"]
    assert (before.limited_by, after.limited_by) == (choose_means(), choose_means())
    assert group.engine.stop() == 0


def test_a_port_that_is_taken_ends_the_group_with_the_remedy(group, kafka, trained, topics):
    taken = kafka.bootstrap_servers.rpartition(":")[2]
    group.engine.start(trained, topics.prefix, "--health-port", taken)
    wait_until(lambda: not group.engine.is_alive, within_s=60, what="the group ends")
    assert group.engine.stop() == 2
    assert "choose other --health-address or --health-port" in group.engine.log()
