from datetime import UTC, datetime

import pytest

from benchmarks.store import (
    check_run_id,
    load_run,
    load_steps,
    new_run_id,
    only_one,
    require_space,
    run_folder_of,
    save,
    set_aside,
    step_folder,
    write_whole,
)
from fraud_core.errors import ConfigError, SurroundingsError
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


def test_a_full_disk_is_exit_code_five_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "run.json"
    write_whole(path, "old")
    (tmp_path / "run.json.tmp").symlink_to("/dev/full")
    with pytest.raises(SurroundingsError, match=r"no space left for .*run\.json") as caught:
        write_whole(path, "new")
    assert caught.value.exit_code == 5
    assert path.read_text() == "old"


def test_a_disk_without_room_is_refused_before_anything_begins(tmp_path):
    require_space(tmp_path, 1)
    with pytest.raises(SurroundingsError, match="are needed: free some"):
        require_space(tmp_path, 1e18)


def test_steps_are_read_in_the_order_in_which_they_were_measured(tmp_path):
    later = step_of().model_copy(update={"window_start_ms": 2})
    earlier = step_of("spark").model_copy(update={"window_start_ms": 1})
    for step in (later, earlier):
        step_folder(tmp_path, step.id).mkdir(parents=True)
        save(step_folder(tmp_path, step.id) / "step.json", step)
    assert load_steps(tmp_path) == [earlier, later]
    set_aside(tmp_path, later.id)
    assert load_steps(tmp_path) == [earlier]


@pytest.mark.parametrize("run_id", ["", "a/b", "..", "a b", "-x"])
def test_a_run_id_is_a_name(run_id):
    with pytest.raises(ConfigError, match="--run-id"):
        check_run_id(run_id)


def test_a_second_process_is_kept_out(tmp_path):
    with only_one(tmp_path, "run"), only_one(tmp_path, "faust-1"):
        again = only_one(tmp_path, "run")
        with pytest.raises(ConfigError, match="another process measures run"):
            again.__enter__()
    with only_one(tmp_path, "run"):
        pass
