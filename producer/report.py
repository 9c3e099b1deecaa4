"""The load report, for people and for programs."""

from __future__ import annotations

from pathlib import Path

from fraud_core.errors import ConfigError
from fraud_core.load_report import LoadReport
from producer.load import Totals
from producer.schedule import Schedule
from producer.sender import Sender


def load_report(
    totals: Totals, sender: Sender, schedule: Schedule, ledger: Path | None
) -> LoadReport:
    """Put the numbers of a load together.

    `asked` is how many records the schedule held: those handed to the client and, where the load
    was stopped, those that were due by then. Files that end early make it smaller.
    """
    delays = totals.delays
    return LoadReport(
        rate_eps=schedule.rate_eps,
        duration_s=totals.duration_s,
        asked=totals.handed + totals.overdue,
        sent=sender.acknowledged,
        sent_eps=_sent_eps(totals, sender.acknowledged, schedule.rate_eps),
        late=delays.late,
        delay_p50_ms=delays.percentile_ms(0.5),
        delay_p99_ms=delays.percentile_ms(0.99),
        delay_max_ms=delays.max_ms,
        delivery_errors=totals.handed - sender.acknowledged,
        first_due_ms=totals.first_due_ms,
        last_due_ms=totals.last_due_ms,
        first_seq=totals.first_seq,
        last_seq=totals.last_seq,
        dirty=dict(sorted(totals.dirty.items())),
        skipped_dirty=totals.skipped_dirty,
        blank_lines=totals.blank_lines,
        labels_sent=sender.outcomes_acknowledged,
        label_lead_s=schedule.lead_s if schedule.is_paced else 0.0,
        ledger=str(ledger or ""),
    )


def report_table(report: LoadReport) -> str:
    """The report as people read it."""
    asked_eps = f"{report.rate_eps:g}/s" if report.rate_eps else "as fast as possible"
    dirty = ", ".join(f"{count} {reason}" for reason, count in report.dirty.items())
    rows = [
        (
            "load",
            f"{asked_eps} asked, {report.sent_eps:.1f}/s sent for {report.duration_s:.1f} s",
        ),
        ("asked", f"{report.asked:,}"),
        (
            "sent",
            f"{report.sent:,}, late {report.late:,}, delivery errors {report.delivery_errors:,}",
        ),
        (
            "delay",
            f"p50 {report.delay_p50_ms:.2f} ms, p99 {report.delay_p99_ms:.2f} ms, "
            f"max {report.delay_max_ms:.2f} ms",
        ),
        ("rows", f"seq {report.first_seq:,} to {report.last_seq:,}, {report.blank_lines:,} blank"),
        ("dirty", f"{dirty or 'none'} sent, {report.skipped_dirty:,} left out"),
        ("labels", f"{report.labels_sent:,} outcomes, {report.label_lead_s:g} s ahead"),
        ("ledger", report.ledger or "none; keep one with --ledger FILE"),
    ]
    return "\n".join(f"{name:<8}{text}" for name, text in rows)


def write_report(path: Path, report: LoadReport) -> None:
    """Write the report as JSON, whole.

    Raises:
        ConfigError: the file cannot be written.
    """
    scratch = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(report.model_dump_json(indent=2) + "\n")
        scratch.replace(path)
    except OSError as error:
        message = f"--report {path} cannot be written ({error.strerror}): name another file"
        raise ConfigError(message) from None


def _sent_eps(totals: Totals, sent: int, rate_eps: float) -> float:
    """Records that the broker took per second, the last one's own interval included."""
    interval_s = 1 / rate_eps if rate_eps else 0.0
    span_s = totals.duration_s + interval_s
    return sent / span_s if span_s > 0 else 0.0
