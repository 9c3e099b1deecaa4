"""The Faust application: one agent, settings that lose nothing, no table, no topic of its own."""

from __future__ import annotations

from typing import Any, cast

import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import SASLMechanism
from mode.supervisors import CrashingSupervisor

from faust_scorer.agent import Agent
from faust_scorer.client_id import client_id
from faust_scorer.monitor import QuietMonitor
from faust_scorer.settings import WorkerSettings
from faust_scorer.transport import TunedTransport
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import TopicNames


def make_app(settings: WorkerSettings, kafka: KafkaSettings, agent: Agent) -> faust.App:
    """Build the application of one worker.

    Args:
        settings: of this worker.
        kafka: how to reach the broker.
        agent: what scores.
    """
    names = TopicNames(settings.topic_prefix)
    app = faust.App(
        settings.group_id,
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=credentials(kafka),
        broker_client_id=client_id(),
        **_APP_SETTINGS,
    )
    if settings.tuned:
        app.transport = TunedTransport(app.conf.broker_consumer, app)
    channel = app.topic(
        names.transactions, key_serializer="raw", value_serializer="raw", allow_empty=True
    )

    # Never concurrency > 1, and an error must end the process: both lose records otherwise.
    @app.agent(channel, supervisor_strategy=CrashingSupervisor, name="score")
    async def score(stream: faust.StreamT[Any]) -> None:
        await agent.score_stream(cast("faust.Stream[Any]", stream))

    @app.on_partitions_revoked.connect
    async def deal_anew(*_: object, **__: object) -> None:
        agent.progress.deal_anew()

    return app


_APP_SETTINGS: dict[str, Any] = {
    "key_serializer": "raw",
    "value_serializer": "raw",
    # No tables, so no standbys: with 1, the default, Faust brings in its own assignor.
    "table_standby_replicas": 0,
    "topic_disable_leader": True,
    # The topics belong to the benchmark or to Terraform.
    "topic_allow_declare": False,
    # At the default of 4096 a full buffer pauses every partition for a second; an event takes 1 kB.
    "stream_buffer_maxsize": 30_000,
    # What a crash repeats is what was done since the last commit.
    "broker_commit_interval": 1.0,
    "broker_commit_every": 20_000,
    # The default of 60 s is how long nobody reads the partitions of a killed worker.
    "broker_session_timeout": 8.0,
    # A worker learns with its next heartbeat that another one has joined or left, and until the
    # last of them has learned it, nobody scores. Each takes 0.3 ms of CPU.
    "broker_heartbeat_interval": 0.5,
    "broker_request_timeout": 30.0,
    "producer_request_timeout": 30.0,
    "consumer_auto_offset_reset": "earliest",
    "cython_optimizations": True,
    "Monitor": QuietMonitor,
    "web_enabled": False,
    "worker_redirect_stdouts": False,
}


def credentials(kafka: KafkaSettings) -> SASLCredentials | SSLCredentials | None:
    """Faust's spelling of a log-in; None for an open broker."""
    if kafka.uses_sasl:
        return SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.sasl_password.get_secret_value(),
            mechanism=SASLMechanism(kafka.sasl_mechanism),
            ssl_context=kafka.tls_context() if kafka.uses_tls else None,
        )
    if kafka.uses_tls:
        return SSLCredentials(context=kafka.tls_context())
    return None
