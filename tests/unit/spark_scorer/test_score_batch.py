import os
import platform

import pyarrow as pa
import pytest

from fraud_core.errors import ArtifactError
from fraud_core.kafka import KafkaSettings
from fraud_core.prediction import OutputRecord
from spark_scorer.score_batch import (
    INPUT_COLUMNS,
    SCORED_VARIABLE,
    ScorerSettings,
    artifact_of_job,
    input_records,
    instance_name,
    to_arrow,
)
from tests.streams import artifact_folder


def test_an_arrow_batch_becomes_records_with_null_and_empty_kept_apart():
    columns = ([3, 3], [0, 1], [17, 18], [b"k", None], [b"", None])
    batch = pa.RecordBatch.from_arrays([pa.array(c) for c in columns], list(INPUT_COLUMNS))
    first, second = input_records(batch)
    assert first == (3, 0, 17, b"k", b"")
    assert second == (3, 1, 18, None, None)


def test_outputs_become_an_arrow_batch_with_their_headers():
    outputs = [
        OutputRecord("p", b"1", b"v", [("src_offset", b"0"), ("due_ms", b"5")]),
        OutputRecord("d", None, None, [("reason", b"not JSON")]),
    ]
    rows = to_arrow(outputs).to_pylist()
    assert rows[0]["headers"] == [
        {"key": "src_offset", "value": b"0"},
        {"key": "due_ms", "value": b"5"},
    ]
    assert rows[1] == {
        "topic": "d",
        "key": None,
        "value": None,
        "headers": [{"key": "reason", "value": b"not JSON"}],
    }


def test_a_scorer_is_named_after_the_worker_whose_executor_it_belongs_to(monkeypatch, tmp_path):
    folder = tmp_path / "spark-2" / "app-1" / "0"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv(SCORED_VARIABLE, "scored")
    assert instance_name() == "spark-2"


def test_elsewhere_it_is_named_after_its_host_and_what_forks_the_workers_of_its_executor(
    monkeypatch,
):
    """A worker that is replaced is the same instance; two pods may have the same process ids."""
    monkeypatch.delenv(SCORED_VARIABLE, raising=False)
    assert instance_name() == f"spark-{platform.node()}-{os.getppid()}"


def test_a_job_scores_with_the_model_of_its_start_or_not_at_all(tmp_path):
    first = artifact_folder(tmp_path, model=b"first")
    settings = ScorerSettings(tmp_path, first.model_sha256, "t-", 5.0, KafkaSettings())
    assert artifact_of_job(settings) == first
    second = artifact_folder(tmp_path, model=b"second")
    with pytest.raises(ArtifactError, match=f"has model {second.model_sha256[:12]} now"):
        artifact_of_job(settings)
