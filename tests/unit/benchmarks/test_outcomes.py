from dataclasses import fields, replace

import numpy as np

from benchmarks.outcomes import by_model, counted, join, known_until_s, whole_days
from fraud_core.transaction import SECONDS_PER_DAY
from tests.unit.benchmarks.streams_judged import BEGIN_S, DELAY_S, predicted, rows, stream

SENT = stream()
DAY0 = BEGIN_S // SECONDS_PER_DAY


def some(table, kept):
    return type(table)(*(getattr(table, field.name)[kept] for field in fields(table)))


def test_every_prediction_meets_the_outcome_of_its_source():
    answers = predicted(SENT)
    shuffled = some(answers, np.random.default_rng(0).permutation(len(SENT.seq)))
    judged, unknown = join(SENT, shuffled)
    assert unknown == 0
    assert judged.seq.tolist() == SENT.seq.tolist()
    assert judged.fraud.tolist() == SENT.fraud.tolist()
    assert judged.score.tolist() == answers.score.astype(np.float64).tolist()


def test_of_duplicates_the_first_that_was_written_counts():
    answers = predicted(SENT)
    both = some(answers, np.array([0, 0]))
    both = replace(both, append_ms=np.array([9, 4]), score=np.array([0.75, 0.25], np.float32))
    judged, _ = join(SENT, both)
    assert judged.score.tolist() == [0.25]


def test_a_prediction_of_another_load_is_counted_and_left_out():
    answers = replace(predicted(SENT), source=SENT.source + 1_000_000)
    judged, unknown = join(SENT, answers)
    assert (len(judged), unknown) == (0, len(SENT.seq))


def test_each_model_has_its_own_predictions():
    both = rows([0, 1, 0], [0.1, 0.2, 0.3], model=[1, 0, 1])
    found = {name: judged.seq.tolist() for name, judged in by_model(both, ["a", "b", "unused"])}
    assert found == {"a": [1], "b": [0, 2]}


def test_settled_counts_every_known_outcome():
    assert counted(rows([0, 1, -1], [0.1] * 3), "settled").seq.tolist() == [0, 1]


def test_as_of_counts_what_was_known_by_the_last_event_time():
    time_s = BEGIN_S + np.array([0, 10, DELAY_S, DELAY_S + 5])
    judged = rows([0, 1, 0, 1], [0.1] * 4, time_s=time_s, label_time_s=time_s + DELAY_S)
    assert counted(judged, "as-of").seq.tolist() == [0]
    assert counted(judged, "settled").seq.tolist() == [0, 1, 2, 3]


def test_an_outcome_that_is_never_published_is_known_in_settled_only():
    judged = rows([0, 1], [0.1] * 2, label_time_s=[-1, -1])
    assert len(counted(judged, "as-of")) == 0
    assert len(counted(judged, "settled")) == 2


def days_of(first_s, last_s):
    judged = rows([0, 0, 0], [0.1] * 3, time_s=[first_s, (first_s + last_s) // 2, last_s])
    return (whole_days(judged, BEGIN_S, last_s) - DAY0).tolist()


def test_a_day_is_whole_once_the_next_has_begun():
    assert days_of(BEGIN_S + 31, BEGIN_S + SECONDS_PER_DAY) == [0]
    assert days_of(BEGIN_S + 31, BEGIN_S + SECONDS_PER_DAY - 1) == []


def test_a_stream_that_begins_in_the_middle_of_a_day_has_no_whole_first_day():
    last_s = BEGIN_S + 2 * SECONDS_PER_DAY + 7
    judged = rows([0] * 3, [0.1] * 3, time_s=[BEGIN_S + 40_000, BEGIN_S + 90_000, last_s])
    assert (whole_days(judged, BEGIN_S, last_s) - DAY0).tolist() == [1]


def test_as_of_days_are_whole_only_where_all_their_outcomes_were_known():
    judged, _ = join(SENT, predicted(SENT))
    settled, as_of = (
        whole_days(judged, BEGIN_S, known_until_s(judged, view)) - DAY0
        for view in ("settled", "as-of")
    )
    assert settled.tolist() == list(range(9))
    assert as_of.tolist() == [0, 1]
