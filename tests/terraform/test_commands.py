"""Our commands call the real Terraform as it wants to be called."""

from __future__ import annotations

import json

import pytest

from fraud_cloud.clock import Clock
from fraud_cloud.errors import SurroundingsError
from fraud_cloud.sizes import sizes_of
from fraud_cloud.terraform import Root
from tests.terraform.workspace import STANDING, VARIABLES, Workspace


def root(workspace: Workspace, name: str) -> Root:
    folder = workspace.path(f"environments/{name}")
    return Root(folder, workspace.environment, Clock(), retry_s=0.0)


def test_a_session_is_planned_its_price_is_known_and_its_plan_is_forgotten(workspace: Workspace):
    session = root(workspace, "session")
    # As `up` gives them: what the person filled in, and the session in a file of its own.
    values = dict(VARIABLES["session"])
    named = {name: values.pop(name) for name in ("run", "expires")}
    (session.folder / "terraform.tfvars.json").write_text(json.dumps(values))
    (session.folder / "session.auto.tfvars.json").write_text(json.dumps(named))

    sizes = sizes_of(session.planned())

    assert {"Kafka", "PostgreSQL", "NAT gateway"} <= {one.what for one in sizes}
    assert list(session.folder.glob("*.tfplan"))
    session.forget_plan()
    assert not list(session.folder.glob("*.tfplan"))


def test_outputs_of_what_was_applied_are_read(workspace: Workspace):
    standing = root(workspace, "persistent")

    assert standing.outputs()["bucket"] == STANDING["bucket"]


def test_a_root_counts_as_applied_by_what_its_state_holds(workspace: Workspace):
    session, standing = root(workspace, "session"), root(workspace, "persistent")

    assert not session.was_applied
    assert not standing.was_applied, "outputs alone are nothing to destroy"
    (session.folder / "backend.tf").touch()
    assert session.was_applied


def test_what_terraform_refuses_is_an_error_that_names_the_root(workspace: Workspace):
    workspace.change("environments/session/main.tf", 'module "subnet" {', 'module "subnet" {{')

    with pytest.raises(SurroundingsError, match=r"terraform init fails in .*session"):
        root(workspace, "session").planned()


def test_what_the_person_filled_in_is_read(workspace: Workspace):
    session = root(workspace, "session")
    assert session.variable("folder_id") is None

    example = session.folder / "terraform.tfvars.example"
    (session.folder / "terraform.tfvars").write_text(example.read_text())

    assert session.variable("folder_id") == "b1g00000000000000000"
    assert session.variable("ssh_public_key") is None, "it is a comment"
