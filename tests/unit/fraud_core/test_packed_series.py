import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fraud_core.features import WindowSeries
from fraud_core.packed_series import PackedSeries, merge, pack

entries = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 10**11)), max_size=8)
customers = st.dictionaries(st.integers(0, 2**63 - 1), entries, max_size=8)


def series_of(rows):
    times, values = zip(*sorted(rows), strict=True) if rows else ((), ())
    return WindowSeries(times, values)


def content(series):
    return series.times.tolist(), np.diff(series.sums).tolist()


@given(customers)
def test_what_is_packed_is_found_again_under_its_key(rows):
    packed = pack({key: series_of(one) for key, one in rows.items()})
    assert packed.keys.tolist() == sorted(rows)
    for key, one in rows.items():
        assert content(packed.series(key)) == content(series_of(one))


@given(customers, customers)
def test_of_a_key_that_both_have_the_newer_entries_stay(newer, older):
    merged = merge(
        pack({key: series_of(one) for key, one in newer.items()}),
        pack({key: series_of(one) for key, one in older.items()}),
    )
    assert merged.keys.tolist() == sorted(older | newer)
    for key, one in (older | newer).items():
        assert content(merged.series(key)) == content(series_of(one))


def test_a_series_that_forgot_its_oldest_entries_is_packed_without_them():
    series = WindowSeries([10, 20, 30], [1, 2, 3])
    series.drop_until(10)
    assert content(pack({7: series}).series(7)) == ([20, 30], [2, 3])


def test_a_key_that_is_not_there_has_no_series_and_an_empty_one_has():
    packed = pack({5: WindowSeries([], [])})
    assert packed.series(4) is None
    assert packed.series(6) is None
    assert len(packed.series(5)) == 0
    assert PackedSeries.empty().series(5) is None


def test_a_series_taken_out_changes_on_its_own():
    packed = pack({5: WindowSeries([1], [10])})
    packed.series(5).add(2, 20)
    assert content(packed.series(5)) == ([1], [10])


def test_counts_of_frauds_are_kept_in_four_bytes():
    packed = PackedSeries(
        np.array([3]),
        np.array([0, 3]),
        np.arange(3, dtype=np.uint32),
        np.array([1, 0, 1], np.uint8),
    )
    series = packed.series(3, sum_type="I")
    assert (series.sums.itemsize, series.sums.tolist()) == (4, [0, 1, 1, 2])
