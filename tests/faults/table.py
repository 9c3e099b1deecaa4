"""What each fault cost, as a Markdown table at the end of a run of the tests."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

FIGURES = "figures of a fault"
"""The property of a test's report; `Account.figures` gives it."""

COLUMNS = (
    *("records in", "predictions", "dead letters", "missing", "answered twice"),
    *("twice, s", "longest gap, s", "longest wait, s"),
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the table where there is something in it."""
    reports = (report for passed in terminalreporter.stats.values() for report in passed)
    found = [
        (report.nodeid.rpartition("/")[-1], cells)
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, cells in report.user_properties
        if name == FIGURES
    ]
    if found:
        terminalreporter.section("what the faults cost")
        for line in lines(found):
            terminalreporter.write_line(line)


def lines(rows: Iterable[tuple[str, Iterable[str]]]) -> Iterable[str]:
    """Lines of Markdown: a test and its figures in each row."""
    yield f"| test | {' | '.join(COLUMNS)} |"
    yield f"|---{'|---:' * len(COLUMNS)}|"
    for test, cells in rows:
        yield f"| `{test}` | {' | '.join(cells)} |"
