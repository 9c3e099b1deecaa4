"""What came of the records of a test: sent, predicted, dead, duplicate, missing, and how exact."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from fraud_core.features import FEATURE_NAMES
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import TRANSACTIONS, TopicNames
from tests.outputs import Answer, read_topic, without_run_details

Answers = dict[tuple[int, int], list[Answer]]


class Tally(NamedTuple):
    """Numbers of records; `duplicate` are answers beyond the first one of a record."""

    sent: int
    predicted: int
    dead: int
    duplicate: int
    missing: int


def tally(kafka: KafkaSettings, names: TopicNames, found: Answers) -> Tally:
    inputs = {
        (message.partition(), message.offset())
        for message in read_topic(kafka, names.transactions, TRANSACTIONS.partitions)
    }
    assert set(found) <= inputs, "an answer to a record that was never sent"
    predicted = sum(1 for same in found.values() if same[0].prediction)
    return Tally(
        sent=len(inputs),
        predicted=predicted,
        dead=len(found) - predicted,
        duplicate=sum(len(same) - 1 for same in found.values()),
        missing=len(inputs - set(found)),
    )


def assert_repeats_are_identical(found: Answers) -> None:
    for same in found.values():
        assert all(without_run_details(one) == without_run_details(same[0]) for one in same)


def assert_features_are_exact(found: Answers, ledger: Path, offline: Path) -> None:
    """Every prediction has its labels, and the features that the offline pass has, to the bit."""
    seq_of = pq.read_table(ledger).to_pandas().set_index(["partition", "offset"])["seq"]
    table = pq.read_table(offline).to_pandas().set_index("seq")
    predictions = {place: same[0].prediction for place, same in found.items() if same[0].prediction}
    assert all(one["labels_complete"] for one in predictions.values())
    expected = table.loc[[seq_of[place] for place in predictions], list(FEATURE_NAMES)].to_numpy()
    online = np.array([one["features"] for one in predictions.values()])
    assert np.array_equal(online.view(np.int64), expected.view(np.int64))
