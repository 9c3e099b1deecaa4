"""The Terraform code is formatted, valid for the provider's schema, and its own tests pass."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.terraform.workspace import ENVIRONMENTS, FOLDERS, MODULES, ROOT, Workspace


def test_the_code_is_formatted(terraform_environment):
    answer = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", ROOT / "terraform"],
        env=dict(terraform_environment),
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("root", ENVIRONMENTS)
def test_names_types_and_required_arguments_are_the_providers(pristine: Workspace, root: str):
    answer = pristine.validated(f"environments/{root}")

    assert answer.returncode == 0, answer.stdout + answer.stderr
    # A warning is a deprecated argument.
    assert "Warning" not in answer.stdout


def test_every_module_is_part_of_a_root_and_validated_with_it():
    text = "".join(
        (ROOT / f"terraform/environments/{root}/main.tf").read_text() for root in ENVIRONMENTS
    )

    assert set(re.findall(r'source = "../../modules/(\w+)"', text)) == set(MODULES)


@pytest.mark.parametrize("folder", FOLDERS)
def test_terraform_test_passes(pristine: Workspace, folder: str):
    pristine.initialised(folder)

    answer = pristine.terraform(folder, "test", "-no-color")

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 passed" not in answer.stdout


def test_every_script_of_the_hosts_can_be_parsed():
    scripts = sorted((ROOT / "terraform/bootstrap").glob("*.sh"))

    broken = {script.name: _syntax_error(script) for script in scripts}

    assert len(broken) == 4
    assert not any(broken.values()), broken


def _syntax_error(script: Path) -> str:
    return subprocess.run(["bash", "-n", script], capture_output=True, text=True).stderr
