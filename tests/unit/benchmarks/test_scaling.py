import pytest

from benchmarks.result import CellResult, KneeResult
from benchmarks.scaling import Capacity, efficiencies, line, usl
from benchmarks.scaling_answers import enough_instances, scalings


def cell(instances, low_eps, high_eps, confirmed=True, **changes):
    knee = KneeResult(low_eps=low_eps, high_eps=high_eps, confirmed=confirmed)
    fields = {"engine": "faust", "cpu": 0.25, "memory_mb": 1500} | changes
    return CellResult(instances=instances, knee_backlog=knee, **fields)


def test_an_efficiency_carries_both_intervals():
    found = efficiencies([Capacity(1, 100, 110), Capacity(2, 190, 209)])
    assert found[1].low == found[1].high == 1
    assert found[2].value == pytest.approx(0.95)
    assert found[2].low == pytest.approx(190 / 220)
    assert found[2].high == pytest.approx(209 / 200)


def test_without_one_instance_there_is_no_efficiency():
    assert efficiencies([Capacity(2, 190, 209), Capacity(3, 280, 300)]) == {}


def test_r2_says_how_much_better_than_a_constant_the_line_is():
    flat = line([Capacity(1, 100, 100), Capacity(2, 100, 100.001), Capacity(3, 100, 100.002)])
    assert flat.r_squared < 0, "a line through the origin is no model of what does not grow"
    good = line([Capacity(1, 100, 100), Capacity(2, 198, 198), Capacity(3, 301, 301)])
    assert good.r_squared > 0.99


def test_a_capacity_that_grows_faster_than_its_instances_has_no_negative_parameters():
    found = usl([Capacity(n, 100 * n**1.2, 100 * n**1.2) for n in (1, 2, 3, 4)])
    assert (found.contention.value, found.coherence.value) == (0, 0)
    assert found.peak_instances.value == float("inf")


def test_the_same_capacities_give_the_same_intervals():
    capacities = [
        Capacity(n, 90 * n / (1 + 0.1 * n), 100 * n / (1 + 0.1 * n)) for n in (1, 2, 3, 4)
    ]
    assert usl(capacities) == usl(capacities)


def test_every_engine_and_size_scales_for_itself():
    cells = [cell(n, 100 * n, 110 * n, cpu=cpu) for n in (1, 2) for cpu in (0.25, 0.5)]
    found = scalings([*cells, cell(1, 500, 550, engine="spark")])
    assert [(one.engine, one.cpu, len(one.counts)) for one in found] == [
        ("faust", 0.25, 2),
        ("faust", 0.5, 2),
    ]


@pytest.mark.parametrize(("low_eps", "high_eps"), [(None, 100), (100, None), (100, 210)])
def test_a_knee_without_an_end_or_too_wide_is_no_capacity(low_eps, high_eps):
    assert scalings([cell(1, 100, 110), cell(2, low_eps, high_eps)]) == []


def test_what_was_not_confirmed_stays_marked():
    (found,) = scalings([cell(1, 100, 110), cell(2, 190, 205, confirmed=False)])
    assert [one.confirmed for one in found.counts] == [True, False]


def test_a_line_answers_by_its_lower_end_and_not_beyond_twice_the_counts():
    (found,) = scalings([cell(n, 100 * n, 121 * n) for n in (1, 2, 3)])
    assert found.eps_per_instance.low == pytest.approx(100)
    assert enough_instances(found, 400) == 4
    assert enough_instances(found, 401) == 5
    assert enough_instances(found, 600) == 6
    assert enough_instances(found, 601) is None
    assert enough_instances(found, 50) == 4, "smaller counts were measured and are no question"


def test_the_law_in_words_says_where_more_instances_hold_less():
    def rate(n):
        return 1000 * n / (1 + 0.05 * (n - 1) + 0.06 * n * (n - 1))

    (found,) = scalings([cell(n, rate(n) / 1.01, rate(n) * 1.01) for n in (1, 2, 3, 4, 6)])
    assert found.peak_instances.value == pytest.approx(4, abs=0.2)
    assert "more than about 4 instances hold less" in found.sentence
