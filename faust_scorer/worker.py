"""One worker process; the group runner starts N of them with `python -m faust_scorer.worker`."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import faust
import uvloop

from faust_scorer.app import make_app
from faust_scorer.settings import settings_from
from fraud_core.artifact import load_artifact
from fraud_core.command import log_to_stderr, run_command
from fraud_core.kafka import KafkaSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import Identity
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topics import TopicNames


def run_worker() -> None:
    """Score until SIGTERM; leaves with Faust's exit code."""
    settings = settings_from(sys.argv[1:])
    kafka = KafkaSettings.from_environment()
    identity = Identity("faust", settings.instance)
    scorer = StreamScorer.open(
        load_artifact(settings.artifact),
        kafka,
        TopicNames(settings.topic_prefix),
        identity,
        settings.label_wait_s,
        snapshots=settings.snapshots,
    )
    uvloop.install()
    app = make_app(settings, kafka, scorer, OutputWriter.open(kafka))
    # No table writes there, but Faust makes the folder, by default in the current one.
    app.conf.datadir = Path(tempfile.gettempdir()) / "fraud-faust"
    # Not warn or error: with those Faust's progress display sets the root logger to DEBUG,
    # two log records for each message sent.
    worker = faust.Worker(app, loglevel="info", quiet=True)
    log_to_stderr()
    for noisy in ("faust", "aiokafka", "mode"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    worker.execute_from_commandline()


if __name__ == "__main__":
    run_command(run_worker)
