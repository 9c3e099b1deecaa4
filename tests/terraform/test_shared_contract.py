"""What Terraform and the Python code must agree on."""

from __future__ import annotations

import json
import re

import pytest

from fraud_cloud.contract import load_contract
from fraud_core.topics import PARTITIONS, TopicNames
from fraud_yandex.engines import JobFiles
from fraud_yandex.names import Cell, Names
from fraud_yandex.session import Session
from tests.terraform.hosts import files_of
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


def test_both_engines_get_instances_of_the_size_that_the_session_has(plans: dict[str, Plan]):
    session = _session_as_airflow_reads_it(plans["session"])
    unit = files_of(plans, "module.faust_group")["etc/systemd/system/streamgauge-faust.service"]
    faust = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
    jobs = JobFiles(Names("r1", "b", load_contract()), "3.5.7", session.instance_memory_mb)
    spark = jobs.scoring_job(Cell("spark", 1), 1).properties

    memory = (spark[f"spark.executor.{name}"] for name in ("memory", "memoryOverhead"))
    spark_mb = sum(int(part.removesuffix("m")) for part in memory)
    assert faust["MemoryMax"] == f"{spark_mb}M" == f"{session.instance_memory_mb}M"
    assert faust["CPUQuota"] == f"{100 * session.instance_cpu:g}%"
    assert spark["spark.executor.cores"] == f"{session.instance_cpu:g}"


def _session_as_airflow_reads_it(plan: Plan) -> Session:
    name = CONTRACT["lockbox"]["variable"]
    (version,) = [
        one.values["entries"]
        for one in plan.resources()
        if one.type == "yandex_lockbox_secret_version" and name in one.address
    ]
    return Session.from_variable(json.loads(version[0]["text_value"]), load_contract())


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
