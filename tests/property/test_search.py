"""The search against oracles that are never, sometimes and always right."""

import random

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.attempts import Attempt, outcome_of
from benchmarks.search import SearchSettings, Try, next_move

VERDICTS = ("sustainable", "unsustainable", "inconclusive", "invalid")

settings = st.builds(
    SearchSettings,
    factor=st.floats(1.05, 2),
    resolution=st.floats(1.03, 1.3),
    confirm_runs=st.sampled_from([1, 2, 3, 5]),
    max_steps=st.just(60),
    margin=st.sampled_from([1, 1.01, 1.02]),
)
knees = st.floats(2, 50_000)
starts = st.one_of(st.none(), st.floats(1, 100_000))


def searched(verdict_of, drain_eps, chosen, by="backlog"):
    runs = []
    while isinstance(move := next_move(runs, drain_eps, chosen, by), Try):
        assert len(runs) < chosen.max_steps
        assert chosen.lowest_eps <= move.rate_eps <= chosen.highest_eps
        runs.append(verdict_of(move.rate_eps))
    return move, runs


@given(knees, starts, settings)
def test_where_every_run_is_right_the_answer_holds_the_truth(knee_eps, drain_eps, chosen):
    def verdict_of(rate_eps):
        return Attempt(rate_eps, "sustainable" if rate_eps <= knee_eps else "unsustainable")

    knee, _ = searched(verdict_of, drain_eps, chosen)
    assert knee.low_eps <= knee_eps
    # a margin may be too wide for the finest resolutions: then the answer says so
    assert knee_eps < knee.high_eps or not knee.confirmed
    if chosen.margin == 1:
        assert knee.confirmed
        assert knee.flags == ()
    if knee.confirmed:
        assert knee.high_eps / knee.low_eps <= chosen.resolution * 1.000001


@given(knees, starts, settings, st.floats(0.001, 0.02), st.randoms(use_true_random=False))
def test_a_narrow_band_of_undecided_runs_never_gives_a_wrong_answer(
    knee_eps, drain_eps, chosen, band, random_
):
    def verdict_of(rate_eps):
        if abs(rate_eps / knee_eps - 1) < band and random_.random() < 0.7:
            return Attempt(rate_eps, "inconclusive")
        return Attempt(rate_eps, "sustainable" if rate_eps <= knee_eps else "unsustainable")

    knee, _ = searched(verdict_of, drain_eps, chosen)
    assert knee.low_eps <= knee_eps
    # a band wider than the resolution leaves an end that is marked, never one that is confirmed
    assert knee_eps <= knee.high_eps or not knee.confirmed


@given(starts, settings, st.integers(0, 2**32), st.sampled_from(["backlog", "latency"]))
def test_whatever_the_runs_say_it_ends_and_keeps_its_word(drain_eps, chosen, seed, by):
    noise = random.Random(seed)

    def verdict_of(rate_eps):
        return Attempt(rate_eps, noise.choice(VERDICTS), noise.choice([True, False, None]))

    knee, runs = searched(verdict_of, drain_eps, chosen, by)
    tried = {run.rate_eps for run in runs}
    assert {knee.low_eps, knee.high_eps} <= tried | {None}
    if knee.low_eps is not None:
        mine = [outcome_of(run, by) for run in runs if run.rate_eps == knee.low_eps]
        assert "held" in mine
        assert "lost" not in mine
    if knee.low_eps is not None and knee.high_eps is not None:
        assert knee.low_eps < knee.high_eps


@given(settings, st.integers(0, 2**32))
def test_a_held_rate_above_a_lost_one_is_always_flagged(chosen, seed):
    noise = random.Random(seed)

    def verdict_of(rate_eps):
        return Attempt(rate_eps, "sustainable" if noise.random() < 0.5 else "unsustainable")

    knee, runs = searched(verdict_of, 400, chosen.model_copy(update={"margin": 1.0}))
    found = {
        rate_eps: {run.verdict for run in runs if run.rate_eps == rate_eps}
        for rate_eps in {run.rate_eps for run in runs}
    }
    lost = [rate_eps for rate_eps, said in found.items() if said == {"unsustainable"}]
    above = [
        f"{rate_eps:g}/s is held"
        for rate_eps, said in found.items()
        if said == {"sustainable"} and lost and rate_eps > min(lost)
    ]
    assert all(any(words in flag for flag in knee.flags) for words in above)
