from __future__ import annotations

import pytest

from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.errors import LeftoversError
from fraud_cloud.purge import Means, next_step, purge, take_away
from fraud_cloud.resource import Job
from fraud_cloud.selection import everything_of_sessions, made_by_runs
from tests.unit.fraud_cloud.memory_cloud import MemoryCloud, thing


class Time:
    """Time that passes by pauses only."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


def means(cloud: MemoryCloud, time: Time, said: list[str] | None = None) -> Means:
    tell = (said if said is not None else []).append
    limits = Limits(all_s=100.0, jobs_s=50.0, poll_s=10.0)
    return Means(cloud, load_contract(), Clock(lambda: time.now, time.pause), limits, tell)


def step(kind: str, *jobs: str, overdue: bool = False, stay: bool = True, **more: object) -> str:
    listed = [Job(f"j{number}", "", status) for number, status in enumerate(jobs)]
    resource = thing(kind, "it", **more)
    return next_step(resource, listed, jobs_overdue=overdue, groups_stay=stay)


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ((), "delete"),
        (("DONE", "ERROR", "CANCELLED"), "delete"),
        (("RUNNING",), "cancel jobs"),
        (("CANCELLING", "PENDING"), "cancel jobs"),
        (("CANCELLING", "DONE"), "wait"),
    ],
)
def test_a_cluster_is_deleted_once_its_jobs_have_ended(jobs: tuple[str, ...], expected: str):
    assert step("spark-cluster", *jobs) == expected


def test_jobs_that_had_their_time_keep_nothing():
    assert step("spark-cluster", "RUNNING", overdue=True) == "delete"


def test_what_is_being_deleted_is_waited_for():
    assert step("instance", status="DELETING") == "wait"


def test_a_group_that_stays_is_emptied_and_one_that_does_not_is_deleted():
    assert step("instance-group", size=2, hosts=2) == "empty"
    assert step("instance-group", size=0, hosts=2) == "wait"
    assert step("instance-group", size=2, hosts=2, status="STOPPING") == "wait"
    assert step("instance-group", size=2, hosts=2, stay=False) == "delete"


def test_a_purge_looks_again_until_nothing_is_left():
    cloud = MemoryCloud(waits={"id-slow": 3}).with_things(
        thing("spark-cluster", "slow"), thing("spark-cluster", "quick")
    )
    time = Time()

    assert purge(means(cloud, time), made_by_runs()) == 2

    assert cloud.things == {}
    assert cloud.deletions == ["id-slow", "id-quick"]
    assert time.now > 10.0


def test_a_refused_deletion_is_asked_for_again():
    cloud = MemoryCloud(refuses={"id-net": 2}).with_things(thing("network", "net"))

    purge(means(cloud, Time()), everything_of_sessions())

    assert cloud.deletions == ["id-net"] * 3


def test_the_time_is_over_and_the_reason_is_told():
    cloud = MemoryCloud(refuses={"id-net": 10**6}).with_things(thing("network", "net"))
    time = Time()

    with pytest.raises(LeftoversError, match=r"1 not gone after 100 s.*\n.*still used"):
        purge(means(cloud, time), everything_of_sessions())

    assert 100.0 < time.now <= 120.0


def test_each_thing_that_is_done_is_told_once():
    said: list[str] = []
    cloud = MemoryCloud().with_things(
        thing("spark-cluster", "one"), thing("instance-group", "faust", size=2, hosts=2)
    )

    purge(means(cloud, Time(), said), made_by_runs())

    assert said == [
        "spark-cluster one (id-one): deleting",
        "instance-group faust (id-faust): 2 hosts to 0",
    ]


def test_what_is_being_deleted_is_not_waited_for_by_whoever_gives_the_worker_back():
    cloud = MemoryCloud(waits={"id-one": 3}).with_things(thing("spark-cluster", "one"))
    time = Time()

    left = take_away(means(cloud, time), made_by_runs("first"))

    assert [one.id for one in left] == ["id-one"]
    assert time.now == 0.0
    while take_away(means(cloud, time), made_by_runs("first")):
        pass
    assert cloud.things == {}


def test_why_something_is_still_there_is_told_each_time():
    cloud = MemoryCloud(refuses={"id-one": 1}).with_things(thing("spark-cluster", "one"))
    said: list[str] = []

    take_away(means(cloud, Time(), said), made_by_runs("first"))

    assert "id-one: still used" in said
