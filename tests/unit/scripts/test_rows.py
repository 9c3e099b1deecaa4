from __future__ import annotations

import pytest

from fraud_core.errors import ConfigError
from scripts.rows import Row, kept, read_rows, table, write_rows

FIRST, SECOND = "1" * 40, "2" * 40


def row(target: str, result: str = "passed", commit: str = FIRST, took_s: float = 61.0) -> Row:
    return Row(target, result, took_s, commit, "2026-11-23")


def test_a_new_pass_begins_with_no_row():
    assert kept([row("check"), row("demo")], {"check", "demo"}, FIRST, resume=False) == ()


def test_rows_of_targets_that_are_not_asked_for_stay_whatever_their_commit():
    rows = [row("check"), row("demo", "exit code 2")]

    assert kept(rows, {"check"}, SECOND, resume=False) == (rows[1],)


def test_a_pass_that_goes_on_keeps_what_has_passed_at_its_commit_and_nothing_else():
    rows = [row("check"), row("demo", "exit code 2"), row("test", commit=SECOND)]

    assert kept(rows, {"check", "demo", "test"}, FIRST, resume=True) == (rows[0],)


def test_the_table_has_the_order_of_the_targets_and_names_what_is_missing():
    lines = list(table([row("demo"), row("check")], ["check", "wheel", "demo"], [], "2 cores"))

    assert [line for line in lines if "make " in line][1:] == [
        "| `make check` | passed | 1:01 | 11111111, 2026-11-23 |",
        "| `make demo` | passed | 1:01 | 11111111, 2026-11-23 |",
    ]
    assert lines[-2:] == ["2 of 3 passed in 2:02.", "Not run yet: wheel."]


def test_what_is_never_run_is_told_once_the_table_is_whole():
    left_out = {"cloud-up": "costs money"}

    whole = "\n".join(table([row("check")], ["check"], left_out.items(), "2 cores"))
    part = "\n".join(table([row("check")], ["check", "demo"], left_out.items(), "2 cores"))

    assert "| `make cloud-up` | left out: costs money | | |" in whole
    assert "left out" not in part


def test_rows_are_read_as_they_were_written(tmp_path):
    file = tmp_path / "rows.json"
    assert read_rows(file) == ()

    write_rows(file, [row("check"), row("demo", "exit code 2", SECOND)])

    assert read_rows(file) == (row("check"), row("demo", "exit code 2", SECOND))
    assert [path.name for path in tmp_path.iterdir()] == ["rows.json"]


@pytest.mark.parametrize("text", ["no JSON", '[{"target": "check"}]', "[1]"])
def test_a_file_with_something_else_is_refused_with_the_remedy(tmp_path, text: str):
    file = tmp_path / "rows.json"
    file.write_text(text)

    with pytest.raises(ConfigError, match="remove it to begin anew"):
        read_rows(file)
