"""checkov's rules for this cloud, without its downloads."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.terraform.workspace import ROOT

# It ends with a KeyError on a rule without addresses; test_policies.py looks for open ports itself.
BROKEN_CHECK = "CKV_YC_19"


def checked(tools: Path, folder: Path) -> dict[str, Any]:
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
    report: dict[str, Any] = json.loads(answer.stdout)
    return report


def test_no_rule_of_checkov_is_broken_without_a_reason(tools: Path):
    report = checked(tools, ROOT / "terraform")

    broken = [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]]

    assert broken == []
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] >= 8


def test_every_exception_gives_its_reason():
    code = "".join(path.read_text() for path in (ROOT / "terraform").rglob("*.tf"))

    exceptions = re.findall(r"checkov:skip=(\w+)(.*)", code)

    assert exceptions
    assert all(len(reason) > 20 for _, reason in exceptions)


def test_checkov_finds_a_public_cluster(tools: Path, tmp_path: Path):
    (tmp_path / "main.tf").write_text(
        'resource "yandex_mdb_kafka_cluster" "this" {\n  name = "x"\n'
        '  config {\n    version = "4.0"\n    zones = ["a"]\n    assign_public_ip = true\n  }\n}\n'
    )

    report = checked(tools, tmp_path)

    assert {one["check_id"] for one in report["results"]["failed_checks"]} >= {"CKV_YC_12"}
