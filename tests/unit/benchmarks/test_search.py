import pytest

from benchmarks.attempts import Attempt
from benchmarks.search import Knee, SearchSettings, Try, known_so_far, next_move

ONE_RUN = SearchSettings(confirm_runs=1)
S, U, INCONCLUSIVE, INVALID = "sustainable", "unsustainable", "inconclusive", "invalid"


def attempts(*runs):
    return [Attempt(rate_eps, verdict) for rate_eps, verdict in runs]


def searched(verdict_of, drain_eps=None, settings=ONE_RUN, by="backlog"):
    """Run a search to its end: the knee, and the runs that it took."""
    runs = []
    while isinstance(move := next_move(runs, drain_eps, settings, by), Try):
        assert len(runs) < settings.max_steps
        runs.append(verdict_of(move.rate_eps, len(runs)))
    return move, runs


def at_most(knee_eps):
    return lambda rate_eps, _: Attempt(rate_eps, S if rate_eps <= knee_eps else U)


def test_it_starts_below_the_drain_rate():
    assert next_move([], 500, ONE_RUN) == Try(400, "first rate")


def test_without_a_drain_it_starts_where_the_settings_say():
    assert next_move([], None, ONE_RUN).rate_eps == 100


def test_it_goes_up_by_the_factor_until_a_rate_is_lost():
    assert next_move(attempts((400, S)), 500, ONE_RUN).rate_eps == 500
    assert next_move(attempts((400, U)), 500, ONE_RUN).rate_eps == 320


def test_a_start_far_off_is_made_up_in_longer_steps():
    _, runs = searched(at_most(100), drain_eps=10_000)
    assert len(runs) < 14


@pytest.mark.parametrize("resolution", [1.05, 1.10, 1.25])
@pytest.mark.parametrize("confirm_runs", [3, 5])
def test_the_answer_holds_the_knee_and_is_as_narrow_as_asked(resolution, confirm_runs):
    settings = SearchSettings(resolution=resolution, confirm_runs=confirm_runs)
    knee, runs = searched(at_most(333), drain_eps=400, settings=settings)
    assert knee.low_eps <= 333 < knee.high_eps <= knee.low_eps * resolution * 1.000001
    assert knee.confirmed
    assert knee.flags == ()
    rates = [run.rate_eps for run in runs]
    assert rates.count(knee.high_eps) == confirm_runs // 2 + 1
    margin_eps = pytest.approx(knee.low_eps * settings.margin, rel=1e-3)
    assert rates.count(knee.low_eps) + sum(rate == margin_eps for rate in rates) == confirm_runs


def test_one_run_each_is_enough_where_one_is_asked_for():
    knee, runs = searched(at_most(333), drain_eps=400)
    assert knee.low_eps <= 333 < knee.high_eps <= knee.low_eps * 1.1
    assert len({run.rate_eps for run in runs}) == len(runs)


def test_a_rate_is_confirmed_where_one_a_hundredth_higher_is_held():
    settings = SearchSettings(confirm_runs=3)
    found = attempts((100, S), (109, U))
    assert next_move(found, None, settings) == Try(101, "confirm that 100/s is held")
    lost = attempts((100, S), (109, U), (101, U))
    move = next_move(lost, None, settings)
    assert move.rate_eps < 100


@pytest.mark.parametrize("start_eps", [104.6, 123.4, 333.3, 999.5, 1234, 87_650])
@pytest.mark.parametrize("last", [S, U])
def test_a_factor_that_is_the_resolution_costs_no_further_rate(start_eps, last):
    settings = SearchSettings(confirm_runs=1, factor=1.1, resolution=1.1, start_eps=start_eps)
    knee_eps = start_eps * (1.05 if last == U else 0.95)
    knee, runs = searched(at_most(knee_eps), settings=settings)
    assert len(runs) == 2
    assert knee.confirmed


def test_planned_rates_are_used():
    knee = next_move(attempts((50, S), (400, S), (430, U)), None, ONE_RUN)
    assert knee == Knee(400, 430, confirmed=True)


def test_a_top_rate_that_fails_after_the_one_below_passed_is_an_answer():
    """Theodolite's binary search answers "none" here."""
    settings = SearchSettings(confirm_runs=1, resolution=1.3)
    knee = next_move(attempts((100, S), (125, U)), None, settings)
    assert (knee.low_eps, knee.high_eps) == (100, 125)


def test_an_invalid_run_is_repeated_and_says_nothing():
    move = next_move(attempts((100, S), (125, INVALID)), None, ONE_RUN)
    assert move == Try(125, "the last run here was invalid")
    knee = next_move(attempts((100, S), *[(125, INVALID)] * 3), None, ONE_RUN)
    assert (knee.low_eps, knee.high_eps, knee.confirmed) == (100, None, False)
    assert "3 invalid runs at 125/s" in knee.flags


def test_below_a_rate_that_cannot_be_measured_the_search_goes_on():
    invalid = [Attempt(1000, INVALID)] * 3
    assert next_move(invalid, None, ONE_RUN, expected_eps=1000) == Try(800, "first rate")
    move = next_move([*invalid, Attempt(800, U)], None, ONE_RUN)
    assert move.rate_eps == 640
    knee = next_move([*invalid, Attempt(800, U), Attempt(740, S)], None, ONE_RUN)
    assert knee == Knee(740, 800, confirmed=True)
    knee = next_move([*invalid, Attempt(800, S)], None, ONE_RUN)
    assert knee == Knee(
        800, None, confirmed=False, flags=("3 invalid runs at 1000/s", "no rate was lost")
    )


def test_an_invalid_run_outside_the_interval_is_left_alone():
    knee = next_move(attempts((100, S), (109, U), (200, INVALID)), None, ONE_RUN)
    assert knee == Knee(100, 109, confirmed=True)


