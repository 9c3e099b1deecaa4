"""What the state of a bank takes: memory, time to build it again, size and time of its snapshots.

The structures are the real ones, the entries are made up. A quarter of an hour is enough for both
commands at their full size; nothing else is needed, no broker either.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Annotated, Final

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from fraud_core.command import run_command, show
from fraud_core.features import FEATURES_VERSION
from fraud_core.history import COLUMNS, OUTCOME, read_history
from fraud_core.label_record import (
    LabelRecord,
    Outcome,
    decode_label_record,
    encode_label_record,
)
from fraud_core.label_table import LabelTable
from fraud_core.partition_state import PartitionState
from fraud_core.snapshot import StateIdentity, decode_snapshot, encode_snapshot
from fraud_core.transaction import (
    ANY_DATE,
    SECONDS_PER_DAY,
    Transaction,
    decode,
    encode,
    encode_key,
    format_time,
)

START_S: Final = 1_533_686_400
"""2018-08-08, the first second of the stream; the history ends before it."""
HISTORY_DAYS: Final = 30
OUTCOMES_A_RECORD: Final = 2000
BATCH: Final = 500
_SCHEMA: Final = pa.schema(
    [
        pa.field(name, kind)
        for name, kind in zip(COLUMNS, (pa.int8(), *[pa.int64()] * 3), strict=True)
    ]
)
_IDENTITY: Final = StateIdentity("cluster", "transactions", "topic", "0" * 64, FEATURES_VERSION, 12)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@dataclass(slots=True)
class Meter:
    """Memory and CPU of this process, as differences."""

    rss_bytes: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0

    def start(self) -> None:
        """Begin a stretch."""
        gc.collect()
        self.rss_bytes = psutil.Process().memory_info().rss
        self.cpu_s, self.wall_s = time.process_time(), time.perf_counter()

    def show(self, what: str, entries: int = 0) -> None:
        """Print what a stretch took."""
        cpu_s, wall_s = time.process_time() - self.cpu_s, time.perf_counter() - self.wall_s
        gc.collect()
        grown = psutil.Process().memory_info().rss - self.rss_bytes
        line = f"{what}: cpu {cpu_s:.2f} s, wall {wall_s:.2f} s, memory {grown / 1e6:+.0f} MB"
        if entries:
            line += f" ({grown / entries:.1f} B an entry, {cpu_s / entries * 1e6:.2f} us of CPU)"
        show(line)


def transactions(customers: int, entries: int, seed: int) -> Iterator[Transaction]:
    """Transactions of 30 days in the order of time, customers drawn evenly."""
    rng = np.random.default_rng(seed)
    step_s = HISTORY_DAYS * SECONDS_PER_DAY / entries
    for first in range(0, entries, 100_000):
        count = min(100_000, entries - first)
        drawn = rng.integers(0, customers, count).tolist()
        cents = rng.integers(100, 20_000, count).tolist()
        for place, (customer, amount) in enumerate(zip(drawn, cents, strict=True), first):
            time_s = START_S + int(place * step_s)
            yield Transaction(place, time_s, customer, 1, amount, "", amount / 100)


def write_history(path: Path, terminals: int, outcomes: int) -> None:
    """A history of outcomes only, evenly over terminals and 30 days before the stream."""
    each = outcomes // terminals
    times = (
        START_S
        - HISTORY_DAYS * SECONDS_PER_DAY
        + np.arange(each) * (HISTORY_DAYS * SECONDS_PER_DAY / max(each, 1))
    )
    frauds = (np.arange(each) % 120 == 0).astype(np.int64)
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        for terminal in range(terminals if each else 0):
            columns = (
                np.full(each, OUTCOME, np.int8),
                np.full(each, terminal),
                times.astype(np.int64),
                frauds,
            )
            writer.write_table(pa.table(list(columns), schema=_SCHEMA))


def label_records(terminals: int, outcomes: int, days: float) -> Iterator[bytes]:
    """Records of the labels topic behind that history."""
    rng = np.random.default_rng(2)
    step_s = days * SECONDS_PER_DAY / max(outcomes, 1)
    for first in range(0, outcomes, OUTCOMES_A_RECORD):
        count = min(OUTCOMES_A_RECORD, outcomes - first)
        drawn = rng.integers(0, terminals, count).tolist()
        times = [START_S + int((first + place) * step_s) for place in range(count)]
        rows = [
            Outcome(first + place, terminal, time_s - 7 * SECONDS_PER_DAY, time_s, 0)
            for place, (terminal, time_s) in enumerate(zip(drawn, times, strict=True))
        ]
        yield encode_label_record(LabelRecord(times[-1], rows))


@app.command()
def customers(
    customers: Annotated[int, typer.Option(min=1, help="customers in all")] = 1_000_000,
    entries: Annotated[int, typer.Option(min=1, help="window entries in all")] = 20_000_000,
    partitions: Annotated[int, typer.Option(min=1, help="over which both are spread")] = 12,
) -> None:
    """Memory and catch-up of the customers' windows.

    Example: python -m benchmarks.state_size customers
    """
    each, of_each, meter = customers // partitions, entries // partitions, Meter()
    with tempfile.TemporaryDirectory(prefix="state-size-") as folder:
        path = Path(folder) / "history.parquet"
        write_history(path, 1, 0)
        history = read_history(path, end_s=START_S - 1)
        _from_log(PartitionState(history), each, of_each, meter)
        meter.start()
        states = [PartitionState(history) for _ in range(partitions)]
        for number, state in enumerate(states):
            _take_in(state, transactions(each, of_each, number))
        meter.show(f"{partitions} partitions live", of_each * partitions)
        _pauses(states[0], each, Path(folder))
        _snapshots(states, Path(folder), of_each, meter)


def _from_log(state: PartitionState, customers: int, entries: int, meter: Meter) -> None:
    """Catch-up of one partition, less reading from the broker."""
    records = [
        (encode_key(tx.customer_id), encode(tx._replace(tx_datetime=format_time(tx.time_s))))
        for tx in transactions(customers, entries, 0)
    ]
    meter.start()
    _take_in(state, (decode(key, value, ANY_DATE) for key, value in records))
    meter.show("one partition from the log: decode and take in", entries)


def _take_in(state: PartitionState, rows: Iterable[Transaction]) -> None:
    for offset, row in enumerate(rows):
        state.advance(row, offset)


def _snapshots(states: list[PartitionState], folder: Path, entries: int, meter: Meter) -> None:
    """Write all partitions as a scorer does, one after the other, and read them back."""
    longest_s, paths = 0.0, [folder / f"{number}.state" for number in range(len(states))]
    meter.start()
    for number, (state, path) in enumerate(zip(states, paths, strict=True)):
        started_s = time.perf_counter()
        frozen = state.freeze()
        longest_s = max(longest_s, time.perf_counter() - started_s)
        point = frozen.packed()
        state.rest_on(point)
        del frozen
        with path.open("wb") as file:
            file.writelines(encode_snapshot(point, _IDENTITY, number))
    meter.show(f"{len(states)} snapshots packed and written")
    show(f"longest freeze {longest_s * 1000:.3f} ms, snapshots {_size_mb(paths):.0f} MB")
    states.clear()
    meter.start()
    points = [
        decode_snapshot(path.read_bytes(), _IDENTITY, number) for number, path in enumerate(paths)
    ]
    meter.show(f"{len(points)} snapshots read", entries * len(points))


def _pauses(state: PartitionState, customers: int, folder: Path) -> None:
    """How long batches take beside a thread that writes a snapshot of the partition."""
    rows = list(transactions(customers, BATCH * 400, 99))
    batches = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
    alone = [_timed(state, batch) for batch in batches[:200]]
    frozen = state.freeze()

    def write() -> None:
        state.rest_on(point := frozen.packed())
        with (folder / "beside.state").open("wb") as file:
            file.writelines(encode_snapshot(point, _IDENTITY, 0))

    writer = Thread(target=write)
    writer.start()
    beside = [_timed(state, batch) for batch in batches[200:]]
    writer.join()
    for name, found in (("alone", alone), ("beside a snapshot", beside)):
        middle_ms, longest_ms = np.median(found) * 1000, max(found) * 1000
        show(f"batches of {BATCH} {name}: median {middle_ms:.1f} ms, longest {longest_ms:.1f} ms")


def _timed(state: PartitionState, rows: list[Transaction]) -> float:
    started_s = time.perf_counter()
    _take_in(state, rows)
    return time.perf_counter() - started_s


def _size_mb(paths: list[Path]) -> float:
    return sum(path.stat().st_size for path in paths) / 1e6


@app.command()
def labels(
    terminals: Annotated[int, typer.Option(min=1, help="terminals")] = 1000,
    outcomes: Annotated[int, typer.Option(min=1, help="outcomes held in all")] = 58_000_000,
    days: Annotated[int, typer.Option(min=31, help="of label time in which they lie")] = 37,
) -> None:
    """Memory and start-up time of the table of outcomes.

    Example: python -m benchmarks.state_size labels
    """
    known = outcomes * HISTORY_DAYS // days
    meter = Meter()
    with tempfile.TemporaryDirectory(prefix="state-size-") as folder:
        path = Path(folder) / "history.parquet"
        write_history(path, terminals, known)
        meter.start()
        history = read_history(path, end_s=START_S - 1)
        meter.show("history read", known)
    meter.start()
    table = LabelTable(history)
    for terminal in range(terminals):
        table.windows(terminal, START_S)
    meter.show("first question to each terminal", known)
    _read_labels(table, terminals, outcomes - known, days - HISTORY_DAYS)
    peak_mb = _status_mb("VmHWM")
    show(f"process: {_status_mb('VmRSS'):.0f} MB, at most {peak_mb:.0f} MB")


def _read_labels(table: LabelTable, terminals: int, outcomes: int, days: int) -> None:
    """Take in what the labels topic brings; making the records is not counted."""
    meter, cpu_s = Meter(), 0.0
    meter.start()
    for offset, value in enumerate(label_records(terminals, outcomes, days)):
        started_s = time.process_time()
        table.add(decode_label_record(value, offset))
        cpu_s += time.process_time() - started_s
    grown = psutil.Process().memory_info().rss - meter.rss_bytes
    show(
        f"labels topic: {outcomes} outcomes, cpu {cpu_s:.2f} s ({cpu_s / outcomes * 1e6:.2f} us "
        f"each), memory {grown / 1e6:+.0f} MB ({grown / outcomes:.1f} B each)"
    )


def _status_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


if __name__ == "__main__":
    run_command(app)
