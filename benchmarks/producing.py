"""The load generator, known only by its command line and by the report that it leaves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from benchmarks.store import LEDGER_FILE, LOAD_FILE
from fraud_core.errors import SurroundingsError
from fraud_core.load_report import LoadReport
from fraud_core.topics import TopicNames


@dataclass(frozen=True, slots=True)
class LoadFiles:
    """What the load is read from: files or folders of transactions, and the artifact's folder."""

    transactions: Sequence[Path | str]
    artifact: Path


def producer_command(
    load: LoadFiles, names: TopicNames, folder: Path, options: Sequence[str]
) -> list[str]:
    """How the load generator is started.

    Args:
        load: what it reads.
        names: the topics.
        folder: where ledger and report go.
        options: rate and length.
    """
    return [
        *(sys.executable, "-m", "producer"),
        *(part for path in load.transactions for part in ("--transactions", str(path))),
        *("--artifact", str(load.artifact)),
        *("--topic-prefix", names.prefix),
        *("--ledger", str(folder / LEDGER_FILE)),
        *("--report", str(folder / LOAD_FILE)),
        *options,
    ]


def read_report(folder: Path) -> LoadReport:
    """The load report that the producer left.

    Raises:
        SurroundingsError: it is not there or not whole.
    """
    path = folder / LOAD_FILE
    try:
        return LoadReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{path} is no load report ({error}): see the producer's log beside it"
        raise SurroundingsError(message) from None