def test_an_inconclusive_rate_is_not_held_and_is_no_end_where_a_lost_one_is_near():
    knee = next_move(attempts((100, S), (104, INCONCLUSIVE), (109, U)), None, ONE_RUN)
    assert (knee.low_eps, knee.high_eps, knee.confirmed) == (100, 109, True)
    assert knee.flags == ("undecided at 104/s",)


def test_the_interval_is_narrowed_around_an_inconclusive_rate():
    runs = attempts((100, S), (112, INCONCLUSIVE), (125, U))
    tried = next_move(runs, None, ONE_RUN).rate_eps
    assert 100 < tried < 112 or 112 < tried < 125


def test_where_all_is_inconclusive_the_ends_are_a_held_and_a_lost_rate():
    def verdict_of(rate_eps, _):
        return Attempt(rate_eps, S if rate_eps < 300 else U if rate_eps > 400 else INCONCLUSIVE)

    knee, _ = searched(verdict_of, drain_eps=400)
    assert knee.low_eps < 300
    assert knee.high_eps > 400
    assert not knee.confirmed
    assert any(flag.startswith("undecided at") for flag in knee.flags)


def test_where_nothing_was_held_an_undecided_rate_is_no_end():
    undecided = attempts((100, INCONCLUSIVE), (125, INCONCLUSIVE))
    knee = known_so_far(undecided, ONE_RUN)
    assert (knee.low_eps, knee.high_eps, knee.confirmed) == (None, None, False)
    knee = known_so_far([*undecided, Attempt(150, U)], ONE_RUN)
    assert (knee.low_eps, knee.high_eps) == (None, 150)
    assert "undecided at 100/s" in knee.flags


def test_a_pair_that_is_not_monotone_is_repeated_then_flagged():
    settings = SearchSettings(confirm_runs=3, margin=1)
    pair = attempts((100, S), (110, U), (121, S))
    assert next_move(pair, None, settings).rate_eps == 110
    runs = attempts((100, S), (110, U), (121, S), (110, U), (100, S), (100, S))
    knee = next_move(runs, None, settings)
    assert (knee.low_eps, knee.high_eps, knee.confirmed) == (100, 110, True)
    assert knee.flags == ("not monotone: 110/s is lost, 121/s is held",)


def test_a_loss_that_is_not_repeated_does_not_stay_the_end():
    settings = SearchSettings(confirm_runs=3)
    runs = attempts((100, S), (110, U), (121, S), (110, S), (110, S))
    assert next_move(runs, None, settings).rate_eps > 121


def test_an_end_that_is_lost_once_on_confirmation_is_no_longer_held():
    settings = SearchSettings(confirm_runs=3)
    runs = attempts((100, S), (109, U), (100, U))
    move = next_move(runs, None, settings)
    assert isinstance(move, Try)
    assert move.rate_eps < 100


def test_a_rate_held_in_two_of_three_runs_and_undecided_in_one_is_confirmed():
    settings = SearchSettings(confirm_runs=3)
    runs = attempts((100, S), (109, U), (109, U), (100, INCONCLUSIVE), (100, S))
    # one run each, then the tie at 100 is broken
    assert next_move(runs, None, settings) == Knee(100, 109, confirmed=True)


def test_nothing_lost_up_to_the_highest_rate():
    settings = SearchSettings(confirm_runs=1, highest_eps=1000)
    knee, runs = searched(lambda rate, _: Attempt(rate, S), drain_eps=800, settings=settings)
    assert (knee.low_eps, knee.high_eps, knee.confirmed) == (1000, None, False)
    assert "no rate was lost" in knee.flags
    assert len(runs) < 6


def test_nothing_held_down_to_the_lowest_rate():
    knee, _ = searched(lambda rate, _: Attempt(rate, U), drain_eps=100)
    assert (knee.low_eps, knee.high_eps) == (None, 1)
    assert "no rate was held" in knee.flags


def test_it_stops_after_the_longest_search():
    settings = SearchSettings(confirm_runs=1, max_steps=3)
    knee, runs = searched(at_most(333), drain_eps=40_000, settings=settings)
    assert len(runs) == 3
    assert not knee.confirmed
    assert "stopped after 3 runs" in knee.flags


def test_the_latency_knee_shares_the_runs_and_lies_below():
    def verdict_of(rate_eps, _):
        verdict = S if rate_eps <= 400 else U
        return Attempt(rate_eps, verdict, slo_met=rate_eps <= 250)

    backlog, runs = searched(verdict_of, drain_eps=450)
    again = list(runs)
    while isinstance(move := next_move(again, 450, ONE_RUN, "latency"), Try):
        again.append(verdict_of(move.rate_eps, 0))
    assert backlog.low_eps <= 400 < backlog.high_eps
    assert move.low_eps <= 250 < move.high_eps
    assert len(again) - len(runs) < len(runs) + 4


def test_a_latency_that_nobody_knows_is_undecided():
    runs = [Attempt(100, S, slo_met=None)]
    assert next_move(runs, None, ONE_RUN, "latency").rate_eps != 100


def test_a_latency_that_nobody_knows_has_no_knee():
    runs = [Attempt(50, S), Attempt(400, S), Attempt(440, U)]
    knee = known_so_far(runs, ONE_RUN, "latency")
    assert (knee.low_eps, knee.high_eps) == (None, None)
    assert known_so_far(runs, ONE_RUN).low_eps == 400


def test_a_rate_of_unknown_latency_is_no_end_of_the_latency_knee():
    runs = [Attempt(50, S, slo_met=True), Attempt(200, S), Attempt(400, S, slo_met=False)]
    knee = known_so_far(runs, ONE_RUN, "latency")
    assert (knee.low_eps, knee.high_eps) == (50, 400)
