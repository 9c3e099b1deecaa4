"""What the quality of a step is judged by, from the files that were kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.outcomes import Judged, Predicted, Sent, join
from benchmarks.outputs import PAID
from benchmarks.parity import rows_of, source_ids
from benchmarks.producing import read_report
from benchmarks.store import FEATURES_FILE, LEDGER_FILE, LOAD_FILE, OUTPUTS_FILE
from fraud_core.errors import ConfigError
from fraud_core.features import FEATURE_NAMES

_SENT: Final = (
    *("seq", "partition", "offset", "fraud", "scenario", "tx_time_s", "label_time_s", "due_ms"),
)
_PREDICTED: Final = ("source", "append_ms", "is_prediction", "labels_complete", "score", *PAID)


@dataclass(frozen=True, slots=True)
class StepFiles:
    """A step as its files say.

    Attributes:
        sent: the ledger.
        answered: transactions with their predictions, in the order of sending.
        models: names of the models; `answered.model` counts in them.
        untold: predictions that do not name model, customer and amount; they are left out.
    """

    sent: Sent
    answered: Judged
    models: list[str]
    untold: int


@dataclass(frozen=True, slots=True)
class FeatureSample:
    """Features of some customers' predictions.

    Attributes:
        seq: number of the row in the files, -1 where the ledger has none; shape (n,).
        labels_complete: True where all labels were there.
        features: float64, shape (n, 15).
    """

    seq: NDArray[np.int64]
    labels_complete: NDArray[np.bool_]
    features: NDArray[np.float64]


def read_step(folder: Path, *, shared: bool = False) -> StepFiles:
    """Read ledger and outputs of a step's folder and join them.

    Args:
        folder: of the step.
        shared: others may have written to the input too; answers to their records are left out.

    Raises:
        ConfigError: a file is missing or of an earlier version, or the ledger is another run's.
    """
    sent = _read_sent(folder)
    predicted, models, untold = _read_predicted(folder / OUTPUTS_FILE)
    answered, unknown = join(sent, predicted)
    if unknown and not shared:
        raise ConfigError(
            f"{folder / OUTPUTS_FILE} answers {unknown:,} records that {LEDGER_FILE} beside it "
            "does not hold: the ledger belongs to another run; put the right one there, or "
            "measure again"
        )
    return StepFiles(sent, answered, models, untold)


def _read_sent(folder: Path) -> Sent:
    """The ledger, checked against the load report beside it."""
    path, report = folder / LEDGER_FILE, read_report(folder)
    columns = [column.astype(np.int64) for column in _columns(path, _SENT)]
    seq, partition, offset, fraud, scenario, time_s, label_time_s, due_ms = columns
    is_ours = (
        len(seq) == report.sent
        and np.all((seq >= report.first_seq) & (seq <= report.last_seq))
        and np.all((due_ms >= report.first_due_ms) & (due_ms <= report.last_due_ms))
    )
    if not is_ours:
        raise ConfigError(
            f"{path} holds {len(seq):,} records, and they are not those of {LOAD_FILE} beside it, "
            f"which says {report.sent:,} records with rows {report.first_seq} to "
            f"{report.last_seq}: the ledger belongs to another run; put the right one there, or "
            "measure again"
        )
    return Sent(seq, source_ids(partition, offset), fraud, scenario, time_s, label_time_s)


def _columns(path: Path, names: Sequence[str]) -> list[NDArray[np.int64]]:
    table = _read(path, names)
    return [table[name].to_numpy() for name in names]


def _read(path: Path, names: Sequence[str]) -> pa.Table:
    try:
        return pq.read_table(path, columns=list(names), read_dictionary=["model"])
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{path} cannot be read ({reason}): measure the step again") from None
    except pa.ArrowInvalid as error:
        raise ConfigError(
            f"{path} has no columns {', '.join(names)} ({_first_line(error)}): an earlier version "
            "wrote it, or it is damaged; measure the step again"
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _read_predicted(path: Path) -> tuple[Predicted, list[str], int]:
    """Predictions, names of their models, and how many are left out."""
    table = _read(path, _PREDICTED)
    table = table.filter(table["is_prediction"])
    predictions = table.num_rows
    names_payer = (table["customer_id"].to_numpy() >= 0) & (table["cents"].to_numpy() >= 0)
    table = table.filter(names_payer & (table["model"].cast(pa.string()).to_numpy() != ""))
    model = table["model"].combine_chunks()
    chunk = model if isinstance(model, pa.DictionaryArray) else model.dictionary_encode()
    predicted = Predicted(
        source=table["source"].to_numpy(),
        append_ms=table["append_ms"].to_numpy(),
        labels_complete=table["labels_complete"].to_numpy(),
        score=table["score"].to_numpy(),
        customer_id=table["customer_id"].to_numpy(),
        cents=table["cents"].to_numpy(),
        model=chunk.indices.to_numpy().astype(np.int64),
    )
    models = [str(name) for name in chunk.dictionary.to_pylist()]
    return predicted, models, predictions - table.num_rows


def read_feature_sample(folder: Path, sent: Sent) -> FeatureSample | None:
    """The features that were kept of a step; None where there are none.

    Args:
        folder: of the step.
        sent: its ledger.
    """
    path = folder / FEATURES_FILE
    if not path.is_file():
        return None
    table = _read(path, ("source", "labels_complete", *FEATURE_NAMES))
    return FeatureSample(
        seq=rows_of(sent.source, sent.seq, table["source"].to_numpy()),
        labels_complete=table["labels_complete"].to_numpy(),
        features=np.column_stack([table[name].to_numpy() for name in FEATURE_NAMES]),
    )
