import numpy as np

from benchmarks.percentile import nearest_rank


def test_the_percentile_of_nothing_is_none():
    assert nearest_rank(np.array([]), 0.5) is None


def test_every_percentile_is_a_measured_value():
    values = np.array([30.0, 10.0, 20.0, 40.0])
    assert [nearest_rank(values, share) for share in (0.25, 0.5, 0.51, 1.0)] == [10, 20, 30, 40]


def test_rounding_in_binary_does_not_move_the_rank():
    values = np.arange(1.0, 101.0)
    assert nearest_rank(values, 0.95) == 95
    assert nearest_rank(values, 0.99) == 99


def test_lost_records_are_the_tail():
    values = np.array([1.0] * 98 + [np.inf] * 2)
    assert nearest_rank(values, 0.98) == 1.0
    assert nearest_rank(values, 0.99) == np.inf
