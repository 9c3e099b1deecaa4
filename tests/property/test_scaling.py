"""Fits of capacities whose law is known."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scaling import Capacity, efficiencies, line, scaling, usl

first_rates = st.floats(20, 20_000)
contentions = st.floats(0, 0.4)
coherences = st.floats(0, 0.05)
counts_of_usl = st.lists(st.integers(1, 12), min_size=4, max_size=7, unique=True).map(sorted)


def law(first_eps, contention, coherence, count):
    slowed = 1 + contention * (count - 1) + coherence * count * (count - 1)
    return first_eps * count / slowed


def interval(count, rate_eps, share=0.5, width=1.1):
    """An interval of a ratio that holds a rate at a share of its logarithm."""
    low_eps = rate_eps / width**share
    return Capacity(count, low_eps, low_eps * width)


@given(first_rates, contentions, coherences, counts_of_usl)
@settings(max_examples=30, deadline=None)
def test_the_law_of_exact_capacities_is_found_again(first_eps, a, b, counts):
    found = usl([interval(n, law(first_eps, a, b, n), width=1 + 1e-9) for n in counts])
    assert found.eps_per_instance.value == pytest.approx(first_eps, rel=1e-3)
    assert found.contention.value == pytest.approx(a, abs=1e-3)
    assert found.coherence.value == pytest.approx(b, abs=1e-3)


@given(
    first_rates,
    contentions,
    coherences,
    counts_of_usl,
    st.lists(st.floats(0, 1), min_size=7, max_size=7),
)
@settings(max_examples=30, deadline=None)
def test_parameters_are_never_negative_and_lie_in_their_intervals(first_eps, a, b, counts, shares):
    found = usl(
        [
            interval(n, law(first_eps, a, b, n), share)
            for n, share in zip(counts, shares, strict=False)
        ]
    )
    for one in (
        found.eps_per_instance,
        found.contention,
        found.coherence,
        found.peak_instances,
        *(fitted.eps for fitted in found.fitted),
    ):
        assert 0 <= one.low <= one.value <= one.high


@given(first_rates, contentions, st.floats(0.005, 0.05))
@settings(max_examples=30, deadline=None)
def test_the_peak_of_the_law_is_where_one_more_instance_holds_less(first_eps, a, b):
    found = usl([interval(n, law(first_eps, a, b, n), width=1 + 1e-9) for n in (1, 2, 3, 4, 6)])
    peak = found.peak_instances.value
    assert peak == pytest.approx(math.sqrt((1 - a) / b), rel=0.02)
    assert law(first_eps, a, b, peak) >= law(first_eps, a, b, peak + 1)
    assert law(first_eps, a, b, peak) >= law(first_eps, a, b, max(peak - 1, 0.1))


@given(first_rates, st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True))
def test_a_line_through_exact_capacities_is_found_again(slope_eps, counts):
    found = line([interval(n, slope_eps * n) for n in counts])
    slope = found.eps_per_instance
    assert slope.value == pytest.approx(slope_eps)
    assert slope.low == pytest.approx(slope_eps / 1.1**0.5)
    assert slope.high == pytest.approx(slope_eps * 1.1**0.5)
    assert found.r_squared == (pytest.approx(1) if len(counts) > 1 else None)


@given(
    first_rates,
    contentions,
    coherences,
    st.lists(st.integers(1, 12), min_size=1, max_size=6, unique=True),
    st.lists(st.floats(0, 1), min_size=6, max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_the_true_efficiency_lies_in_its_interval(first_eps, a, b, counts, shares):
    counts = sorted({1, *counts})[:6]
    found = efficiencies(
        interval(n, law(first_eps, a, b, n), share)
        for n, share in zip(counts, shares, strict=False)
    )
    truth = {n: law(first_eps, a, b, n) / (n * first_eps) for n in counts}
    for count, one in found.items():
        assert one.low <= truth[count] * (1 + 1e-9)
        assert one.high >= truth[count] * (1 - 1e-9)


@given(first_rates, contentions, coherences, st.lists(st.integers(1, 12), min_size=1, unique=True))
@settings(max_examples=30, deadline=None)
def test_no_fit_answers_for_more_than_twice_the_measured_counts(first_eps, a, b, counts):
    found = scaling([interval(n, law(first_eps, a, b, n)) for n in counts])
    assert found.law == ("usl" if len(counts) >= 4 else "line")
    assert [one.instances for one in found.fitted] == list(range(1, 2 * max(counts) + 1))


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    """Capacities anywhere within their intervals, as a search leaves them."""
    noise = random.Random(5)
    inside = {"contention": 0, "coherence": 0}
    trials = 60
    for _ in range(trials):
        first_eps, a, b = noise.uniform(50, 5000), noise.uniform(0.02, 0.2), noise.uniform(0, 0.02)
        found = usl(
            [
                interval(n, law(first_eps, a, b, n), noise.random(), width=1.05)
                for n in (1, 2, 3, 4, 6)
            ]
        )
        for name, truth in (("contention", a), ("coherence", b)):
            inside[name] += getattr(found, name).low <= truth <= getattr(found, name).high
    assert min(inside.values()) >= 0.8 * trials
