"""Writes transactions in the course's own format: files of 30 days, nine columns, an odd header."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fraud_core.errors import ConfigError
from fraud_core.transaction import SECONDS_PER_DAY
from model_export.dirt import Spoiler
from model_export.simulate import SimulationPlan, Transactions

DAYS_A_FILE: Final = 30
# as the course has it, misspelt name and other delimiter included
HEADER: Final = (
    b"# tranaction_id | tx_datetime | customer_id | terminal_id | tx_amount | tx_time_seconds"
    b" | tx_time_days | tx_fraud | tx_fraud_scenario\n"
)

_SECOND_TEXTS: Final = pa.array(
    [f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}" for at in range(SECONDS_PER_DAY)]
)
# amounts are written as Python writes them: 74.0, 40.7, 40.71
_CENT_TEXTS: Final = pa.array(["0" if at == 0 else f"{at:02d}".rstrip("0") for at in range(100)])


def write_files(
    rows: Transactions, plan: SimulationPlan, folder: Path, spoiler: Spoiler
) -> list[Path]:
    """Write `YYYY-MM-DD.txt`, one for each 30 days, named by its first day.

    Args:
        rows: by day, then by customer; their numbers run on from 0.
        plan: gives the first day.
        folder: made if need be; files of the same names are replaced.
        spoiler: puts dirt into the lines.

    Raises:
        ConfigError: the folder holds other transaction files, which would be read with these.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first_days = range(0, plan.days, DAYS_A_FILE)
    paths = [folder / f"{plan.start + timedelta(days=first_day)}.txt" for first_day in first_days]
    others = sorted(set(folder.glob("*.txt")) - set(paths))
    if others:
        message = f"{folder} holds {others[0].name} of another set: give a folder of its own"
        raise ConfigError(message)
    for first_day, path in zip(first_days, paths, strict=True):
        low, high = np.searchsorted(rows.day, [first_day, first_day + DAYS_A_FILE])
        scratch = path.with_suffix(".tmp")
        with scratch.open("wb") as file:
            file.write(HEADER)
            file.write(_text(spoiler.spoil(_lines(rows, plan, int(low), int(high)), int(low))))
        scratch.replace(path)
    return paths


def _lines(rows: Transactions, plan: SimulationPlan, low: int, high: int) -> pa.Array:
    """Rows as text, each with its line end."""
    day, second, cents = rows.day[low:high], rows.second[low:high], rows.cents[low:high]
    dates = pa.array([str(plan.start + timedelta(days=at)) for at in range(plan.days)])
    moment = pc.binary_join_element_wise(dates.take(day), _SECOND_TEXTS.take(second), " ")
    amount = pc.binary_join_element_wise(
        _number_texts(cents // 100), _CENT_TEXTS.take(cents % 100), "."
    )
    scenario = pc.binary_join_element_wise(_number_texts(rows.scenario[low:high]), "\n", "")
    return pc.binary_join_element_wise(
        _number_texts(np.arange(low, high)),
        moment,
        _number_texts(rows.customer_id[low:high]),
        _number_texts(rows.terminal_id[low:high]),
        amount,
        _number_texts(day * SECONDS_PER_DAY + second),
        _number_texts(day),
        _number_texts(rows.fraud[low:high]),
        scenario,
        ",",
    )


def _number_texts(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())


def _text(lines: pa.Array) -> bytes:
    """All lines one behind the other: that is how Arrow keeps them."""
    _, offsets, text = lines.buffers()
    bounds = np.frombuffer(offsets, np.int32, len(lines) + 1, lines.offset * 4)
    return bytes(memoryview(text)[int(bounds[0]) : int(bounds[-1])]) if len(lines) else b""
