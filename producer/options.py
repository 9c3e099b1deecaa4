"""What the command line means: checked before anything is started."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from fraud_core.artifact import Manifest
from fraud_core.errors import ConfigError
from producer.duration import parse_duration_s
from producer.pacer import AS_FAST_AS_POSSIBLE, event_count
from producer.schedule import Schedule
from producer.sources import StreamPlan


@dataclass(frozen=True, slots=True)
class Options:
    """The command line.

    Attributes:
        rate_eps: events per second; 0 for as fast as possible.
        duration: how long, as written; None until the files end.
        limit: most records, None for any number.
        start_at_ms: due time of the first record, Unix milliseconds; None for as soon as possible.
        skip: rows left out at the stream's start.
        skip_dirty: leave out dirty rows.
        customers_share: what the user thinks the artifact holds, None for whatever it is.
        label_lead: wall-clock lead of labels, as written.
        ledger: file for the ledger, None for none.
        report: file for the report, None for none.
    """

    rate_eps: float
    duration: str | None = None
    limit: int | None = None
    start_at_ms: int | None = None
    skip: int = 0
    skip_dirty: bool = False
    customers_share: float | None = None
    label_lead: str = "5s"
    ledger: Path | None = None
    report: Path | None = None


def schedule_of(options: Options) -> Schedule:
    """The schedule that the options describe.

    Raises:
        ConfigError: a rate or a duration is none.
    """
    rate_eps = options.rate_eps
    if not math.isfinite(rate_eps) or rate_eps < 0:
        message = f"--rate {rate_eps:g} is no rate: give events per second, 0 for no limit"
        raise ConfigError(message)
    lead_s = parse_duration_s(options.label_lead, "--label-lead")
    for_s = math.inf
    if options.duration is not None:
        for_s = parse_duration_s(options.duration, "--for")
    if rate_eps == AS_FAST_AS_POSSIBLE:
        return Schedule(rate_eps, lead_s, options.limit, options.start_at_ms, for_s)
    asked = options.limit
    if math.isfinite(for_s):
        scheduled = event_count(rate_eps, for_s)
        asked = scheduled if asked is None else min(scheduled, asked)
    return Schedule(rate_eps, lead_s, asked, options.start_at_ms)


def plan_of(
    options: Options, schedule: Schedule, manifest: Manifest, published_until_s: int | None
) -> StreamPlan:
    """The part of the files that is sent.

    Args:
        options: the command line.
        schedule: what `schedule_of` made of it.
        manifest: the artifact's.
        published_until_s: what the last record of the labels topic promises, None for no record.

    Raises:
        ConfigError: the artifact was made for another share of the customers.
    """
    share = options.customers_share
    if share is not None and share != manifest.customers_share:
        message = (
            f"--customers-share {share:g} is not the artifact's {manifest.customers_share:g}: "
            "leave the option out, or train an artifact with this share"
        )
        raise ConfigError(message)
    history_end_s = manifest.history_end_s
    return StreamPlan(
        history_end_s=history_end_s,
        label_delay_s=manifest.label_delay_s,
        published_until_s=max(history_end_s, published_until_s or history_end_s),
        block_rows=schedule.block_rows,
        skip=options.skip,
        limit=schedule.asked,
        skip_dirty=options.skip_dirty,
    )
