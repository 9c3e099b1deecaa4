"""The bytes of transaction files, block by block, and where days begin in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import FileIO
from typing import Final

import numpy as np

from fraud_core.course_lines import Integers, LineColumns, read_lines
from fraud_core.course_row import COLUMNS
from fraud_core.errors import TransactionFileError
from fraud_core.s3_object import S3Object, S3Reader
from fraud_core.transaction import ANY_DATE, SECONDS_PER_DAY, DateRange, format_time
from fraud_core.transaction_source import TransactionFile

LONGEST_LINE_BYTES: Final = 3 * 1024 * 1024
"""A record of a longer one would not fit the topic; most likely it is no text at all."""

_HEAD_BYTES: Final = 64 * 1024
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
NO_DAY: Final = np.iinfo(np.int64).min
_FORMAT: Final = "nine comma-separated columns, the second like 2018-04-01 00:00:31"


def row_blocks(
    blocks: Iterator[bytes | None], dates: DateRange
) -> Iterator[tuple[bytes, LineColumns, int, int]]:
    """Text, its rows, blank lines behind the last row if the text is the last, and rows decided.

    Whether the last dated row begins a day is known only from the next one, so it is read again
    with the next block; so is an unfinished line. Therefore a block begins with a dated row.
    """
    kept, new = b"", []
    for block in blocks:
        new.append(block or b"")
        # doubling, so that text without a date costs no quadratic time
        if block is not None and sum(map(len, new)) < len(kept):
            continue
        text = kept + b"".join(new)
        new = []
        rows, trailing_blanks = read_lines(text, dates)
        if block is None:
            yield text, rows, trailing_blanks, len(rows)
            return
        ready = int(np.flatnonzero(rows.dated)[-1]) if rows.dated.any() else 0
        kept = text[text.index(b"\n", rows.end[ready - 1]) + 1 :] if ready else text
        if ready:
            yield text, rows, 0, ready


def day_begins(rows: LineColumns, newest_day: int) -> tuple[list[int], int]:
    """Places of the rows that begin a day, and the newest day begun."""
    dated = np.flatnonzero(rows.dated)
    newest = np.maximum.accumulate(np.append(newest_day, _confirmed_days(rows)))
    begins: list[int] = dated[:-1][newest[1:] > newest[:-1]].tolist() if len(dated) else []
    if newest_day == NO_DAY:  # what is in front of the first day belongs to it
        begins = begins[1:]
    return begins, int(newest[-1])


def _confirmed_days(rows: LineColumns) -> Integers:
    """The day of each dated row but the last, where the next one carries it too, else `NO_DAY`."""
    days = rows.time_s[rows.dated] // SECONDS_PER_DAY
    return np.where(days[:-1] == days[1:], days[:-1], NO_DAY)


def blocks_of(files: Sequence[TransactionFile], block_bytes: int) -> Iterator[bytes | None]:
    """The bytes of all files, each ended by a line end; None when there are no more."""
    for path in files:
        try:
            yield from _file_blocks(path, block_bytes)
        except OSError as error:
            raise _unreadable(path, error) from None
    yield None


def _file_blocks(path: TransactionFile, block_bytes: int) -> Iterator[bytes]:
    unfinished = 0
    with _opened(path) as file:
        if file.read(len(_BYTE_ORDER_MARK)) != _BYTE_ORDER_MARK:
            file.seek(0)
        while block := file.read(block_bytes):
            behind_line_end = block.rfind(b"\n") + 1
            unfinished = len(block) - behind_line_end + (0 if behind_line_end else unfinished)
            if unfinished > LONGEST_LINE_BYTES:
                message = (
                    f"{path} has a line of more than {LONGEST_LINE_BYTES} bytes near byte "
                    f"{file.tell()}: it is no file of transactions ({_FORMAT})"
                )
                raise TransactionFileError(message)
            yield block
    if unfinished:
        yield b"\n"


def _opened(file: TransactionFile) -> FileIO | S3Reader:
    return file.open() if isinstance(file, S3Object) else file.open("rb", buffering=0)


def check_files(files: Sequence[TransactionFile]) -> None:
    """Look at the beginning of every file before anything is read in earnest."""
    newest_day, newest = NO_DAY, None
    for path in files:
        first_day = _first_day(path)
        if NO_DAY < first_day < newest_day:
            message = (
                f"{path} begins on {format_time(first_day * SECONDS_PER_DAY)[:10]}, before "
                f"{newest}, which is read first: give the files in the order of time"
            )
            raise TransactionFileError(message)
        newest_day, newest = first_day, path


def _first_day(path: TransactionFile) -> int:
    """The day, counted from 1970-01-01, with which a file begins; `NO_DAY` if it is not clear."""
    try:
        with _opened(path) as file:
            head = file.read(_HEAD_BYTES).removeprefix(_BYTE_ORDER_MARK)
    except OSError as error:
        raise _unreadable(path, error) from None
    whole = head if len(head) == _HEAD_BYTES else head + b"\n"
    rows, _ = read_lines(whole, ANY_DATE)
    lines = [head[low:high] for low, high in zip(rows.start, rows.end, strict=True)]
    if not any(
        line.count(b",") == COLUMNS - 1 and dated
        for line, dated in zip(lines, rows.dated, strict=True)
    ):
        first = repr(lines[0][:80].decode("utf-8", "replace")) if lines else "nothing"
        message = (
            f"{path} holds no transactions, its first row is {first}: a row has {_FORMAT}; "
            "leave the file out, or make some with `python -m model_export simulate --out DIR`"
        )
        raise TransactionFileError(message)
    days = _confirmed_days(rows)
    return int(days[np.argmax(days != NO_DAY)]) if len(days) else NO_DAY


def _unreadable(path: TransactionFile, error: OSError) -> TransactionFileError:
    return TransactionFileError(
        f"{path} cannot be read ({error.strerror}): check that the file is there and its rights"
    )
