from datetime import UTC, datetime

import pytest

from benchmarks.store import load_run, new_run_id, run_folder_of, save, write_whole
from fraud_core.errors import ConfigError
from tests.unit.benchmarks.results import run_of, step_of

NOW = datetime(2026, 11, 2, 12, 4, 31, tzinfo=UTC)


def test_a_run_id_says_what_and_when_and_is_not_taken_twice():
    assert new_run_id("smoke", NOW).startswith("smoke-20261102-120431-")
    assert new_run_id("smoke", NOW) != new_run_id("smoke", NOW)


def test_a_run_comes_back_as_it_was_saved(tmp_path):
    run = run_of(step_of())
    save(tmp_path / "run.json", run)
    assert load_run(tmp_path) == run


def test_writing_leaves_no_other_file(tmp_path):
    write_whole(tmp_path / "a", "1")
    write_whole(tmp_path / "a", "2")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "2"


def test_a_run_that_is_not_there_names_those_that_are(tmp_path):
    (tmp_path / "smoke-1").mkdir()
    save(tmp_path / "smoke-1" / "run.json", run_of())
    with pytest.raises(ConfigError, match="known runs: smoke-1"):
        load_run(tmp_path / "smoke-2")


def test_another_schema_is_an_error_that_says_so(tmp_path):
    (tmp_path / "run.json").write_text('{"schema_version": 0}')
    with pytest.raises(ConfigError, match="no result of schema version 2"):
        load_run(tmp_path)


def test_a_run_is_found_by_id_or_by_folder(tmp_path):
    folder = tmp_path / "smoke-1"
    folder.mkdir()
    save(folder / "run.json", run_of())
    assert run_folder_of("smoke-1", tmp_path) == folder
    assert run_folder_of(str(folder), tmp_path / "elsewhere") == folder
