import logging

import pytest

from faust_scorer.workers_file import WorkersFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "workers"


def test_a_number_is_said_once(path):
    file = WorkersFile(path, 12)
    path.write_text("3\n")
    assert [file.asked_for(), file.asked_for()] == [3, None]
    path.write_text("2")
    assert file.asked_for() == 2


def test_a_file_that_is_not_there_asks_for_nothing(path):
    assert WorkersFile(path, 12).asked_for() is None


@pytest.mark.parametrize("text", ["", "0", "13", "-1", "1.5", "three", "²", "\x00"])
def test_what_is_no_number_of_workers_is_said_and_changes_nothing(path, text, caplog):
    path.write_text(text)
    file = WorkersFile(path, 12)
    with caplog.at_level(logging.WARNING):
        assert [file.asked_for(), file.asked_for()] == [None, None]
    (record,) = caplog.records
    assert "from 1 to 12" in record.getMessage()
