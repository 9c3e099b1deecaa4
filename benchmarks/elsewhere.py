"""`python -m benchmarks.elsewhere`: look after an engine that somebody else starts and stops.

`streamgauge run` measures it; these commands say when it is ready, whether it stays as it was, and
whether this machine can measure it at all. Whoever starts engines on other machines calls them.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.agenda import Standing, next_action
from benchmarks.attending import (
    MeasuredError,
    Probes,
    Signals,
    StoppedError,
    attend_answers,
    attend_group,
)
from benchmarks.begin import chosen_cells
from benchmarks.broker_clock import CLOCK_TOPIC, measure_clock
from benchmarks.cluster import send_probes
from benchmarks.discount import discount as discount_last
from benchmarks.external import External, prefixed
from benchmarks.host_check import clock_finding, worker_of
from benchmarks.owners import Group
from benchmarks.plan import load_plan
from benchmarks.store import load_steps
from fraud_core.artifact import load_artifact
from fraud_core.command import run_command, show
from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id, create_topics, delete_topics, delete_topics_of
from fraud_core.topics import TopicNames

LEFT: Final = "left: "
NOTHING_LEFT: Final = "nothing"
INVALID_NOW: Final = "invalid now: "
BY_GROUP: Final = frozenset({"faust", "faust-tuned"})
_ASK_AGAIN_S: Final = 2.0
_EMPTY_WITHIN_S: Final = 90.0
"""A member that was killed leaves its group after Faust's session time-out, 60 s."""

PrefixOption = Annotated[str, typer.Option(help="Before the names of its topics.")]
GroupOption = Annotated[str, typer.Option(help="Its consumer group.")]
EngineOption = Annotated[str, typer.Option(help="faust or spark.")]
InstancesOption = Annotated[int, typer.Option(min=1, max=12, help="How many must own partitions.")]
WithinOption = Annotated[float, typer.Option(min=1, help="Longest wait, seconds.")]
ResultsOption = Annotated[Path, typer.Option(help="Folder of all results.")]
ArtifactOption = Annotated[Path, typer.Option(help="The artifact that it scores with.")]

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def attend(
    engine: EngineOption,
    topic_prefix: PrefixOption,
    group_id: GroupOption,
    instances: InstancesOption,
    artifact: ArtifactOption,
    within_s: WithinOption = 1200.0,
) -> None:
    """Wait until so many instances own all partitions, say so, and watch that it stays so.

    Ends with 0 on SIGTERM, with 5 where they do not come in time, with 4 when one of them has gone
    or another one has come: what is measured then is measured of another count. On SIGINT, for the
    end of a measurement, it has every partition answered a last time and ends with 0 or 4.

    Example: python -m benchmarks.elsewhere attend --engine faust --topic-prefix P --group-id P
    --instances 2 --artifact .demo/artifact
    """
    settings, names = KafkaSettings.from_environment(), prefixed(topic_prefix)
    signals = Signals()
    time_s = load_artifact(artifact).manifest.history_end_s + 1
    ask = Probes(settings, names, time_s, signals.check)
    try:
        if engine in BY_GROUP:
            attend_group(Group(settings, group_id), ask, instances, within_s, signals)
        else:
            attend_answers(ask, instances, within_s, signals)
    except StoppedError:
        return
    except MeasuredError:  # before it was ready, or for the second time
        raise KeyboardInterrupt from None


@app.command()
def answered(
    topic_prefix: PrefixOption,
    artifact: ArtifactOption,
    group_id: GroupOption = "",
    within_s: WithinOption = 300.0,
) -> None:
    """Write a probe to each partition, wait for the answers, and say who gave them.

    With a group also what its members call themselves: Faust's workers tell their versions so.
    Exit code 2: they were scored with another model.

    Example: python -m benchmarks.elsewhere answered --topic-prefix P --artifact .demo/artifact
    """
    settings, names = KafkaSettings.from_environment(), prefixed(topic_prefix)
    expected = load_artifact(artifact)
    ask = Probes(settings, names, expected.manifest.history_end_s + 1, lambda: None)
    found = list(ask.predictions(within_s).values())
    models = {str(one["model"]) for one in found}
    if models != {expected.model_sha256}:
        raise ConfigError(
            f"{names.prefix}* is scored with model {', '.join(sorted(models))}, {artifact} holds "
            f"{expected.model_sha256}: the engine has fetched another artifact"
        )
    kinds = Counter((one["engine"], one.get("features_version")) for one in found)
    for (engine, features), count in kinds.items():
        model = expected.model_sha256
        show(f"ok   {count} probes answered by {engine}, features {features}, model {model}")
    for client in Group(settings, group_id).clients() if group_id else ():
        show(f"ok   member of {group_id}: {client}")


