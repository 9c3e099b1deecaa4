"""Each kind of mistake, planted into a copy, makes the checks fail, and no other of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

import pytest

from tests.terraform import policies
from tests.terraform.policies import Plan
from tests.terraform.workspace import ENVIRONMENTS, LABELS, Workspace

KAFKA = "modules/kafka/main.tf"
OPEN_RULE = """
resource "yandex_vpc_security_group_rule" "open" {
  security_group_binding = yandex_vpc_security_group.spark.id
  direction              = "ingress"
  protocol               = "TCP"
  port                   = 22
  v4_cidr_blocks         = ["0.0.0.0/0"]
}
"""


def said(answer: subprocess.CompletedProcess[str]) -> str:
    """What Terraform wrote, without the line breaks that depend on the terminal."""
    return " ".join(answer.stderr.split())


def test_a_wrong_argument_is_refused(workspace: Workspace):
    workspace.change(KAFKA, "brokers_count    =", "broker_count    =")

    answer = workspace.validated("modules/kafka")

    assert answer.returncode == 1
    assert 'Did you mean "brokers_count"?' in said(answer)


def test_a_wrong_attribute_of_a_nested_object_is_refused(workspace: Workspace):
    workspace.change("modules/airflow/main.tf", "{ enabled = true }", "{ enable = true }")

    answer = workspace.validated("modules/airflow")

    assert answer.returncode == 1
    assert "lockbox_secrets_backend" in said(answer)


def test_a_missing_required_argument_is_refused(workspace: Workspace):
    workspace.change("modules/subnet/main.tf", "  v4_cidr_blocks = [var.subnet_cidr]\n", "")

    answer = workspace.validated("modules/subnet")

    assert answer.returncode == 1
    assert 'argument "v4_cidr_blocks" is required' in said(answer)


def test_a_missing_required_block_is_refused(workspace: Workspace):
    group = workspace.path("modules/faust_group/main.tf")
    start, end = "  allocation_policy {\n", "  deploy_policy {\n"
    text = group.read_text()
    group.write_text(text[: text.index(start)] + text[text.index(end) :])

    answer = workspace.validated("modules/faust_group")

    assert answer.returncode == 1
    assert "allocation_policy" in said(answer)


def test_a_wrong_type_is_refused(workspace: Workspace):
    workspace.change(KAFKA, "schema_registry  = false", 'schema_registry  = "perhaps"')

    answer = workspace.validated("modules/kafka")

    assert answer.returncode == 1
    assert "a bool is required" in said(answer)


def test_an_output_that_the_provider_does_not_have_is_refused(workspace: Workspace):
    workspace.change("modules/postgresql/outputs.tf", '["main"].fqdn', '["main"].hostname')

    answer = workspace.validated("modules/postgresql")

    assert answer.returncode == 1
    assert "hostname" in said(answer)


@pytest.fixture(scope="module")
def careless(
    terraform_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Plan]:
    """Plans of a copy with every mistake that Terraform itself takes."""
    copy = Workspace.copied(tmp_path_factory.mktemp("careless") / "code", terraform_environment)
    for file, old, new in (
        ("modules/postgresql/main.tf", "= var.password", '= "correct horse battery staple"'),
        (
            "environments/session/main.tf",
            "= local.passwords.airflow_admin",
            '= "Planted-in-a-call-1"',
        ),
        (
            "environments/session/main.tf",
            "password = local.passwords.kafka_faust",
            'password = "planted-inside-of-a-value"',
        ),
        (
            "modules/subnet/main.tf",
            'name      = "${var.name}-nat"\n  labels    = var.labels',
            'name      = "${var.name}-nat"\n  labels    = merge(var.labels, { expires = "never" })',
        ),
        (
            "environments/session/main.tf",
            "bootstrap_servers = local.bootstrap_servers, user",
            "bootstrap_servers = nonsensitive(local.passwords.kafka_faust), user",
        ),
        (
            "modules/faust_group/main.tf",
            "= false\n    }\n\n    metadata",
            "= true\n    }\n\n    metadata",
        ),
        (
            "modules/network/main.tf",
            "security_group_id = yandex_vpc_security_group.mlflow.id",
            'v4_cidr_blocks    = ["0.0.0.0/0"]',
        ),
        (
            "modules/iam/main.tf",
            'spark         = ["managed-spark.integrationProvider"]',
            'spark         = ["managed-spark.integrationProvider", "storage.admin"]',
        ),
    ):
        copy.change(file, old, new)
    with copy.path("modules/network/main.tf").open("a") as network:
        network.write(OPEN_RULE)
    kafka = copy.path(KAFKA)
    kafka.write_text(kafka.read_text().replace("  labels              = var.labels\n", ""))
    return {root: Plan(copy.plan(root)) for root in ENVIRONMENTS}


def test_a_secret_in_plain_text_is_found(careless: dict[str, Plan]):
    found = policies.secrets_in_code(careless["session"])

    assert sorted(found) == [
        "module.airflow: admin_password",
        "yandex_mdb_postgresql_user.this: password",
    ]


def test_a_secret_is_found_wherever_its_plain_text_stands(careless: dict[str, Plan]):
    found = policies.secrets_from_elsewhere(careless["session"], "Double-of-a-secret-1")

    assert sorted(found) == [
        "module.airflow.yandex_airflow_cluster.this: admin_password",
        'module.kafka.yandex_mdb_kafka_user.this["faust"]: password',
        "module.postgresql.yandex_mdb_postgresql_user.this: password",
    ]


def test_a_secret_in_user_data_is_found(careless: dict[str, Plan]):
    found = policies.secrets_in_user_data(careless["session"], "Double-of-a-secret-1")

    assert found == ["module.faust_group.yandex_compute_instance_group.this"]


def test_a_label_that_is_missing_or_wrong_is_found(careless: dict[str, Plan]):
    found = policies.without_labels(careless["session"], LABELS["session"])

    assert sorted(line.partition(":")[0] for line in found) == [
        "module.kafka.yandex_mdb_kafka_cluster.this",
        "module.subnet.yandex_vpc_gateway.nat",
    ]


def test_an_open_port_is_found(careless: dict[str, Plan]):
    found = policies.open_ports(careless["persistent"])

    assert sorted(found) == [
        "module.network.yandex_vpc_security_group.postgresql: TCP 6432 from ['0.0.0.0/0']",
        "module.network.yandex_vpc_security_group_rule.open: TCP 22 from ['0.0.0.0/0']",
    ]


def test_a_public_host_is_found(careless: dict[str, Plan]):
    found = policies.public_things(careless["session"])

    assert found == ["module.faust_group.yandex_compute_instance_group.this: nat"]


def test_a_role_that_is_too_much_is_found(careless: dict[str, Plan]):
    found = policies.unexpected_roles(careless["persistent"])

    assert found == ["spark: storage.admin"]


def test_a_variable_without_a_description_is_found(workspace: Workspace):
    workspace.change(
        "modules/logging/variables.tf", '  description = "Days for which lines are kept."\n', ""
    )

    found = policies.careless_variables(workspace.path("modules/logging"))

    assert found == ["logging: keep_days has no description"]
