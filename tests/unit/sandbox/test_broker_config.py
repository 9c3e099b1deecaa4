from pathlib import Path

from fraud_core.topics import TopicNames
from sandbox.broker_config import (
    BrokerFiles,
    as_properties_file,
    new_cluster_id,
    server_properties,
)


def test_the_broker_listens_on_the_loopback_address_only() -> None:
    listeners = server_properties(20_001, Path("data"))["listeners"]
    assert listeners == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"


def test_the_broker_takes_the_largest_record_of_every_topic() -> None:
    settings = server_properties(20_001, Path("data"))
    largest = max(shape.max_record_bytes for shape in TopicNames().shapes().values())
    assert int(settings["message.max.bytes"]) >= largest
    assert int(settings["replica.fetch.max.bytes"]) >= largest


def test_a_mistyped_topic_is_never_created() -> None:
    assert server_properties(20_001, Path("data"))["auto.create.topics.enable"] == "false"


def test_the_port_of_the_last_start_is_read_back(tmp_path: Path) -> None:
    files = BrokerFiles(tmp_path)
    assert files.port is None
    files.properties.write_text(as_properties_file(server_properties(20_001, files.data)))
    assert files.port == 20_001


def test_a_backslash_survives_a_properties_file() -> None:
    assert as_properties_file({"log.dirs": "C:\\kafka"}) == "log.dirs=C:\\\\kafka\n"


def test_cluster_ids_are_what_kafka_accepts() -> None:
    for _ in range(500):
        made = new_cluster_id()
        assert len(made) == 22
        assert not made.startswith("-")
