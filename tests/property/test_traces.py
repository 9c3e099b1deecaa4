import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from benchmarks.traces import Engines, largest_of_loop, outputs_of

SECONDS = 120

engines = st.builds(
    lambda service_eps, cost_s, interval_s, every_s: Engines(
        service_eps=np.array([service_eps]),
        batch_cost_s=np.array([cost_s]),
        batch_interval_s=np.array([interval_s]),
        pause_every_s=np.array([every_s]),
        largest_batch=np.array([np.inf])
        if cost_s
        else largest_of_loop(np.array([service_eps]), np.array([interval_s])),
    ),
    st.floats(50, 2000),
    st.sampled_from([0.0, 0.1, 0.35, 1.0]),
    st.floats(0.1, 2),
    st.sampled_from([np.inf, 20.0, 120.0]),
)
shares = st.floats(0.1, 1.5)
seeds = st.integers(0, 2**32)


@hypothesis_settings(max_examples=30)
@given(engines, shares, seeds)
def test_nothing_comes_out_before_it_went_in_or_goes_back(engine, share, seed):
    rates_eps = engine.service_eps * share
    (out,) = outputs_of(engine, rates_eps, SECONDS, np.random.default_rng(seed))
    assert len(out) == SECONDS + 1
    assert (np.diff(out) >= 0).all()
    assert (out <= np.floor(np.arange(SECONDS + 1) * rates_eps[0] + 1e-6)).all()


@hypothesis_settings(max_examples=30)
@given(engines, seeds)
def test_no_engine_is_faster_than_its_service_rate(engine, seed):
    rates_eps = engine.service_eps * 2
    (out,) = outputs_of(engine, rates_eps, SECONDS, np.random.default_rng(seed))
    # 10 % noise on each batch: the longest batches are few
    assert out[-1] <= 1.2 * engine.service_eps[0] * SECONDS


@hypothesis_settings(max_examples=10)
@given(engines, seeds)
def test_the_same_seed_gives_the_same_outputs(engine, seed):
    both = [
        outputs_of(engine, engine.service_eps, SECONDS, np.random.default_rng(seed))
        for _ in range(2)
    ]
    assert (both[0] == both[1]).all()
