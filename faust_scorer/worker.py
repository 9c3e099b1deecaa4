"""One worker process; the group runner starts N of them with `python -m faust_scorer.worker`.

It reads nothing from its stdin but the end of its runner, writes its log to stderr, and to stdout
what the runner must know, one JSON object a line: `{"health": url}` once, `{"ready": bool}` at each
change.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
import time
from pathlib import Path

import faust
import orjson
import uvloop

from faust_scorer.agent import Agent
from faust_scorer.app import make_app
from faust_scorer.health import Health, HealthServer
from faust_scorer.parent import end_with_parent
from faust_scorer.repeated_lines import thin_out
from faust_scorer.settings import WorkerSettings, settings_from
from faust_scorer.watching import FaustDealt, Watch
from fraud_core.artifact import load_artifact
from fraud_core.command import log_to_stderr, run_command, show
from fraud_core.kafka import KafkaSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import Identity
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topics import TopicNames


def run_worker() -> None:
    """Score until SIGTERM; leaves with Faust's exit code."""
    settings = settings_from(sys.argv[1:])
    log_to_stderr()
    end_with_parent(sys.stdin.fileno())
    health = Health(time.monotonic)
    server = HealthServer(health, settings.health_address, settings.health_port)
    _tell(health=server.url)
    kafka = KafkaSettings.from_environment()
    scorer = _open_scorer(settings, kafka)
    uvloop.install()
    app = _watched_app(settings, kafka, scorer, health)
    # No table writes there, but Faust makes the folder, by default in the current one.
    app.conf.datadir = Path(tempfile.gettempdir()) / "fraud-faust"
    # Not warn or error: with those Faust's progress display sets the root logger to DEBUG,
    # two log records for each message sent.
    worker = faust.Worker(app, loglevel="info", quiet=True)
    log_to_stderr()
    for noisy in ("faust", "aiokafka", "mode"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    thin_out(time.monotonic)
    worker.execute_from_commandline()


def _open_scorer(settings: WorkerSettings, kafka: KafkaSettings) -> StreamScorer:
    return StreamScorer.open(
        load_artifact(settings.artifact),
        kafka,
        TopicNames(settings.topic_prefix),
        Identity(settings.engine, settings.instance),
        settings.label_wait_s,
        snapshots=settings.snapshots,
    )


def _watched_app(
    settings: WorkerSettings, kafka: KafkaSettings, scorer: StreamScorer, health: Health
) -> faust.App:
    """The application, which also looks at itself."""
    agent = Agent(scorer, OutputWriter.open(kafka), settings)
    app = make_app(settings, kafka, agent)
    watch = Watch(FaustDealt(app), scorer, agent.progress, health, lambda now: _tell(ready=now))

    async def look() -> None:
        await watch.run(agent.scoring)

    app.task(look)
    return app


def _tell(**said: str | bool) -> None:
    # The runner may be gone; then nobody reads, and stopping must go on.
    with contextlib.suppress(OSError):
        show(orjson.dumps(said).decode())


if __name__ == "__main__":
    run_command(run_worker)
