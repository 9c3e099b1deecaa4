"""The replay check: features that were used online against the same, computed offline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.outputs import SAMPLED_CUSTOMERS, make_offline_features
from benchmarks.parity import bits_differ
from benchmarks.quality_files import FeatureSample
from benchmarks.quality_result import Replay
from benchmarks.result import RunResult
from fraud_core.artifact import read_manifest
from fraud_core.errors import StreamError
from fraud_core.features import FEATURE_NAMES


def offline_features_of(result: RunResult, results: Path, log: Path) -> tuple[Path | None, str]:
    """The offline features of the files that a run streamed; computed where they are gone.

    Returns:
        the file, or None and why there is none.
    """
    key = result.run.get("features_key")
    if key is None:
        return None, "the run does not say of which files and artifact it is"
    path = results / ".cache" / f"features-{key}.parquet"
    if path.is_file():
        return path, ""
    artifact = Path(result.run["artifact"])
    try:
        read_manifest(artifact)
        make_offline_features(
            [Path(one) for one in result.run["transactions"]], artifact, path, log
        )
    except StreamError as error:
        return None, f"the offline features could not be computed: {error}"
    return path, ""


def replay_of(sample: FeatureSample | None, offline: Path | None, why: str) -> Replay:
    """Compare a sample to the bit.

    Args:
        sample: what was kept of a step.
        offline: features of every clean row of the files.
        why: why there are none.
    """
    if sample is None or offline is None:
        said = why or "the step kept no features"
        return Replay(customers_share=SAMPLED_CUSTOMERS, why=said)
    compared = sample.labels_complete & (sample.seq >= 0)
    seq, online = sample.seq[compared], sample.features[compared]
    if not len(seq):
        said = "no prediction of the sampled customers had all labels"
        return Replay(customers_share=SAMPLED_CUSTOMERS, why=said)
    expected, found = _offline_rows(offline, seq)
    differ = bits_differ(online, expected).any(axis=1) | ~found
    return Replay(
        rows=len(seq),
        mismatches=int(np.count_nonzero(differ)),
        customers_share=SAMPLED_CUSTOMERS,
    )


def _offline_rows(
    path: Path, seq: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The offline features of rows, and whether they are there."""
    inside = (pc.field("seq") >= int(seq.min())) & (pc.field("seq") <= int(seq.max()))
    table = pq.read_table(path, columns=["seq", *FEATURE_NAMES], filters=inside)
    features = np.column_stack([table[name].to_numpy() for name in FEATURE_NAMES])
    rows = table["seq"].to_numpy()
    place = np.minimum(np.searchsorted(rows, seq), len(rows) - 1)
    return np.asarray(features[place], np.float64), np.asarray(rows[place] == seq)