@app.command()
def probe(topic_prefix: PrefixOption, artifact: ArtifactOption) -> None:
    """Write a probe to each partition and wait for nothing.

    Example: python -m benchmarks.elsewhere probe --topic-prefix P --artifact .demo/artifact
    """
    time_s = load_artifact(artifact).manifest.history_end_s + 1
    names = prefixed(topic_prefix)
    send_probes(KafkaSettings.from_environment(), names.transactions, time_s)
    show(f"one record in each partition of {names.transactions}")


@app.command()
def look(topic_prefix: PrefixOption) -> None:
    """Say whether this machine can measure: broker, rights on topics, clock, CPU.

    Makes four topics, measures the clock by appending to one of them, and deletes them. Exit code
    5: something is missing.

    Example: python -m benchmarks.elsewhere look --topic-prefix try
    """
    settings, names = KafkaSettings.from_environment(), prefixed(topic_prefix)
    show(f"ok   worker: {worker_of(os.environ)}")
    show(f"ok   Kafka: {settings.bootstrap_servers} answers, cluster {cluster_id(settings)}")
    delete_topics(settings, names)
    create_topics(settings, names)
    try:
        text, is_near = clock_finding(measure_clock(settings, names.dead_letters, time.time))
    finally:
        delete_topics(settings, names)
    show(f"ok   topics {names.prefix}*: made and deleted")
    if not is_near:
        raise SurroundingsError(f"clock: {text}")
    show(f"ok   clock: {text}")


@app.command()
def left(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan of the campaign.")],
    run_id: Annotated[str, typer.Option(help="Name of the campaign; it need not be there.")],
    engine: EngineOption,
    instances: InstancesOption,
    results: ResultsOption,
    changes: Annotated[list[str] | None, typer.Option("--set", help="A key of the plan.")] = None,
) -> None:
    """Say whether a campaign still asks for a step of an engine, before that is started.

    Prints the next step, or `nothing`.

    Example: python -m benchmarks.elsewhere left plan.yaml --run-id R --engine faust --instances 2
    --results benchmarks/results
    """
    plan = load_plan(plan_file, changes or ())
    cells = chosen_cells(plan, None, (), External(engine, instances, TopicNames("")))
    # invalid ones are repeated
    steps = [one for one in load_steps(results / run_id) if one.verdict != "invalid"]
    found = next_action(plan, cells, Standing(steps))
    show(f"{LEFT}{found.id if found else NOTHING_LEFT}")


@app.command()
def discount(
    run_id: Annotated[str, typer.Option(help="Name of the campaign; it need not be there.")],
    engine: EngineOption,
    instances: InstancesOption,
    results: ResultsOption,
    reason: Annotated[str, typer.Option(help="What has happened, for the result.")],
    last_s: Annotated[float, typer.Option(min=0, help="How late it may have been noticed.")] = 90.0,
) -> None:
    """Have steps of an engine count as invalid whose window has ended in the last seconds.

    For whoever learns only now that its instances were not those of the beginning: a member that
    is gone leaves its group after a minute. The campaign repeats these steps when it goes on.

    Example: python -m benchmarks.elsewhere discount --run-id R --engine faust --instances 2
    --results benchmarks/results --reason "faust-1 was killed"
    """
    steps = discount_last(results / run_id, engine, instances, time.time() - last_s, reason)
    show(f"{INVALID_NOW}{', '.join(steps) or 'none'}")


@app.command()
def forget(
    topic_prefix: Annotated[list[str], typer.Option(help="Before the names of its topics.")],
    group_id: Annotated[list[str], typer.Option(help="Its consumer group.")],
) -> None:
    """Delete the topics and the consumer group of an engine that has ended, or of several.

    Of several each has both options, in the same order.

    Example: python -m benchmarks.elsewhere forget --topic-prefix P --group-id P
    """
    if len(topic_prefix) != len(group_id):
        raise ConfigError(
            f"{len(topic_prefix)} times --topic-prefix and {len(group_id)} times --group-id: give "
            "both for each engine"
        )
    settings = KafkaSettings.from_environment()
    for prefix, group in zip(topic_prefix, group_id, strict=True):
        _forget(settings, prefixed(prefix), group)


def _forget(settings: KafkaSettings, names: TopicNames, group_id: str) -> None:
    group = Group(settings, group_id)
    deadline_s = time.monotonic() + _EMPTY_WITHIN_S
    while (done := group.delete()) == "not yet":
        if time.monotonic() > deadline_s:
            raise SurroundingsError(
                f"group {group_id} cannot be deleted after {_EMPTY_WITHIN_S:g} s: an engine that "
                "should have ended is still a member"
            )
        time.sleep(_ASK_AGAIN_S)
    delete_topics(settings, names)
    delete_topics_of(settings, [f"{names.prefix}{CLOCK_TOPIC}"])  # of a campaign that was killed
    if done == "denied":
        show(f"group {group_id} stays: Kafka lets this user delete none; it is empty, and expires")
    show(f"deleted: {names.prefix}*{'' if done == 'denied' else f' and group {group_id}'}")


if __name__ == "__main__":
    run_command(app)
