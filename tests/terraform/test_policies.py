"""Labels, secrets, ways in, roles: of everything that the two roots would create."""

from __future__ import annotations

import json

import pytest

from fraud_cloud.contract import load_contract
from fraud_yandex.names import Names
from tests.terraform import policies
from tests.terraform.policies import Plan
from tests.terraform.workspace import ENVIRONMENTS, FOLDERS, LABELS, ROOT

READ_FROM_LOCKBOX = "Double-of-a-secret-1"
CLUSTERS = {
    "yandex_airflow_cluster",
    "yandex_mdb_kafka_cluster",
    "yandex_mdb_postgresql_cluster_v2",
    "yandex_spark_cluster",
}

every_root = pytest.mark.parametrize("root", ENVIRONMENTS)


@every_root
def test_everything_that_can_carry_labels_carries_all_of_ours(plans: dict[str, Plan], root: str):
    assert policies.without_labels(plans[root], LABELS[root]) == []


@every_root
def test_nobody_is_let_in_but_by_a_variable(plans: dict[str, Plan], root: str):
    assert policies.open_ports(plans[root]) == []


@every_root
def test_nothing_is_public_but_by_a_variable(plans: dict[str, Plan], root: str):
    assert policies.public_things(plans[root]) == []


@every_root
def test_no_secret_is_written_in_the_code(plans: dict[str, Plan], root: str):
    assert policies.secrets_in_code(plans[root]) == []


@every_root
def test_every_secret_is_the_one_that_lockbox_gives(plans: dict[str, Plan], root: str):
    assert policies.secrets_from_elsewhere(plans[root], READ_FROM_LOCKBOX) == []


@every_root
def test_accounts_have_the_roles_of_the_table_and_no_other(plans: dict[str, Plan], root: str):
    assert policies.unexpected_roles(plans[root]) == []


def test_roles_are_granted_at_all(plans: dict[str, Plan]):
    members = [one for one in plans["persistent"].resources() if one.type.endswith("iam_member")]

    assert len(members) > 10


def test_no_secret_is_in_the_user_data_of_a_host(plans: dict[str, Plan]):
    hosts = [
        one
        for one in plans["session"].resources()
        if one.values.get("metadata") or one.values.get("instance_template")
    ]

    assert len(hosts) == 1 + 1
    assert policies.secrets_in_user_data(plans["session"], READ_FROM_LOCKBOX) == []


def test_outputs_hold_no_secret(plans: dict[str, Plan]):
    for plan in plans.values():
        assert READ_FROM_LOCKBOX not in str(plan.document["planned_values"].get("outputs"))


def test_kafkas_users_have_rights_behind_our_prefix_only(plans: dict[str, Plan]):
    users = [one for one in plans["session"].resources() if one.type == "yandex_mdb_kafka_user"]

    topics = {rule["topic_name"] for user in users for rule in user.values["permission"]}

    assert len(users) == 2
    assert topics == {"fraud-*"}


def test_hosts_reach_their_package_mirror_by_http_and_clusters_do_not(plans: dict[str, Plan]):
    groups = {
        one.values["name"].removeprefix("streamgauge-")
        for one in plans["persistent"].resources()
        for rule in one.values.get("egress", [])
        if (rule["from_port"], rule["to_port"]) == (80, 80)
        and rule["v4_cidr_blocks"] == ["0.0.0.0/0"]
    }

    assert groups == {"faust", "mlflow"}


def test_a_cluster_may_take_longer_than_the_provider_waits_by_itself(plans: dict[str, Plan]):
    waits = {
        one.type: one.values["timeouts"]
        for one in plans["session"].resources()
        if one.type in CLUSTERS
    }

    assert waits.keys() == CLUSTERS
    assert {(one["create"], one["delete"]) for one in waits.values()} == {("60m", "30m")}


def test_spark_may_ask_whether_a_file_has_the_name_of_its_folder(plans: dict[str, Plan]):
    (text,) = [
        one.values["policy"]
        for one in plans["persistent"].resources()
        if one.type == "yandex_storage_bucket_policy"
    ]
    statements = {one["Sid"]: one for one in json.loads(text)["Statement"]}

    bucket = "arn:aws:s3:::streamgauge-test"
    assert statements["spark-writes"]["Resource"] == [
        f"{bucket}/checkpoints/*",
        f"{bucket}/checkpoints",
    ]
    assert f"{bucket}/runs" in statements["spark-reads"]["Resource"]
    assert not any(one["Resource"] == [f"{bucket}/*"] for one in statements.values())


def test_only_airflow_and_spark_can_read_the_password_with_which_jobs_reach_kafka(
    plans: dict[str, Plan],
):
    names = Names("r1", "streamgauge-test", load_contract())

    readers = policies.readers_of(plans["persistent"], names.kafka_file)

    assert readers == {"owners", "airflow", "spark"}
    told = policies.readers_of(plans["persistent"], names.faust_file)
    assert told == {"owners", "airflow", "faust", "spark"}


def test_a_password_that_no_teardown_has_deleted_is_gone_after_a_day(plans: dict[str, Plan]):
    (bucket,) = [
        one for one in plans["persistent"].resources() if one.type == "yandex_storage_bucket"
    ]
    days = {
        rule["filter"][0]["prefix"]: rule["expiration"][0]["days"]
        for rule in bucket.values["lifecycle_rule"]
    }

    assert days == {"checkpoints/": 30, "runs/": 30, "secrets/": 1}


def test_campaigns_topics_have_as_many_copies_as_there_are_brokers(plans: dict[str, Plan]):
    (kafka,) = [
        one.values["config"][0]
        for one in plans["session"].resources()
        if one.type == "yandex_mdb_kafka_cluster"
    ]

    copies = kafka["kafka"][0]["kafka_config"][0]["default_replication_factor"]
    assert copies == str(kafka["brokers_count"])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_variable_is_described_typed_and_validated(folder: str):
    assert policies.careless_variables(ROOT / "terraform" / folder) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_validation_is_seen_to_fail(folder: str):
    assert policies.untested_validations(ROOT / "terraform" / folder) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_only_the_clouds_own_provider_is_used(folder: str):
    assert policies.other_providers(ROOT / "terraform" / folder) == []
