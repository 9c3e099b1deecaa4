"""What Terraform and the Python code must agree on."""

from __future__ import annotations

import json
import re

import pytest

from fraud_core.topics import PARTITIONS, TopicNames
from tests.terraform.policies import Plan
from tests.terraform.workspace import CONTRACT, ROOT, SCHEMA

STAMPS = {
    "MESSAGE_TIMESTAMP_TYPE_LOG_APPEND_TIME": "LogAppendTime",
    "MESSAGE_TIMESTAMP_TYPE_CREATE_TIME": "CreateTime",
}


def test_standing_topics_are_made_as_the_benchmark_makes_its_own(plans: dict[str, Plan]):
    made = {
        one.values["name"]: one.values
        for one in plans["session"].resources()
        if one.type == "yandex_mdb_kafka_topic"
    }

    shapes = TopicNames(CONTRACT["kafka"]["standing_prefix"]).shapes()

    assert made.keys() == shapes.keys()
    for name, shape in shapes.items():
        assert made[name]["partitions"] == shape.partitions
        assert _as_kafka(made[name]["topic_config"][0]) == shape.config()


def _as_kafka(config: dict[str, str]) -> dict[str, str]:
    named = {
        "message.timestamp.type": STAMPS[config["message_timestamp_type"]],
        "max.message.bytes": config["max_message_bytes"],
        "retention.ms": config["retention_ms"],
        "retention.bytes": config["retention_bytes"],
    }
    return {name: value for name, value in named.items() if value is not None}


def test_the_input_topic_has_the_partitions_of_the_code():
    assert CONTRACT["kafka"]["partitions"] == PARTITIONS


def test_secrets_have_the_names_that_airflows_lockbox_backend_asks_for():
    lockbox, connections = CONTRACT["lockbox"], CONTRACT["connections"]

    assert lockbox["kafka_connection"] == f"airflow/connections/{connections['kafka']}"
    assert lockbox["mlflow_connection"] == f"airflow/connections/{connections['mlflow']}"
    assert lockbox["variable"] == f"airflow/variables/{CONTRACT['variable']}"


def test_every_key_of_the_bucket_lies_below_one_of_its_prefixes():
    prefixes = tuple(CONTRACT["bucket_prefixes"].values())

    assert all(key.startswith(prefixes) for key in CONTRACT["bucket_keys"].values())


@pytest.mark.parametrize("name", [*CONTRACT["lockbox"].values(), *CONTRACT["bucket_keys"].values()])
def test_a_name_of_the_contract_is_written_nowhere_in_the_roots(name: str):
    roots = ROOT / "terraform/environments"
    text = "".join(path.read_text() for path in roots.glob("*/*.tf"))

    assert f'"{name}"' not in text


def test_the_schema_file_is_what_the_provider_reports():
    schemas = json.loads(SCHEMA.read_text())["provider_schemas"]["yandex-cloud/yandex"]
    code = "".join(path.read_text() for path in (ROOT / "terraform").rglob("*.tf"))

    used = set(re.findall(r'^resource "(yandex_\w+)"', code, re.MULTILINE))
    read = set(re.findall(r'^data "(yandex_\w+)"', code, re.MULTILINE))

    assert len(used) > 20
    assert used <= schemas["resource_schemas"].keys()
    assert read <= schemas["data_source_schemas"].keys()
