"""Days of transactions without files, and what a stream of them publishes."""

from __future__ import annotations

import numpy as np

from fraud_core.label_record import decode_label_record
from fraud_core.transaction import REASONS, SECONDS_PER_DAY, format_time
from fraud_core.transaction_files import DayRows
from producer.sources import COLUMNS, StreamPlan

DAY0_S = 1_533_600_000 - 1_533_600_000 % SECONDS_PER_DAY
HISTORY_END_S = DAY0_S + 8 * SECONDS_PER_DAY - 1
DELAY_S = 7 * SECONDS_PER_DAY
WRONG_TYPE = REASONS.index("wrong type")


def row(day, second, *, fraud=0, dirty=False):
    """A row of a day, counted from DAY0_S."""
    return DAY0_S + day * SECONDS_PER_DAY + second, fraud, WRONG_TYPE if dirty else -1


def days_of(*days):
    """`DayRows` of lists of rows; tx ids count from 0 over all rows, as seq does."""
    made, seq = [], 0
    for rows in days:
        time_s, fraud, reasons = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        count = len(time_s)
        number = np.arange(seq, seq + count)
        text = [(int(n), format_time(int(t))) for n, t in zip(number, time_s, strict=True)]
        made.append(
            DayRows(
                seq=number,
                tx_id=number,
                time_s=time_s,
                customer_id=number % 5,
                terminal_id=number % 3,
                cents=np.full(count, 100),
                amount=np.full(count, 1.0),
                fraud=fraud.astype(np.int8),
                scenario=fraud.astype(np.int8),
                reasons=reasons.astype(np.int8),
                lines=[f"{n},{t},{n % 5},{n % 3},1.0,0,0,0,0".encode() for n, t in text],
                blank_lines=1,
            )
        )
        seq += count
    return made


def plan(**changes):
    base = {
        "history_end_s": HISTORY_END_S,
        "label_delay_s": DELAY_S,
        "published_until_s": HISTORY_END_S,
        "block_rows": 3,
    }
    return StreamPlan(**(base | changes))


def column(block, name):
    return block.rows[:, COLUMNS.index(name)].tolist()


def records_of(block):
    return [decode_label_record(value, 0) for value, _ in block.labels]


def outcomes_of(blocks):
    return [o for block in blocks for record in records_of(block) for o in record.outcomes]


def seqs_of(blocks):
    return [seq for block in blocks for seq in column(block, "seq")]
