import numpy as np
import pytest

from fraud_core.distribution import counts_in, distribution_of, profile_of, psi

NORMAL = np.random.default_rng(4).normal(size=50_000)


def test_bins_hold_about_equally_many():
    found = distribution_of(NORMAL)
    assert len(found.shares) == len(found.edges) + 1 == 10
    assert found.shares == pytest.approx([0.1] * 10, abs=0.001)
    assert found.rows == 50_000


def test_equal_values_are_never_apart():
    found = distribution_of(np.array([0.0] * 90 + [1.0] * 10))
    assert found.edges == (0.0,)
    assert found.shares == (0.9, 0.1)


def test_one_value_alone_is_one_bin():
    found = distribution_of(np.full(7, 3.0))
    assert (found.edges, found.shares) == ((), (1.0,))
    assert psi(found, np.full(3, 9.0)) == 0.0


def test_a_bin_takes_its_upper_edge():
    assert counts_in(np.array([1.0, 1.5, 2.0, 2.5]), (1.0, 2.0)).tolist() == [1, 2, 1]


def test_the_same_distribution_has_no_shift_and_another_one_has():
    profile = distribution_of(NORMAL[:25_000])
    assert psi(profile, NORMAL[25_000:]) < 0.002
    assert psi(profile, NORMAL[25_000:] + 1) > 0.25


def test_an_empty_bin_has_a_finite_index():
    assert np.isfinite(psi(distribution_of(NORMAL), np.full(2000, 5.0)))


def test_psi_of_shares_by_hand():
    profile = distribution_of(np.array([0.0] * 50 + [1.0] * 50))
    later = np.array([0.0] * 25 + [1.0] * 75)
    by_hand = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert psi(profile, later) == pytest.approx(by_hand)


def test_a_profile_is_by_column():
    table = np.stack([NORMAL, NORMAL * 2], axis=1)
    profile = profile_of(("one", "two"), table)
    assert set(profile) == {"one", "two"}
    assert profile["two"].edges == pytest.approx(np.array(profile["one"].edges) * 2)
