"""`python -m faust_scorer`: score a stream with a group of Faust workers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from faust_scorer.group import Group, GroupSettings
from faust_scorer.settings import WorkerSettings, command_line, engine_name
from fraud_core.artifact import load_artifact
from fraud_core.command import log_to_stderr, run_command
from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceSize
from fraud_core.kafka import KafkaSettings
from fraud_core.memory_check import check_memory
from fraud_core.snapshots import EVERY_RECORDS, EVERY_S, snapshot_settings
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames

RUNTIME_BYTES: Final = 200_000_000
"""Of a worker without any state: Python with its packages and the model."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def score(
    artifact: Annotated[Path, typer.Option(help="Folder with model.onnx, manifest.json, history.")],
    workers: Annotated[int, typer.Option(min=1, max=12, help="Worker processes.")] = 1,
    topic_prefix: Annotated[str, typer.Option(help="Put before the four topic names.")] = "",
    group_id: Annotated[str, typer.Option(help="Consumer group of the workers.")] = "fraud-faust",
    label_wait_s: Annotated[
        float, typer.Option(min=0, help="Longest wait for labels, seconds.")
    ] = 5.0,
    take_max: Annotated[int, typer.Option(min=1, help="Most records of a batch.")] = 500,
    take_within_ms: Annotated[
        float, typer.Option(min=1, help="How often a batch that is not full is taken, ms.")
    ] = 10.0,
    cpu: Annotated[float | None, typer.Option(help="CPU quota of each worker, cores.")] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Memory of each worker, MB.")] = None,
    instances_file: Annotated[
        Path | None, typer.Option(help="Written: which processes the workers are.")
    ] = None,
    workers_file: Annotated[
        Path | None,
        typer.Option(help="Read: holds the number of workers; write another one to scale."),
    ] = None,
    health_address: Annotated[
        str, typer.Option(help="Where each worker serves /live, /ready, /partitions.")
    ] = "127.0.0.1",
    health_port: Annotated[
        int, typer.Option(min=0, max=65_000, help="Port of the first worker; 0: free ones.")
    ] = 0,
    tuned: Annotated[
        bool, typer.Option("--tuned", help="Replace a slow part of Faust: engine faust-tuned.")
    ] = False,
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

    Stops cleanly on SIGTERM and Ctrl-C. The broker is named by KAFKA_BOOTSTRAP_SERVERS and the
    other KAFKA_* settings.

    Example: python -m faust_scorer --artifact .demo/artifact --workers 2
    """
    log_to_stderr()
    size = InstanceSize.from_options(cpu, memory_mb)
    left_bytes = size.state_bytes(RUNTIME_BYTES)
    check_memory(load_artifact(artifact), processes=workers, each_bytes=left_bytes)
    if instances_file and not instances_file.absolute().parent.is_dir():
        raise ConfigError(f"--instances-file {instances_file}: make its folder first")
    names = TopicNames(topic_prefix)
    require_topics(KafkaSettings.from_environment(), list(names.shapes()))
    kept = snapshot_settings(snapshots, snapshot_every_records, snapshot_every_s)

    def command_of(number: int, name: str) -> list[str]:
        return command_line(
            WorkerSettings(
                artifact=artifact.resolve(),
                topic_prefix=topic_prefix,
                group_id=group_id,
                instance=name,
                label_wait_s=label_wait_s,
                take_max=take_max,
                take_within_s=take_within_ms / 1000,
                tuned=tuned,
                health_address=health_address,
                health_port=health_port + number if health_port else 0,
                snapshots=kept,
            )
        )

    group = GroupSettings(engine_name(tuned=tuned), workers, size, instances_file, workers_file)
    raise typer.Exit(Group(group, command_of).run())


if __name__ == "__main__":
    run_command(app)
