"""A made-up stream with outcomes and scores: days of customers, of which some are defrauded."""

from __future__ import annotations

import numpy as np

from benchmarks.outcomes import Judged, Predicted, Sent
from benchmarks.parity import source_ids
from fraud_core.transaction import SECONDS_PER_DAY

BEGIN_S = 17_750 * SECONDS_PER_DAY
DELAY_S = 7 * SECONDS_PER_DAY
CUSTOMERS = 60


def stream(days=10, a_day=400, seed=1):
    """The ledger of so many days; three frauds in a hundred."""
    maker = np.random.default_rng(seed)
    count = days * a_day
    time_s = BEGIN_S + np.sort(maker.integers(0, days * SECONDS_PER_DAY, count))
    time_s[0] = BEGIN_S + 5
    scenario = np.where(maker.random(count) < 0.03, maker.integers(1, 4, count), 0)
    seq = np.arange(count) + 1000
    return Sent(
        seq=seq,
        source=source_ids(seq % 12, seq // 12),
        fraud=(scenario > 0).astype(np.int64),
        scenario=scenario,
        time_s=time_s,
        label_time_s=time_s + DELAY_S,
    )


def predicted(sent, seed=2, model=0):
    """Scores that are mostly right: frauds mostly above 0.5, the rest mostly below 0.05."""
    maker = np.random.default_rng(seed)
    count = len(sent.seq)
    low, high = maker.beta(0.3, 20, count), maker.beta(4, 2, count)
    score = np.where((sent.fraud == 1) & (maker.random(count) < 0.8), high, low)
    return Predicted(
        source=sent.source,
        append_ms=np.arange(count) + 1,
        labels_complete=np.ones(count, np.bool_),
        score=score.astype(np.float32),
        customer_id=sent.seq % CUSTOMERS,
        cents=maker.integers(100, 20_000, count),
        model=np.full(count, model),
    )


def rows(fraud, score, **changes):
    """Rows of one day with given outcomes and scores."""
    count = len(fraud)
    columns = {
        "seq": np.arange(count),
        "time_s": BEGIN_S + np.arange(count),
        "label_time_s": BEGIN_S + np.arange(count) + DELAY_S,
        "customer_id": np.arange(count),
        "cents": np.full(count, 1000),
        "scenario": np.array(fraud),
        "fraud": np.array(fraud),
        "score": np.array(score, np.float64),
        "model": np.zeros(count, np.int64),
        "labels_complete": np.ones(count, np.bool_),
    }
    return Judged(**(columns | {name: np.asarray(value) for name, value in changes.items()}))
