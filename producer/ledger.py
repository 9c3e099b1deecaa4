"""The ledger: one row for each record that the broker took, in a Parquet file."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fraud_core.errors import ConfigError
from fraud_core.load_report import LEDGER_COLUMNS

Int64s = NDArray[np.int64]

ROW_GROUP_ROWS: Final = 10_000
"""Writing so many takes 1 to 2 ms, which the schedule of the sender bears."""

_SCHEMA: Final = pa.schema([(name, pa.int64()) for name in LEDGER_COLUMNS])


class Ledger:
    """Writes rows as they come, in row groups; complete once it is closed."""

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            ConfigError: it cannot be created.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(path, _SCHEMA)
        except OSError as error:
            message = (
                f"--ledger {path} cannot be written ({error.strerror or error}): name another file"
            )
            raise ConfigError(message) from None
        self._waiting: list[Int64s] = []
        self._waiting_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._write()
        self._writer.close()

    def add(self, rows: Int64s) -> None:
        """Keep rows, int64, shape (n, 10), columns as in `LEDGER_COLUMNS`."""
        self._waiting.append(rows)
        self._waiting_rows += len(rows)
        if self._waiting_rows >= ROW_GROUP_ROWS:
            self._write()

    def _write(self) -> None:
        if not self._waiting_rows:
            return
        rows = np.concatenate(self._waiting)
        columns = [_array(rows[:, place]) for place in range(len(LEDGER_COLUMNS))]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
        self._waiting.clear()
        self._waiting_rows = 0


def _array(column: Int64s) -> pa.Array:
    # pa.array() would import pandas at its first call, and with it stop the load for a second
    buffer = pa.py_buffer(np.ascontiguousarray(column))
    return pa.Array.from_buffers(pa.int64(), len(column), [None, buffer])
