from __future__ import annotations

from fraud_cloud.contract import load_contract
from fraud_cloud.inventory import Denied, sorted_out
from fraud_cloud.resource import Resource, expired, owner_of
from fraud_cloud.tables import report
from tests.unit.fraud_cloud.memory_cloud import LABELS, thing

CONTRACT = load_contract()


def test_the_project_makes_it_ours_and_the_run_tells_whether_it_stays():
    standing = LABELS | {CONTRACT.run_label: CONTRACT.standing_run}

    assert owner_of(thing("disk", "a"), CONTRACT) == "session"
    assert owner_of(thing("disk", "a", labels=standing), CONTRACT) == "standing"
    assert owner_of(thing("disk", "a", labels={}), CONTRACT) == "foreign"
    other = LABELS | {CONTRACT.project_label: "other"}
    assert owner_of(thing("disk", "a", labels=other), CONTRACT) == "foreign"


def test_nothing_of_others_is_ever_past_its_end():
    labels = {CONTRACT.expires_label: "1"}

    assert not expired(thing("disk", "a", labels=labels), CONTRACT, now_s=10.0)
    assert expired(thing("disk", "a", labels=LABELS | labels), CONTRACT, now_s=10.0)
    never = LABELS | {CONTRACT.expires_label: CONTRACT.never_expires}
    assert not expired(thing("disk", "a", labels=never), CONTRACT, now_s=1e12)


def test_a_service_that_is_not_known_is_in_the_report_beside_what_is_found():
    foreign = Resource("spark-cluster", "id-x", "of-others", bills=True)
    denied = [Denied("secret", "PERMISSION_DENIED")]

    text = report(sorted_out([thing("disk", "a"), foreign], denied, CONTRACT), "run")

    assert text.splitlines() == [
        "of sessions and runs: 1",
        "kind  name  id    status   run    bills",
        "disk  a     id-a  RUNNING  first  yes",
        "outlives sessions: none",
        "not known: secret: PERMISSION_DENIED",
        "not ours, left alone: spark-cluster of-others (id-x)",
    ]
