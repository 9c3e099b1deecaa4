"""What an engine wrote against what the files say must come out, where they can say it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import Broker
from benchmarks.external import Stream
from benchmarks.outputs import read_outputs, read_reference
from benchmarks.parity import Ledger, Mismatches, Outputs, compare, without_probes
from benchmarks.samples import EndOffsets
from fraud_core.artifact import Artifact
from fraud_core.errors import SurroundingsError
from fraud_core.load_report import LoadReport
from fraud_core.topics import TopicNames


@dataclass(frozen=True, slots=True)
class Offline:
    """What the comparison rests on.

    Attributes:
        artifact: the model.
        features: offline features of the files; None leaves the comparison out.
        stream: an external engine and its log, as the log was read before the load; None where the
            engine and its topics are ours.
    """

    artifact: Artifact
    features: Path | None
    stream: Stream | None = None


def outputs_of(
    broker: Broker, names: TopicNames, starts: EndOffsets, offline: Offline
) -> Outputs | None:
    """What answers the load; None where an external engine does not say what it answers.

    Args:
        broker: the broker.
        names: the topics.
        starts: end offsets before the load.
        offline: who started the engine.

    Raises:
        SurroundingsError: an engine of ours does not say it, or the broker gives no records.
    """
    if offline.stream is None:
        return own_outputs(broker, names)
    outputs = read_outputs(broker.settings, names, broker.end_offsets(names), starts)
    return None if outputs is None else without_probes(outputs)


def own_outputs(broker: Broker, names: TopicNames) -> Outputs:
    """What an engine that was started here has answered.

    Raises:
        SurroundingsError: it does not say what it answers, or the broker gives no records.
    """
    outputs = read_outputs(broker.settings, names, broker.end_offsets(names))
    if outputs is None:
        raise SurroundingsError(
            f"an output behind {names.prefix} has no headers src_partition and src_offset: "
            "an engine must copy them, see docs/contracts.md"
        )
    return without_probes(outputs)


def mismatches_of(
    offline: Offline, report: LoadReport, ledger: Ledger, outputs: Outputs | None
) -> Mismatches | None:
    """Differences from the offline reference; None where it says nothing of these outputs."""
    if offline.features is None:
        return Mismatches(0, 0, 0, 0)
    if outputs is None or not _is_comparable(offline, report, outputs):
        return None
    return compare(ledger, outputs, read_reference(offline.features, ledger, offline.artifact))


def _is_comparable(offline: Offline, report: LoadReport, outputs: Outputs) -> bool:
    """Whether the files alone say what must come out: of our own engines always.

    State goes on with the log, so each row before the load must stand in it once; and an engine
    with a model of its own has no reference.
    """
    if offline.stream is None:
        return True
    before = offline.stream.log.rows
    goes_on = before.count == 0 or report.first_seq == before.last_seq + 1
    scored = outputs.is_prediction & (outputs.model == offline.artifact.model_sha256)
    return goes_on and before.is_whole and bool(scored.any())
