"""Terraform with the double of the provider, for all tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.terraform.policies import Plan
from tests.terraform.workspace import ENVIRONMENTS, TOOLS, Workspace, provider_double


@pytest.fixture(scope="session")
def tools() -> Path:
    """Folder of the programs of `requirements/terraform.txt`."""
    if not (TOOLS / "python").exists():
        pytest.fail(f"{TOOLS} is not there: run `make terraform-tools`, or set TERRAFORM_TOOLS")
    return TOOLS


@pytest.fixture(scope="session")
def terraform_environment(
    tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """Variables with which Terraform finds the double."""
    if shutil.which("terraform") is None:
        message = "terraform is not on PATH: install version 1.9 or newer"
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    with provider_double(tmp_path_factory.mktemp("provider")) as environment:
        yield environment


@pytest.fixture
def workspace(tmp_path: Path, terraform_environment: Mapping[str, str]) -> Workspace:
    """A copy of the code that a test may change."""
    return Workspace.copied(tmp_path / "code", terraform_environment)


@pytest.fixture(scope="session")
def pristine(
    terraform_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """A copy of the code for all tests that leave it as it is."""
    return Workspace.copied(tmp_path_factory.mktemp("pristine") / "code", terraform_environment)


@pytest.fixture(scope="session")
def plans(
    terraform_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Plan]:
    """What each root would create."""
    copy = Workspace.copied(tmp_path_factory.mktemp("plans") / "code", terraform_environment)
    return {root: Plan(copy.plan(root)) for root in ENVIRONMENTS}
