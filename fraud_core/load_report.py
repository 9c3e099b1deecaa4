"""What a producer says of the load that it sent; the benchmark judges the load by it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LoadReport(BaseModel):
    """Times in milliseconds; a delay is actual minus due send time of a record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    report_schema: int = Field(1, description="version of this layout")
    rate_eps: float = Field(description="asked events per second; 0 for as fast as possible")
    duration_s: float = Field(description="from the first due time to the last record sent")
    asked: int = Field(description="records the schedule holds")
    sent: int = Field(description="records the broker acknowledged")
    sent_eps: float = Field(description="records acknowledged per second of the schedule")
    late: int = Field(description="records sent more than 10 ms after they were due")
    delay_p50_ms: float
    delay_p99_ms: float
    delay_max_ms: float
    delivery_errors: int = Field(description="records that the broker did not take")
    first_due_ms: int = Field(description="due time of the first record, Unix milliseconds")
    last_due_ms: int = Field(description="due time of the last record, Unix milliseconds")
    first_seq: int = Field(description="number of the first row sent, in send order of the files")
    last_seq: int = Field(description="number of the last row sent")
    dirty: dict[str, int] = Field(
        default_factory=dict, description="rows that the scorers must refuse, by reason"
    )
    skipped_dirty: int = Field(0, description="dirty rows left out by --skip-dirty")
    blank_lines: int = Field(0, description="lines of the files that hold no row")
    labels_sent: int = Field(0, description="outcomes published on the labels topic")
    label_lead_s: float = Field(0.0, description="wall-clock lead of labels over transactions")
    ledger: str = Field("", description="file with one row for each record sent")


LEDGER_COLUMNS = (
    "seq",
    "partition",
    "offset",
    "tx_id",
    "terminal_id",
    "tx_time_s",
    "due_ms",
    "fraud",
    "scenario",
    "label_time_s",
)
"""Columns of the ledger, a Parquet file of int64. Dirty rows have -1 in what could not be read."""
