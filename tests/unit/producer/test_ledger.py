import contextlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from fraud_core.errors import ConfigError
from fraud_core.load_report import LEDGER_COLUMNS
from producer import ledger
from producer.ledger import Ledger


def test_rows_come_back_in_order_from_several_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "ROW_GROUP_ROWS", 4)
    rows = np.arange(70, dtype=np.int64).reshape(7, 10)
    with Ledger(tmp_path / "new" / "ledger.parquet") as writer:
        for first in (0, 2, 4, 6):
            writer.add(rows[first : first + 2])
    file = pq.ParquetFile(tmp_path / "new" / "ledger.parquet")
    assert file.num_row_groups == 2
    assert tuple(file.schema_arrow.names) == LEDGER_COLUMNS
    read = np.stack([column.to_numpy() for column in file.read().columns], axis=1)
    assert read.tolist() == rows.tolist()


def test_an_error_in_mid_load_leaves_a_complete_file(tmp_path):
    path = tmp_path / "ledger.parquet"
    with contextlib.suppress(RuntimeError), Ledger(path) as writer:
        writer.add(np.zeros((3, 10), dtype=np.int64))
        raise RuntimeError
    assert pq.read_metadata(path).num_rows == 3


def test_a_load_that_sent_nothing_leaves_an_empty_ledger(tmp_path):
    with Ledger(tmp_path / "ledger.parquet"):
        pass
    assert pq.read_metadata(tmp_path / "ledger.parquet").num_rows == 0


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"--ledger .*ledger\.parquet cannot be written"):
        Ledger(tmp_path / "file" / "ledger.parquet")
