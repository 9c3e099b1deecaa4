"""What confluent-kafka answers, as a message or as an error of ours."""

from __future__ import annotations

from confluent_kafka import KafkaError, Message

from fraud_core.errors import SurroundingsError


def message_or_raise(message: Message) -> Message:
    """The message itself.

    Raises:
        SurroundingsError: the client handed over an error in place of a message.
    """
    error = message.error()
    if error is None:
        return message
    raise client_error(error, message.topic())


def client_error(error: KafkaError, topic: str | None) -> SurroundingsError:
    """An error of ours that says what the client met."""
    where = f" on {topic}" if topic else ""
    return SurroundingsError(
        f"Kafka answers {error.name()}{where} ({error.str()}): check the topic, the user's rights "
        "and the broker's log"
    )
