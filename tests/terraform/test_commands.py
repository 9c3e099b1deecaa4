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

    assert not session.was_applied()
    assert not standing.was_applied(), "outputs alone are nothing to destroy"


def test_a_root_whose_state_is_elsewhere_is_asked_for_what_it_holds(workspace: Workspace):
    session = root(workspace, "session")
    elsewhere = workspace.folder / "elsewhere.tfstate"
    backend = f'terraform {{\n  backend "local" {{\n    path = "{elsewhere}"\n  }}\n}}\n'
    (session.folder / "backend.tf").write_text(backend)
    assert not session.was_applied(), "there is no state"

    held = {"mode": "managed", "type": "terraform_data", "name": "one", "instances": [{}]}
    provider = 'provider["terraform.io/builtin/terraform"]'
    state = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "a"}
    made = {**held, "provider": provider}
    read = {**made, "mode": "data", "type": "terraform_remote_state"}
    for resources, is_something in (([made, read], True), ([read], False), ([], False)):
        elsewhere.write_text(json.dumps({**state, "outputs": {}, "resources": resources}))
        assert session.was_applied() == is_something


def test_a_state_that_cannot_be_read_is_no_empty_one(workspace: Workspace):
    session = root(workspace, "session")
    (session.folder / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (session.folder / "terraform.tfstate").write_text("no state")

    with pytest.raises(SurroundingsError, match=r"terraform \w+( \w+)? fails in .*session"):
        session.was_applied()


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
