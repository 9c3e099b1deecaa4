"""Every service is listed to the last page and divided by label, over the SDK and TLS."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError, RefusedError
from fraud_cloud.inventory import Inventory, take_inventory
from fraud_cloud.sdk import SdkCloud, connect
from fraud_cloud.services import (
    ADDRESS,
    BUCKET,
    DISK,
    GROUP,
    KAFKA,
    SERVICES,
    SPARK,
    Service,
)
from tests.cloud_double.double import CloudDouble

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
# They live and die with another resource.
PARTS = {
    "yandex_mdb_kafka_topic",
    "yandex_mdb_kafka_user",
    "yandex_mdb_postgresql_user",
    "yandex_mdb_postgresql_database",
    "yandex_lockbox_secret_version",
    "yandex_lockbox_secret_iam_member",
    "yandex_storage_bucket_grant",
    "yandex_storage_bucket_policy",
    "yandex_iam_service_account_iam_member",
    "yandex_iam_service_account_static_access_key",
    "yandex_resourcemanager_folder_iam_member",
}


def look(folder: SdkCloud) -> Inventory:
    return take_inventory(folder, load_contract())


def names(resources: tuple[object, ...]) -> set[str]:
    return {one.name for one in resources}  # type: ignore[attr-defined]


def test_every_resource_of_the_terraform_code_is_in_a_service_that_is_listed():
    code = "".join(path.read_text() for path in TERRAFORM.rglob("*.tf"))
    used = set(re.findall(r'^resource "(yandex_\w+)"', code, re.MULTILINE))
    listed = {one for service in SERVICES for one in service.terraform}

    assert used - PARTS == listed


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.kind)
def test_five_things_on_three_pages_are_all_found(
    cloud: CloudDouble, folder: SdkCloud, service: Service
):
    made = [cloud.add(service, f"thing-{number}") for number in range(5)]

    found = list(folder.resources(service))

    assert [one.id for one in found] == made
    assert {one.kind for one in found} == {service.kind}
    pages = [request for kind, request in cloud.asked("List") if kind == service.kind]
    assert len(pages) == 3


def test_what_is_ours_is_told_from_what_stays_and_from_what_is_of_others(
    cloud: CloudDouble, folder: SdkCloud
):
    for service in (SPARK, BUCKET):
        cloud.add(service, "of-a-session")
        cloud.add(service, "stays", cloud.standing())
        cloud.add(service, "without-labels", {})
        cloud.add(service, "of-another-project", {"project": "other", "run": "first"})

    found = look(folder)

    assert names(found.session) == {"of-a-session"}
    assert names(found.standing) == {"stays"}
    assert names(found.foreign) == {"without-labels", "of-another-project"}


def test_a_disk_without_labels_belongs_to_whom_its_host_belongs(
    cloud: CloudDouble, folder: SdkCloud
):
    cloud.add_group("faust", hosts=1)
    (host,) = cloud.state.of("instance")
    cloud.add(DISK, "boot", {}, instance_ids=[host])
    cloud.add(DISK, "of-another-host", {}, instance_ids=["other"])

    found = look(folder)

    assert "boot" in names(found.session)
    assert "of-another-host" in names(found.foreign)


def test_a_group_bills_by_its_hosts_and_an_address_when_it_is_reserved(
    cloud: CloudDouble, folder: SdkCloud
):
    cloud.add_group("empty", hosts=0)
    cloud.add_group("full", hosts=2)
    cloud.add(ADDRESS, "of-a-host", reserved=False)
    cloud.add(ADDRESS, "kept", reserved=True)

    billing = names(look(folder).billing())

    assert billing == {"full", "kept", "full-host-0", "full-host-1"}
    groups = {one.name: (one.size, one.hosts) for one in folder.resources(GROUP)}
    assert groups == {"empty": (0, 0), "full": (2, 2)}


def test_a_service_that_may_not_be_listed_is_named_and_the_others_are_listed(
    cloud: CloudDouble, folder: SdkCloud
):
    cloud.add(SPARK, "spark")
    cloud.fail(KAFKA, "List", "denied")

    found = look(folder)

    assert [one.kind for one in found.denied] == ["kafka-cluster"]
    assert "PERMISSION_DENIED" in found.denied[0].reason
    assert names(found.session) == {"spark"}


def test_a_list_whose_answer_is_lost_is_asked_for_again(cloud: CloudDouble):
    pauses: list[float] = []
    cloud.add(SPARK, "spark")
    cloud.fail(SPARK, "List", "answer lost", times=2)
    patient = SdkCloud(connect(cloud.environment)._sdk, "folder-of-the-tests", pause=pauses.append)

    assert [one.name for one in patient.resources(SPARK)] == ["spark"]
    assert pauses == [0.5, 1.0]


def test_a_list_that_never_answers_is_an_error_and_no_empty_list(cloud: CloudDouble):
    cloud.fail(SPARK, "List", "answer lost", times=100)
    patient = SdkCloud(connect(cloud.environment)._sdk, "folder-of-the-tests", pause=lambda _: None)

    with pytest.raises(RefusedError, match="UNAVAILABLE"):
        list(patient.resources(SPARK))


@pytest.mark.parametrize("missing", ["YC_FOLDER_ID", "YC_TOKEN"])
def test_a_missing_variable_is_named_with_the_way_to_set_it(cloud: CloudDouble, missing: str):
    without = {name: value for name, value in cloud.environment.items() if name != missing}

    with pytest.raises(ConfigError, match=f"{missing}.*`export {missing}="):
        connect(without)
