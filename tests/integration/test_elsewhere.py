"""An engine that somebody else starts: when it is ready, whether it stays, what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from importlib.metadata import version
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from tests.engine_process import EngineProcess
from tests.outputs import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

READY_WITHIN_S = 120


class Elsewhere:
    """`python -m benchmarks.elsewhere` on a broker."""

    def __init__(self, kafka, folder):
        self._folder = folder
        self._environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
        self._process: subprocess.Popen | None = None

    def start(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "benchmarks.elsewhere", *arguments]
        with (self._folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=said, stderr=said
            )

    def run(self, *arguments: str) -> int:
        self.start(*arguments)
        return self.wait()

    def wait(self, within_s: float = 120) -> int:
        return self._process.wait(within_s)

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def look_last(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(90)

    @property
    def said(self) -> str:
        return (self._folder / "said").read_text()

    @property
    def hears_us(self) -> bool:
        """Whether SIGTERM is caught, which Python does not do by itself."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        return bool(int(caught.split()[1], 16) & 1 << (signal.SIGTERM - 1))

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture
def names(kafka):
    names = TopicNames(f"elsewhere-{uuid.uuid4().hex[:8]}-")
    create_topics(kafka, names)
    yield names
    delete_topics(kafka, names)


@pytest.fixture
def elsewhere(kafka, tmp_path):
    program = Elsewhere(kafka, tmp_path)
    yield program
    program.end()


@pytest.fixture
def faust(tmp_path, engine_environment):
    engine = EngineProcess("faust", tmp_path, engine_environment)
    yield engine
    engine.end()


def attend(elsewhere, names, trained, engine="faust", instances=2):
    elsewhere.start(
        *("attend", "--engine", engine, "--instances", str(instances)),
        *("--topic-prefix", names.prefix, "--group-id", names.prefix),
        *("--artifact", str(trained), "--within-s", str(READY_WITHIN_S)),
    )
    wait_until(
        lambda: "attending: " in elsewhere.said,
        within_s=READY_WITHIN_S,
        what="all instances own partitions",
        alive=lambda: elsewhere.is_alive,
    )


def groups(kafka):
    found = AdminClient(kafka.as_admin()).list_consumer_groups().result()
    return {one.group_id for one in found.valid}


def test_the_members_of_a_group_are_awaited_watched_and_forgotten(
    elsewhere, names, faust, trained, kafka
):
    faust.start_ready(trained, names.prefix, workers=2)
    attend(elsewhere, names, trained)

    victim = faust.ready()["faust-1"]
    os.kill(victim, signal.SIGKILL)

    assert elsewhere.wait() == 4, elsewhere.said
    assert "the number of instances has changed" in elsewhere.said
    faust.stop()
    where = ("--topic-prefix", names.prefix, "--group-id", names.prefix)
    never = (*("--topic-prefix", "never-was"), *("--group-id", "never-was"))
    assert elsewhere.run("forget", *never, *where) == 0, elsewhere.said
    assert names.prefix not in groups(kafka)
    assert not set(names.shapes()) & set(AdminClient(kafka.as_admin()).list_topics().topics)
    assert elsewhere.run("forget", *never, "--topic-prefix", names.prefix) == 2


def test_those_who_answer_are_awaited_by_what_their_predictions_say(
    elsewhere, names, faust, trained
):
    """As Spark's executors, which join no group."""
    faust.start(trained, names.prefix, workers=2)

    attend(elsewhere, names, trained, engine="spark")
    assert "2 instances own partitions: faust-0 (" in elsewhere.said
    assert elsewhere.stop() == 0, elsewhere.said

    arguments = ("--topic-prefix", names.prefix, "--artifact", str(trained))
    assert elsewhere.run("answered", *arguments, "--group-id", names.prefix) == 0, elsewhere.said
    assert "12 probes answered by faust" in elsewhere.said
    members = [line for line in elsewhere.said.splitlines() if "member of" in line]
    assert len(members) == 2
    assert all(f"_faust-streaming-{version('faust-streaming')}_" in line for line in members)


@pytest.mark.parametrize(
    ("engine", "gone"),
    [
        pytest.param("faust", signal.SIGKILL, id="by its group"),
        pytest.param("spark", signal.SIGSTOP, id="by its answers"),
    ],
)
def test_a_last_look_finds_all_as_it_was_or_misses_who_has_just_gone(
    elsewhere, names, faust, trained, engine, gone
):
    faust.start_ready(trained, names.prefix, workers=2)
    attend(elsewhere, names, trained, engine=engine)
    assert elsewhere.look_last() == 0, elsewhere.said

    attend(elsewhere, names, trained, engine=engine)
    os.kill(faust.ready()["faust-1"], gone)
    assert elsewhere.look_last() == 4, elsewhere.said
    assert "the number of instances has changed" in elsewhere.said


def test_a_last_look_at_what_never_came_is_an_interrupt(elsewhere, names, trained):
    elsewhere.start(
        *("attend", "--engine", "faust", "--instances", "2", "--artifact", str(trained)),
        *("--topic-prefix", names.prefix, "--group-id", names.prefix),
    )
    wait_until(lambda: elsewhere.hears_us, within_s=60, what="it listens to signals")
    assert elsewhere.look_last() == 130, elsewhere.said
    assert "Traceback" not in elsewhere.said


def test_this_machine_can_measure_on_its_own_broker(elsewhere):
    assert elsewhere.run("look", "--topic-prefix", "look-here") == 0, elsewhere.said
    assert "fastest of 20 round trips" in elsewhere.said


def test_a_broker_that_does_not_answer_is_named(tmp_path):
    class Nowhere:
        bootstrap_servers = "127.0.0.1:1"

    program = Elsewhere(Nowhere, tmp_path)
    assert program.run("look", "--topic-prefix", "look-here") == 5
    assert "127.0.0.1:1" in program.said
