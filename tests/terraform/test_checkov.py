"""checkov's rules for this cloud, without its downloads."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.workspace import ROOT

# It ends with a KeyError on a rule without addresses; test_policies.py looks for open ports itself.
BROKEN_CHECK = "CKV_YC_19"


PUBLIC = """\
resource "yandex_mdb_kafka_cluster" "this" {
  name = "x"
  config {
    version          = "4.0"
    zones            = ["a"]
    assign_public_ip = true
  }
}
"""


@pytest.fixture(scope="module")
def report(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of the code, and of a public cluster planted beside it: each start takes 9 s of CPU."""
    folder = tmp_path_factory.mktemp("checked")
    left = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan", "*.tfvars")
    shutil.copytree(ROOT / "terraform", folder / "terraform", ignore=left)
    (folder / "planted").mkdir()
    (folder / "planted/main.tf").write_text(PUBLIC)
    answer = subprocess.run(
        [
            tools / "python", tools / "checkov", "--directory", folder, "--framework", "terraform",
            "--skip-download", "--skip-check", BROKEN_CHECK, "--output", "json", "--quiet",
        ],
        capture_output=True,
        text=True,
        timeout=240,
    )  # fmt: skip
    assert answer.stdout, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def broken(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Rule and file of everything that is not as it should be."""
    return [(one["check_id"], one["file_path"]) for one in report["results"]["failed_checks"]]


def test_no_rule_of_checkov_is_broken_without_a_reason(report: dict[str, Any]):
    assert [one for one in broken(report) if not one[1].startswith("/planted/")] == []
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] >= 8


def test_checkov_finds_a_public_cluster(report: dict[str, Any]):
    assert ("CKV_YC_12", "/planted/main.tf") in broken(report)


def test_every_exception_gives_its_reason():
    code = "".join(path.read_text() for path in (ROOT / "terraform").rglob("*.tf"))

    exceptions = re.findall(r"checkov:skip=(\w+)(.*)", code)

    assert exceptions
    assert all(len(reason) > 20 for _, reason in exceptions)
