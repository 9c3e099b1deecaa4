import numpy as np
import pytest

from benchmarks.search import Knee
from benchmarks.validation import report_of


def test_only_confirmed_answers_are_decided_and_only_decided_ones_can_be_inside():
    found = [
        (Knee(100, 109, confirmed=True), 6),
        (Knee(100, 105, confirmed=True), 8),
        (Knee(100, 109, confirmed=False), 30),
        (Knee(None, 109, confirmed=False), 4),
    ]
    report = report_of(found, np.array([104.0, 106.0, 104.0, 90.0]))
    assert (report.searches, report.decided, report.inside) == (4, 2, 1)
    assert (report.inside_share, report.undecided_share) == (0.5, 0.5)
    assert (report.width_median, report.width_max) == (pytest.approx(1.07), pytest.approx(1.09))
    assert (report.runs_median, report.runs_max) == (7, 30)


def test_the_rate_that_was_lost_is_not_inside():
    found = [(Knee(100, 109, confirmed=True), 6)] * 2
    assert report_of(found, np.array([100.0, 109.0])).inside == 1


def test_where_nothing_is_decided_nothing_is_inside():
    report = report_of([(Knee(None, None, confirmed=False), 3)], np.array([100.0]))
    assert (report.inside_share, report.undecided_share) == (0, 1)
    assert np.isnan(report.width_max)
