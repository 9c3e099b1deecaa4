"""Simulated engines, sampled at 1 Hz as a real one is; models, not measurements."""

from __future__ import annotations

import numpy as np

from benchmarks.backlog import Backlog


def batch_engine(
    rate_eps, *, batch_cost_s, service_eps, warmup_s=20, window_s=60, pauses=0.005, seed=0
):
    """Back-to-back batches, as Spark runs them: cost + n / service rate, 10 % noise, rare pauses.

    Returns:
        backlog in the window, sampled once a second.
    """
    rng = np.random.default_rng(seed)
    end_s = warmup_s + window_s
    now_s, taken, ends, outs = float(rng.uniform(0, batch_cost_s)), 0, [0.0], [0]
    while now_s < end_s:
        waiting = int(now_s * rate_eps) - taken
        duration_s = (batch_cost_s + waiting / service_eps) * rng.lognormal(0, 0.1)
        if rng.random() < pauses:
            duration_s += rng.uniform(0.5, 2)
        now_s += max(duration_s, 1e-3)
        taken += waiting
        ends.append(now_s)
        outs.append(taken)
    at_s = np.arange(warmup_s, end_s) + 0.003
    out = np.array(outs)[np.searchsorted(ends, at_s, side="right") - 1]
    return Backlog(at_s, np.floor(at_s * rate_eps) - out)
