"""Where the labels topic stands before we publish on it."""

from __future__ import annotations

from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition

from fraud_core.client import message_or_raise
from fraud_core.errors import BrokerUnreachableError, LogError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.label_record import decode_label_record

_ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class LabelsEnd:
    """The end of the labels topic.

    Attributes:
        next_offset: of the next record.
        complete_until_s: what the last record promises, None where there is none.
    """

    next_offset: int
    complete_until_s: int | None


def read_labels_end(settings: KafkaSettings, topic: str) -> LabelsEnd:
    """Read the last label record, so that a second run continues where the first one ended.

    Raises:
        BrokerUnreachableError: nobody answers.
        LogError: records were deleted, or the last one is no label record.
    """
    # the group is never joined nor committed to: librdkafka merely wants a name
    consumer = Consumer(settings.as_consumer("labels-end"))
    try:
        return _read_end(consumer, topic)
    except KafkaException as error:
        raise BrokerUnreachableError(
            bootstrap_servers=settings.bootstrap_servers, reason=error.args[0].str()
        ) from None
    finally:
        consumer.close()


def _read_end(consumer: Consumer, topic: str) -> LabelsEnd:
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=_ANSWER_WITHIN_S)
    if low > 0:
        message = (
            f"{topic} starts at offset {low}: its retention deleted labels that engines need; set "
            "retention.ms=-1 and start again on fresh topics"
        )
        raise LogError(message)
    if high == 0:
        return LabelsEnd(0, None)
    consumer.assign([TopicPartition(topic, 0, high - 1)])
    last = consumer.poll(_ANSWER_WITHIN_S)
    if last is None:
        text = f"the last record of {topic}, offset {high - 1}, did not come within 10 s"
        raise SurroundingsError(f"{text}: check the broker's log")
    record = decode_label_record(message_or_raise(last).value(), high - 1)
    return LabelsEnd(high, record.complete_until_s)
