import time
import uuid

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource
from confluent_kafka.cimpl import NewTopic

from fraud_core.errors import (
    EXIT_SURROUNDINGS,
    BrokerUnreachableError,
    SurroundingsError,
    TopicMissingError,
)
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id, create_topics, delete_topics, require_topics
from fraud_core.topics import TopicNames
from sandbox.waiting import wait_until

pytestmark = pytest.mark.kafka


def test_topics_are_made_as_the_contract_says(kafka: KafkaSettings, topics: TopicNames) -> None:
    assert require_topics(kafka, topics.shapes()) == {
        name: shape.partitions for name, shape in topics.shapes().items()
    }
    client = AdminClient(kafka.as_librdkafka())
    for name, shape in topics.shapes().items():
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        found = client.describe_configs([resource])[resource].result(timeout=10)
        for setting, value in shape.config().items():
            assert found[setting].value == value, f"{setting} of {name}"


def test_topics_that_are_there_stay_as_they_are(kafka: KafkaSettings, topics: TopicNames) -> None:
    assert create_topics(kafka, topics) == []


def test_a_topic_of_another_shape_is_an_error(kafka: KafkaSettings, topics: TopicNames) -> None:
    delete_topics(kafka, topics)
    client = AdminClient(kafka.as_librdkafka())
    made = client.create_topics([NewTopic(topics.predictions, 3)], operation_timeout=10)
    made[topics.predictions].result()
    wait_until(lambda: is_there(kafka, topics.predictions), within_s=10)
    with pytest.raises(SurroundingsError, match="has 3 partitions and must have 12"):
        create_topics(kafka, topics)


def is_there(kafka: KafkaSettings, topic: str) -> bool:
    try:
        return bool(require_topics(kafka, [topic]))
    except TopicMissingError:
        return False


def test_a_missing_topic_is_named_with_the_remedy(kafka: KafkaSettings) -> None:
    name = f"missing-{uuid.uuid4().hex}"
    with pytest.raises(TopicMissingError, match=f"{name}.*sandbox topics"):
        require_topics(kafka, [name])


def test_deleted_topics_are_gone_and_deleting_them_twice_is_no_error(kafka: KafkaSettings) -> None:
    names = TopicNames(f"gone-{uuid.uuid4().hex[:8]}-")
    create_topics(kafka, names)
    delete_topics(kafka, names)
    delete_topics(kafka, names)
    with pytest.raises(TopicMissingError):
        require_topics(kafka, names.shapes())


def test_a_login_that_the_broker_does_not_know_is_refused_within_seconds(
    kafka: KafkaSettings,
) -> None:
    wrong = KafkaSettings(
        bootstrap_servers=kafka.bootstrap_servers,
        security_protocol="SASL_PLAINTEXT",
        sasl_username="fraud",
        sasl_password="wrong",  # noqa: S106 it is the wrong one
    )
    with pytest.raises(BrokerUnreachableError):
        cluster_id(wrong)


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1:9", "Connection refused"), ("no-such-host.invalid:9092", "resolve")],
)
def test_a_broker_that_is_not_there_is_an_error_with_the_reason(address: str, reason: str) -> None:
    begin = time.monotonic()
    with pytest.raises(BrokerUnreachableError, match=reason) as caught:
        cluster_id(KafkaSettings(bootstrap_servers=address))
    assert time.monotonic() - begin < 15
    assert address in str(caught.value)
    assert caught.value.exit_code == EXIT_SURROUNDINGS
