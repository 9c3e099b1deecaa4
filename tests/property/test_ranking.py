"""AUC and average precision for any scores: as scikit-learn counts them, weights included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.ranking import Ranking

ROWS = st.lists(
    # few different scores, so that most rows are tied with others
    st.tuples(st.integers(0, 6), st.integers(0, 1), st.integers(0, 4)),
    min_size=2,
    max_size=40,
)
TIMES = st.lists(st.integers(0, 3), min_size=5, max_size=5)


@given(ROWS, TIMES)
def test_ranking_agrees_with_scikit_learn(table, times):
    score, fraud, group = np.array(table).T
    times = np.array(times)
    weights = times[group]
    if not 0 < weights @ fraud < weights.sum():
        return
    found = Ranking(score / 8, fraud, group).figures(times)
    kept = weights > 0
    expected = (
        roc_auc_score(fraud[kept], score[kept], sample_weight=weights[kept]),
        average_precision_score(fraud[kept], score[kept], sample_weight=weights[kept]),
    )
    assert found == pytest.approx(expected)


def test_a_turn_without_frauds_has_no_figures():
    found = Ranking(np.array([0.5, 0.1]), np.array([1, 0]), np.array([0, 1])).figures(
        np.array([0, 2])
    )
    assert np.isnan(found).all()
