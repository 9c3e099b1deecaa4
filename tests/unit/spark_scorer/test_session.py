import json

import pytest

from fraud_core.errors import ConfigError
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import TopicNames
from spark_scorer.query import sink_options, source_options
from spark_scorer.session import connector_jars, is_local, session_settings


def test_only_a_local_checkpoint_gets_the_renaming_file_manager():
    name = "spark.sql.streaming.checkpointFileManagerClass"
    assert "checkpointing.FileSystemBased" in session_settings(1, "/var/c", "j")[name]
    assert name not in session_settings(1, "s3a://bucket/c", "j")
    assert is_local("file:///var/c")


def test_jars_that_are_not_named_or_not_there_are_an_error_with_the_remedy(monkeypatch):
    monkeypatch.delenv("FRAUD_SPARK_JARS", raising=False)
    with pytest.raises(ConfigError, match="python -m sandbox env"):
        connector_jars()
    monkeypatch.setenv("FRAUD_SPARK_JARS", "/nowhere/a.jar")
    with pytest.raises(ConfigError, match=r"/nowhere/a\.jar, which is not there"):
        connector_jars()


def test_large_records_fit_through_source_and_sink():
    kafka = KafkaSettings()
    source = source_options(kafka, TopicNames("p-"), [0, 2], {})
    assert int(source["kafka.max.partition.fetch.bytes"]) >= 4 * 1024 * 1024
    assert int(sink_options(kafka)["kafka.max.request.size"]) >= 5 * 1024 * 1024


def test_a_share_reads_its_partitions_from_where_the_checkpoint_is_done():
    source = source_options(KafkaSettings(), TopicNames("p-"), [0, 2], {2: 17, 5: 3})
    assert json.loads(source["assign"]) == {"p-transactions": [0, 2]}
    assert json.loads(source["startingOffsets"]) == {"p-transactions": {"0": -2, "2": 17}}
