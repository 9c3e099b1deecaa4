"""A process of its own reads the files, so that parsing a day never makes an event late.

In a thread, parsing would hold Python's lock for milliseconds at a time. The process encodes the
records too and hands over finished blocks; the sender only sends.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Final

from fraud_core.errors import StreamError, SurroundingsError
from fraud_core.transaction import DateRange
from fraud_core.transaction_files import read_days
from fraud_core.transaction_source import TransactionFile
from producer.sources import StreamBlock, StreamPlan, stream_blocks

BUFFER_ROWS: Final = 100_000
"""At 4,000 rows a second 25 s, at 220 bytes a row 22 MB: a day of the course's files is parsed in
a few seconds, even where the engines under test leave little of the machine."""

_POLITE: Final = 10
"""Niceness: parsing comes in bursts and has the buffer, the engines under test have a deadline."""


_GIVE_MEMORY_BACK: Final = {"MALLOC_MMAP_THRESHOLD_": "65536"}
"""glibc raises this threshold by itself and then keeps what numpy frees: 100 MB of 440."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What the reading process needs to know.

    Attributes:
        files: transaction files in the order of time.
        dates: event times that are possible.
        customers_share: share of customers kept.
        plan: which rows make the stream.
    """

    files: list[TransactionFile]
    dates: DateRange
    customers_share: float
    plan: StreamPlan


class BlockReader:
    """The blocks of the stream, read in another process."""

    def __init__(self, request: ReadRequest) -> None:
        """Start reading."""
        self._connection, writer = Pipe(duplex=False)
        # not multiprocessing: it would load the command line and the Kafka client there, 50 MB
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(writer.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[writer.fileno()],
            env=os.environ | _GIVE_MEMORY_BACK,
        )
        writer.close()  # or the end of the process would not be noticed
        self._ask(request)
        self.has_ended = False

    def is_ready(self, timeout_s: float = 0.0) -> bool:
        """True when `next_block` will not wait."""
        return self.has_ended or self._connection.poll(timeout_s)

    def next_block(self) -> StreamBlock | None:
        """The next block, None at the end of the stream; waits for it.

        Raises:
            TransactionFileError: the files cannot be read.
            SurroundingsError: the reading process was killed.
        """
        if self.has_ended:
            return None
        try:
            item = self._connection.recv()
        except EOFError:
            raise self._died(self._process.wait()) from None
        if isinstance(item, StreamBlock):
            return item
        self.has_ended = True
        if isinstance(item, StreamError):
            raise item
        return None

    def close(self) -> None:
        """Stop reading."""
        self._process.kill()  # it only reads, so nothing can be left half done
        self._process.wait()
        self._connection.close()

    def _ask(self, request: ReadRequest) -> None:
        with self._process.stdin as stdin:  # type: ignore[union-attr]  # it is a pipe, see above
            stdin.write(pickle.dumps(request))

    def _died(self, exit_code: int) -> SurroundingsError:
        return SurroundingsError(
            f"the process that reads the files ended with {exit_code}: its own message is above; "
            "-9 means that it was killed, most often for lack of memory"
        )


def _main() -> None:
    """The reading process: takes the request from stdin and writes blocks to the pipe."""
    request = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # our parent wrote it
    writer = Connection(int(sys.argv[1]), readable=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the sender decides when to stop
    os.nice(_POLITE)
    depth = max(2, BUFFER_ROWS // request.plan.block_rows)
    buffer: queue.Queue[bytes | None] = queue.Queue(depth)
    handing_over = threading.Thread(target=_hand_over, args=(buffer, writer))
    handing_over.start()
    try:
        for item in _items(request):
            buffer.put(pickle.dumps(item, pickle.HIGHEST_PROTOCOL))
    finally:
        buffer.put(None)
        handing_over.join()


def _items(request: ReadRequest) -> Iterator[StreamBlock | StreamError | None]:
    """The blocks, then None; an error of ours in place of what could not be read."""
    try:
        days = read_days(
            request.files, dates=request.dates, customers_share=request.customers_share
        )
        yield from stream_blocks(days, request.plan)
        yield None
    except StreamError as error:
        yield error


def _hand_over(buffer: queue.Queue[bytes | None], writer: Connection) -> None:
    try:
        while (item := buffer.get()) is not None:
            writer.send_bytes(item)
        writer.close()
    except BrokenPipeError:  # the sender is gone
        os._exit(0)


if __name__ == "__main__":
    _main()
