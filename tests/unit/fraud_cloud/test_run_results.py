from __future__ import annotations

from pathlib import Path

import pytest

from fraud_cloud.errors import SurroundingsError
from fraud_cloud.run_results import files_below, top_of
from fraud_cloud.running import exit_code

TOP = "runs/r1/results/"


def test_a_campaign_is_where_the_highest_run_json_is():
    keys = [f"{TOP}steps/a/run.json", f"{TOP}run.json", f"{TOP}report.html"]

    assert top_of(keys) == TOP
    assert top_of([f"{TOP}r1/run.json"]) == f"{TOP}r1/"
    assert top_of([f"{TOP}report.html"]) is None


def test_every_object_below_becomes_a_file_but_locks_and_halves():
    keys = [f"{TOP}run.json", f"{TOP}steps/a/step.json", f"{TOP}.r1.lock", f"{TOP}x.tmp", TOP]

    found = files_below(keys, TOP, Path("here"))

    assert list(found.values()) == [Path("here/run.json"), Path("here/steps/a/step.json")]


@pytest.mark.parametrize("key", ["../evil", "/etc/evil", "steps/../../evil"])
def test_a_key_that_leads_out_of_the_folder_is_refused(key: str):
    with pytest.raises(SurroundingsError, match="outside of here"):
        files_below([TOP + key], TOP, Path("here"))


@pytest.mark.parametrize(
    ("end", "measured", "code"),
    [
        ("success", 0, 0),
        ("success", 3, 3),
        ("failed", 4, 4),
        ("failed", 0, 5),
        ("success", None, 5),
        ("failed", None, 5),
    ],
)
def test_the_exit_code_is_the_campaigns_unless_the_run_failed_without_a_reason_in_it(
    end: str, measured: int | None, code: int
):
    assert exit_code(end, measured) == code
