"""What must hold for everything that the two roots create, as functions of a plan.

Each returns what breaks it: a test asks for an empty list, a planted error for a full one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.terraform.workspace import SCHEMA

PUBLIC_FLAGS = ("nat", "assign_public_ip", "read", "list", "config_read")
TUNNEL_HOST = "module.mlflow.yandex_compute_instance.this"
SECRET_NAME = re.compile(r"password|secret_key|token|private_key|text_value")
# Of values, not of names for them, as in `password_key` and `entry_for_secret_key`.
_IS_SECRET = re.compile(r"(?<!entry_for_)(password|secret_key|token|private_key)$")
# Account -> roles in the folder. A role that is not here is one that nobody thought about.
# The two editors are the reaper's, which stops Kafka and PostgreSQL and nothing else of theirs.
FOLDER_ROLES = {
    "airflow": {
        "managed-airflow.integrationProvider",
        "managed-spark.editor",
        "compute.editor",
        "vpc.user",
        "lockbox.viewer",
        "managed-kafka.editor",
        "managed-postgresql.editor",
    },
    "faust-manager": {"compute.editor", "vpc.user"},
    "spark": {"managed-spark.integrationProvider"},
}
MAY_USE = {
    ("airflow", "spark"),
    ("airflow", "faust"),
    ("airflow", "faust-manager"),
    ("faust-manager", "faust"),
}
_SCHEMAS = json.loads(SCHEMA.read_text())["provider_schemas"]["yandex-cloud/yandex"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a plan: where, which type, its values; unknown ones are missing."""

    address: str
    type: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as `terraform show -json` tells it."""

    document: dict[str, Any]

    def resources(self) -> Iterator[Resource]:
        """Everything that would be created, of all modules."""
        yield from _resources(self.document["planned_values"]["root_module"])

    def configured(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Address and expressions of each resource and module as they are written."""
        yield from _configured(self.document["configuration"]["root_module"])


