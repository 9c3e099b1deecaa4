"""`streamgauge topics`: the topics that an external engine and its load share."""

from __future__ import annotations

from typing import Annotated

import typer

from fraud_core.command import say, show

PrefixOption = Annotated[str, typer.Option(help="before each name: P makes P-transactions")]

topics = typer.Typer(
    no_args_is_help=True,
    help="Topics of an external engine.\n\nExample: streamgauge topics create --prefix try",
)


@topics.command("create")
def create(prefix: PrefixOption) -> None:
    """Make the four topics that an external engine and its load share; an engine makes none.

    Example: streamgauge topics create --prefix try
    """
    from benchmarks.external import prefixed
    from fraud_core.kafka import KafkaSettings
    from fraud_core.topic_admin import create_topics

    names = prefixed(prefix)
    created = create_topics(KafkaSettings.from_environment(), names)
    for name, shape in names.shapes().items():
        found = "created" if name in created else "was there"
        show(f"{name}: {found}, {shape.partitions} partitions")
    say(f"start the engine with --topic-prefix {names.prefix}")


@topics.command("delete")
def delete(prefix: PrefixOption) -> None:
    """Delete these four topics with all that is in them.

    Example: streamgauge topics delete --prefix try
    """
    from benchmarks.external import prefixed
    from fraud_core.kafka import KafkaSettings
    from fraud_core.topic_admin import delete_topics

    names = prefixed(prefix)
    delete_topics(KafkaSettings.from_environment(), names)
    show(f"deleted: {', '.join(names.shapes())}")
