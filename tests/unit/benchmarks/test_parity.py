import numpy as np
import pytest

from benchmarks.parity import (
    NEVER,
    Ledger,
    Outputs,
    Reference,
    compare,
    count,
    first_append_ms,
    scores_differ,
    seq_of,
    source_ids,
    without_probes,
)

SOURCES = source_ids(np.array([0, 1, 0]), np.array([5, 5, 6]))
LEDGER = Ledger(seq=np.array([10, 11, 12]), source=SOURCES, due_ms=np.array([100, 110, 120]))
FEATURES = np.arange(30.0).reshape(2, 15)
REFERENCE = Reference(np.array([10, 12]), FEATURES, np.array([0.25, 0.5], np.float32))


def outputs(*rows):
    """Rows of (place in the ledger, append time, "p" or "d", what differs)."""
    places = np.array([row[0] for row in rows], np.int64)
    kinds = np.array([row[2] == "p" for row in rows], np.bool_)
    clean = np.where(places == 2, 1, 0)
    found = Outputs(
        source=SOURCES[places],
        append_ms=np.array([row[1] for row in rows], np.int64),
        is_prediction=kinds,
        tx_id=np.where(kinds, places, -1),
        labels_complete=kinds.copy(),
        score=REFERENCE.score[clean].copy(),
        features=FEATURES[clean].copy(),
        customer_id=np.where(kinds, 1, -1),
        cents=np.where(kinds, 100, -1),
        model=np.where(kinds, "m", "").astype(np.object_),
    )
    for index, row in enumerate(rows):
        for name in row[3:]:
            getattr(found, name)[index] = {"labels_complete": False}.get(name, 0.125)
    return found


WHOLE = outputs((0, 130, "p"), (1, 131, "d"), (2, 132, "p"))


def test_sources_of_different_partitions_differ():
    assert len(set(SOURCES.tolist())) == 3


def test_each_record_with_one_output_is_complete():
    found = count(LEDGER, WHOLE)
    assert (found.sent, found.scored, found.dead_letters) == (3, 2, 1)
    assert (found.duplicates, found.missing, found.unknown) == (0, 0, 0)


def test_missing_and_duplicate_are_counted_over_sources_not_over_numbers():
    found = count(LEDGER, outputs((0, 130, "p"), (0, 131, "p"), (0, 132, "p")))
    assert (found.scored, found.duplicates, found.missing) == (1, 2, 2)


def test_a_record_in_both_topics_is_a_duplicate():
    found = count(LEDGER, outputs((0, 130, "p"), (0, 131, "d"), (1, 1, "d"), (2, 1, "p")))
    assert (found.duplicates, found.missing) == (1, 0)


def test_an_output_of_no_record_is_unknown():
    stray = Ledger(LEDGER.seq[:2], LEDGER.source[:2], LEDGER.due_ms[:2])
    found = count(stray, WHOLE)
    assert (found.unknown, found.missing, found.sent) == (1, 0, 2)


def test_nothing_out_is_all_missing():
    assert count(LEDGER, outputs()).missing == 3


def test_probes_are_left_out_by_their_ids():
    with_probe = outputs((0, 130, "p"), (1, 131, "d"))
    with_probe.tx_id[0] = 9_000_000_003
    assert len(without_probes(with_probe).source) == 1


def test_the_first_of_several_outputs_counts_for_the_latency():
    found = first_append_ms(LEDGER, outputs((0, 140, "p"), (2, 150, "p"), (0, 135, "p")))
    assert found.tolist() == [135, NEVER, 150]


def test_with_nothing_out_nothing_has_an_append_time():
    assert first_append_ms(LEDGER, outputs()).tolist() == [NEVER] * 3


def test_outputs_are_joined_to_rows_of_the_files():
    assert seq_of(LEDGER, outputs((2, 1, "p"), (0, 1, "p"))).tolist() == [12, 10]


def test_equal_bits_are_no_mismatch():
    found = compare(LEDGER, WHOLE, REFERENCE)
    assert (found.features, found.scores, found.wrongly_answered) == (0, 0, 0)


def test_one_changed_bit_of_one_feature_is_a_mismatch():
    changed = outputs((0, 130, "p"), (2, 132, "p"))
    changed.features[1, 7] = np.nextafter(changed.features[1, 7], 100)
    found = compare(LEDGER, changed, REFERENCE)
    assert (found.features, found.scores) == (1, 0)


def test_minus_zero_is_not_zero():
    changed = outputs((0, 130, "p"))
    assert changed.features[0, 0] == 0
    changed.features[0, 0] = -0.0
    assert compare(LEDGER, changed, REFERENCE).features == 1


def test_a_changed_score_is_a_mismatch():
    assert compare(LEDGER, outputs((0, 130, "p", "score")), REFERENCE).scores == 1


def test_every_repeated_prediction_is_compared():
    found = compare(LEDGER, outputs((0, 130, "p"), (0, 131, "p", "score")), REFERENCE)
    assert found.scores == 1


def test_predictions_without_all_labels_are_counted_and_not_compared():
    found = compare(LEDGER, outputs((0, 130, "p", "score", "labels_complete")), REFERENCE)
    assert (found.scores, found.labels_incomplete) == (0, 1)


@pytest.mark.parametrize(("place", "kind"), [(0, "d"), (1, "p")])
def test_a_clean_record_refused_or_a_dirty_one_scored_is_answered_wrongly(place, kind):
    found = compare(LEDGER, outputs((place, 130, kind)), REFERENCE)
    assert found.wrongly_answered == 1
    assert found.features == 0


def test_two_engines_are_compared_over_what_both_scored():
    here = (np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3], np.float32))
    there = (np.array([3, 2, 4]), np.array([0.3, 0.25, 0.4], np.float32))
    assert scores_differ(here, there) == 1
    assert scores_differ(here, here) == 0