def _resources(module: dict[str, Any]) -> Iterator[Resource]:
    for one in module.get("resources", []):
        yield Resource(one["address"], one["type"], one["values"])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _configured(module: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in module.get("resources", []):
        yield one["address"], one.get("expressions", {})
    for name, call in module.get("module_calls", {}).items():
        yield f"module.{name}", call.get("expressions", {})
        yield from _configured(call["module"])


def without_labels(plan: Plan, labels: Mapping[str, str]) -> list[str]:
    """Resources that can carry labels (buckets: tags) and lack one, or have it with another value.

    Args:
        plan: of a root.
        labels: by which everything of this root is found again.
    """
    return [
        f"{one.address}: labels are {found}"
        for one in plan.resources()
        for found in _label_sets(one)
        if not (found or {}).items() >= labels.items()
    ]


def _label_sets(one: Resource) -> Iterator[dict[str, str] | None]:
    if one.type == "yandex_storage_bucket":
        yield one.values.get("tags")
    elif "labels" in _SCHEMAS["resource_schemas"].get(one.type, {"block": {}})["block"].get(
        "attributes", {}
    ):
        yield one.values.get("labels")
    for template in one.values.get("instance_template", []):
        yield template.get("labels")


def open_ports(plan: Plan) -> list[str]:
    """Ways in from addresses, but SSH to MLflow from the ones that a variable gives."""
    return [
        f"{one.address}: {rule['protocol']} {rule['port']} from {rule['v4_cidr_blocks']}"
        for one in plan.resources()
        for rule in _ways_in(one)
        if _addresses(rule) and not _is_ssh_of_mlflow(one, rule)
    ]


def _ways_in(one: Resource) -> Iterator[dict[str, Any]]:
    yield from one.values.get("ingress", [])
    # A rule may also be a resource of its own.
    if one.values.get("direction") == "ingress":
        yield one.values


def _addresses(rule: dict[str, Any]) -> list[str]:
    return (rule.get("v4_cidr_blocks") or []) + (rule.get("v6_cidr_blocks") or [])


def _is_ssh_of_mlflow(one: Resource, rule: dict[str, Any]) -> bool:
    given = _addresses(rule) == ["203.0.113.7/32"]
    return one.address.endswith("security_group.mlflow") and rule["port"] == 22 and given


def public_things(plan: Plan) -> list[str]:
    """Everything that would get a public address or anonymous readers, but MLflow's tunnel."""
    found = []
    for one in plan.resources():
        text = json.dumps(one.values)
        if one.address != TUNNEL_HOST:
            found += [
                f"{one.address}: {flag}" for flag in PUBLIC_FLAGS if f'"{flag}": true' in text
            ]
        if one.type == "yandex_vpc_address":
            found.append(one.address)
    return found


def secrets_in_code(plan: Plan) -> list[str]:
    """Arguments for secrets whose value is written in the code."""
    return [
        f"{address}: {name}"
        for address, expressions in plan.configured()
        for name, expression in _named_expressions(expressions)
        if SECRET_NAME.search(name) and isinstance(expression.get("constant_value"), str)
    ]


def secrets_from_elsewhere(plan: Plan, secret: str) -> list[str]:
    """Secrets with another value than the one that Lockbox gives, wherever it is written.

    Args:
        plan: of a root whose data sources answer with `secret`.
        secret: what the double of Lockbox holds under every key.
    """
    return [
        f"{one.address}: {name}"
        for one in plan.resources()
        for name, value in _named_texts(one.values)
        # The double calls what the cloud makes by its own name.
        if _IS_SECRET.search(name) and value not in (secret, f"double-{name}")
    ]


def _named_texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a value with the name under which it is there, also inside of JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _named_texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_texts(inner, name)
    elif isinstance(value, str) and name == "text_value" and value.startswith("{"):
        yield from _named_texts(json.loads(value))
    elif isinstance(value, str) and value:
        yield name, value


def _named_expressions(expressions: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(expressions, list):
        for one in expressions:
            yield from _named_expressions(one)
    elif isinstance(expressions, dict):
        for name, one in expressions.items():
            if isinstance(one, dict) and ("constant_value" in one or "references" in one):
                yield name, one
            else:
                yield from _named_expressions(one)


def secrets_in_user_data(plan: Plan, secret: str) -> list[str]:
    """Hosts whose metadata holds a secret's text; files in it are encoded in base64."""
    found = []
    for one in plan.resources():
        text = json.dumps([one.values.get("metadata"), one.values.get("instance_template")])
        if secret in text or any(secret in inner for inner in _decoded(text)):
            found.append(one.address)
    return found


def _decoded(text: str) -> Iterator[str]:
    for word in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text):
        if len(word) % 4 == 0:
            yield base64.b64decode(word).decode(errors="replace")


def unexpected_roles(plan: Plan) -> list[str]:
    """Grants that the tables above do not have, and those of the tables that are missing."""
    folder: set[tuple[str, str]] = set()
    uses: set[tuple[str, str]] = set()
    others: set[tuple[str, str]] = set()
    for one in plan.resources():
        if not one.type.endswith("iam_member"):
            continue
        key = (re.findall(r'\["([^"]+)"\]$', one.address) or [""])[0]
        who, _, what = key.partition("/")
        if one.type == "yandex_resourcemanager_folder_iam_member":
            folder.add((who, one.values["role"]))
        elif one.type == "yandex_iam_service_account_iam_member":
            uses.add((who, what))
            others.add((one.type, one.values["role"]))
        else:
            others.add((one.type, one.values["role"]))
    wanted = {(who, role) for who, roles in FOLDER_ROLES.items() for role in roles}
    allowed = {
        ("yandex_iam_service_account_iam_member", "iam.serviceAccounts.user"),
        ("yandex_lockbox_secret_iam_member", "lockbox.payloadViewer"),
    }
    wrong = (folder ^ wanted if folder else set()) | (uses ^ MAY_USE if uses else set())
    return [f"{who}: {what}" for who, what in sorted(wrong | (others - allowed))]


def readers_of(plan: Plan, key: str) -> set[str]:
    """Who may read an object by the bucket's policy: names as in its statements.

    Args:
        plan: of the persistent root.
        key: of the object.
    """
    (one,) = (one for one in plan.resources() if one.type == "yandex_storage_bucket_policy")
    name = f"arn:aws:s3:::{one.values['bucket']}/{key}"
    return {
        statement["Sid"].partition("-")[0]
        for statement in json.loads(one.values["policy"])["Statement"]
        if {"s3:GetObject", "s3:*"} & set(statement["Action"])
        and any(fnmatchcase(name, pattern) for pattern in statement["Resource"])
    }


_BLOCK = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
# An id that another resource made can only be wrong together with the code.
_WIRED = re.compile(
    r"(_id|_ids|^bucket|^kafka|^password_secret|^secret_entries|^manager_account_id)$"
)


def careless_variables(folder: Path) -> list[str]:
    """Variables without description, type, or a validation where a value can be wrong."""
    found = []
    for name, body in _BLOCK.findall((folder / "variables.tf").read_text()):
        is_flag = "type        = bool" in body
        found += [
            f"{folder.name}: {name} has no {needed}"
            for needed in ("description", "type")
            if not re.search(rf"^  {needed} +=", body, re.MULTILINE)
        ]
        wired = folder.parent.name == "modules" and _WIRED.search(name)
        if "validation {" not in body and not is_flag and not wired:
            found.append(f"{folder.name}: {name} has no validation")
    return found


def untested_validations(folder: Path) -> list[str]:
    """Variables whose validation no test file expects to fail."""
    text = "".join(path.read_text() for path in (folder / "tests").glob("*.tftest.hcl"))
    return [
        f"{folder.name}: {name}"
        for name, body in _BLOCK.findall((folder / "variables.tf").read_text())
        if "validation {" in body and f"var.{name}," not in text and f"var.{name}]" not in text
    ]


def other_providers(folder: Path) -> list[str]:
    """Provider sources that are not the cloud's."""
    sources = re.findall(r'source\s*=\s*"([\w.-]+/[\w.-]+)"', (folder / "versions.tf").read_text())
    return [source for source in sources if source != "yandex-cloud/yandex"]
