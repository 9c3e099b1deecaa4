"""`python -m spark_scorer`: score a stream with Spark Structured Streaming."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from fraud_core.artifact import load_artifact
from fraud_core.command import log_to_stderr, run_command
from fraud_core.instance_size import InstanceSize
from fraud_core.kafka import KafkaSettings
from fraud_core.memory_check import check_memory
from fraud_core.snapshots import EVERY_RECORDS, EVERY_S, snapshot_settings
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames
from spark_scorer.job import Job, StopFlag
from spark_scorer.own_copy import own_copy
from spark_scorer.run import Executors, run
from spark_scorer.run_folder import run_folder
from spark_scorer.score_batch import ScorerSettings
from spark_scorer.session import connector_jars

RUNTIME_BYTES: Final = 600_000_000
"""Of an executor without any state: its JVM, and Python with its packages and the model."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def score(
    artifact: Annotated[Path, typer.Option(help="Folder with model.onnx, manifest.json, history.")],
    workers: Annotated[int, typer.Option(min=1, max=12, help="Instances, one core each.")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="Put before the four topic names.")] = "",
    group_id: Annotated[
        str, typer.Option(help="Consumer group that shows the progress to Kafka tools.")
    ] = "fraud-spark",
    label_wait_s: Annotated[
        float, typer.Option(min=0, help="Longest wait for labels, seconds.")
    ] = 5.0,
    checkpoint: Annotated[
        str, typer.Option(help="Folder or URI of the query's progress; a fresh one by default.")
    ] = "",
    master: Annotated[
        str, typer.Option(help="spark://... of a cluster that runs, or local[N]; else our own.")
    ] = "",
    cpu: Annotated[float | None, typer.Option(help="CPU quota of each executor, cores.")] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Memory of each executor, MB.")] = None,
    instances_file: Annotated[
        Path | None, typer.Option(help="Gets the process ids of the executors, as JSON.")
    ] = None,
    snapshots: Annotated[
        str,
        typer.Option(help="Folder or s3://bucket/prefix that keeps the state."),
    ] = "",
    snapshot_every_records: Annotated[
        int, typer.Option(min=1, help="Records of a partition after which its state is kept.")
    ] = EVERY_RECORDS,
    snapshot_every_s: Annotated[
        float, typer.Option(min=0.1, help="Seconds after which it is kept if it has moved.")
    ] = EVERY_S,
) -> None:
    """Read transactions, score them with the artifact's model, write predictions.

    Starts a standalone Spark cluster on loopback addresses with one executor of one core for each
    of --workers, and removes it at the end. Limits hold an executor with its Python processes from
    its first batch on, not the driver. Stops cleanly on SIGTERM and Ctrl-C; started again with the
    same --checkpoint, also with another --workers, it goes on where it stopped. It scores with the
    artifact of its start, whatever is in that folder later. The broker is named by
    KAFKA_BOOTSTRAP_SERVERS and the other KAFKA_* settings.

    Example: python -m spark_scorer --artifact .demo/artifact --workers 2
    """
    log_to_stderr()
    size = InstanceSize.from_options(cpu, memory_mb)
    executors = Executors(master, size, instances_file)
    checked = load_artifact(artifact)
    left_bytes = size.state_bytes(RUNTIME_BYTES)
    check_memory(checked, processes=workers, each_bytes=left_bytes)
    connector_jars()
    kafka = with_absolute_path(KafkaSettings.from_environment())
    require_topics(kafka, list(TopicNames(topic_prefix).shapes()))
    kept = snapshot_settings(snapshots, snapshot_every_records, snapshot_every_s)
    stop = StopFlag()
    stop.install()
    with run_folder() as folder:
        # a cluster that is given may run on machines that do not see a folder of this one
        mine = checked if executors.are_elsewhere else own_copy(artifact, folder)
        place = checkpoint or str(folder / "checkpoint")
        where, model = mine.folder.resolve(), mine.model_sha256
        settings = ScorerSettings(where, model, topic_prefix, label_wait_s, kafka, kept)
        run(Job(settings, workers, place, group_id), executors, stop, folder)


def with_absolute_path(kafka: KafkaSettings) -> KafkaSettings:
    """The settings as executors can use them: their working directory is another one."""
    if not kafka.ssl_ca_location:
        return kafka
    path = str(Path(kafka.ssl_ca_location).resolve())
    return kafka.model_copy(update={"ssl_ca_location": path})


if __name__ == "__main__":
    run_command(app)
