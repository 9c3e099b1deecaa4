import logging

import pytest

from faust_scorer.repeated_lines import ONCE_IN_S, RepeatedLines, thin_out


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(clock):
    return RepeatedLines(clock)


def line(name="aiokafka.client", text="no node %s", *values):
    return logging.LogRecord(name, logging.ERROR, "", 1, text, values, None)


def test_a_line_of_a_library_is_written_once_in_a_while(lines, clock):
    assert lines.filter(line())
    clock.now_s = ONCE_IN_S - 0.1
    assert not lines.filter(line())
    clock.now_s = ONCE_IN_S
    assert lines.filter(line())


def test_lines_that_differ_in_their_values_are_of_one_kind(lines):
    assert lines.filter(line("aiokafka.client", "no node %s", 1))
    assert not lines.filter(line("aiokafka.client", "no node %s", 2))


def test_another_text_or_another_part_of_the_library_is_another_kind(lines):
    assert lines.filter(line())
    assert lines.filter(line(text="no leader"))
    assert lines.filter(line(name="aiokafka.conn"))


@pytest.fixture
def its_logger():
    logger = logging.getLogger("aiokafka.conn")
    before = list(logger.filters)
    yield logger
    logger.filters[:] = before


def test_the_librarys_lines_are_thinned_out_and_ours_are_not(clock, caplog, its_logger):
    thin_out(clock)
    ours = logging.getLogger("faust_scorer.agent")
    for logger in (ours, its_logger, ours, its_logger):
        logger.warning("no node")
    names = [record.name for record in caplog.records]
    assert names == [ours.name, its_logger.name, ours.name]
