"""`up`: what stays, the code into the bucket, then a session; the price is said before each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from fraud_cloud.costs import announcement, load_prices
from fraud_cloud.errors import ConfigError
from fraud_cloud.inventory import take_inventory
from fraud_cloud.records import as_record
from fraud_cloud.sizes import Size, of_preset, sizes_of
from fraud_cloud.surroundings import Surroundings
from fraud_cloud.terraform import Root
from fraud_cloud.upload import Sources, code_items, data_items, upload

SESSION_FILE = "session.auto.tfvars.json"
"""Run and end of the session; Terraform reads it by its name, `destroy` needs it too."""

_HOUR_S = 3600
_LONGEST_H = 72
_RUN_PRESET = "c2-m8"


@dataclass(frozen=True)
class Session:
    """One session.

    Attributes:
        run: value of its label.
        expires_s: Unix seconds after which anybody may delete it.
    """

    run: str
    expires_s: int


def next_session(current: Session | None, now_s: float, hours: float) -> Session:
    """The session to be: the one that is up with a later end, or a new one.

    Args:
        current: the session whose file is there.
        now_s: Unix seconds.
        hours: how long it is wanted from now on.

    Raises:
        ConfigError: hours are not usable.
    """
    if not 0 < hours <= _LONGEST_H:
        raise ConfigError(f"HOURS is {hours:g}: it is more than 0 and at most {_LONGEST_H}")
    expires_s = int(now_s + hours * _HOUR_S)
    if current is not None:
        return Session(current.run, expires_s)
    started = datetime.fromtimestamp(now_s, tz=timezone.utc)
    return Session(f"s{started:%Y%m%d-%H%M}", expires_s)


def up(around: Surroundings, sources: Sources, hours: float) -> None:
    """Make everything, or repair what an earlier try left unfinished.

    Raises:
        ConfigError: a file is missing, or the person does not agree.
        SurroundingsError: Terraform or the cloud does not do its part.
    """
    try:
        _up(around, sources, hours)
    finally:
        for root in (around.standing, around.session):
            root.forget_plan()


def _up(around: Surroundings, sources: Sources, hours: float) -> None:
    started_s = around.means.clock.now_s()
    for root in (around.standing, around.session):
        _require_variables(root)
    around.require_same_folder()
    # Read before anything bills: there may be none.
    transactions = data_items(sources, around.means.contract)
    session = next_session(current_session(around.session), around.recorder.now_s, hours)
    _standing_made(around)
    bucket = around.standing.outputs()["bucket"]
    counts = upload(
        around.store, bucket, code_items(sources, around.means.contract), around.means.tell
    )
    around.means.tell(f"code: {counts['put']} put, {counts['there']} were there")
    _session_made(around, session, hours)
    upload(around.store, bucket, transactions, around.means.tell)
    took_s = around.means.clock.now_s() - started_s
    path = around.recorder.save("up", _record(around, session, took_s))
    around.means.tell(f"up after {took_s / 60:.0f} minutes; record: {path}")


def current_session(root: Root) -> Session | None:
    """The session whose file is there, if it was applied."""
    path = root.folder / SESSION_FILE
    if not path.exists() or not root.was_applied():
        return None
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Session(raw["run"], int(raw["expires"]))


def run_sizes(workers: int) -> tuple[Size, ...]:
    """What a comparison adds while it runs: a Spark cluster and the Faust hosts.

    Args:
        workers: instances of the larger cells.
    """
    return (
        of_preset("a run's Spark cluster", "spark", _RUN_PRESET, count=workers + 1),
        Size("a run's Faust hosts", "compute", workers, 2.0, 4.0, 20.0),
    )


def _require_variables(root: Root) -> None:
    named = ("terraform.tfvars", "terraform.tfvars.json")
    if not any((root.folder / name).exists() for name in named):
        example = root.folder / "terraform.tfvars.example"
        raise ConfigError(
            f"{root.folder}/terraform.tfvars is not there: copy {example} and fill it in"
        )


def _standing_made(around: Surroundings) -> None:
    plan = around.standing.planned()
    around.means.tell(f"persistent: {_changes(plan)}; cents a month (estimate)")
    if _changes(plan) == "no change":
        return
    around.agreed("Apply what outlives sessions: bucket, secrets, accounts, network?")
    around.standing.apply()


def _session_made(around: Surroundings, session: Session, hours: float) -> None:
    values = {"run": session.run, "expires": session.expires_s}
    path = around.session.folder / SESSION_FILE
    path.write_text(json.dumps(values) + "\n", encoding="utf-8")
    plan = around.session.planned()
    prices = load_prices()
    around.means.tell(f"session {session.run}: {_changes(plan)}")
    around.means.tell(announcement(sizes_of(plan), prices, hours))
    around.means.tell("and while a comparison with 4 instances runs:")
    around.means.tell(announcement(run_sizes(4), prices, 1))
    around.agreed(f"Apply the session for {hours:g} hours? `make cloud-down` ends it.")
    around.session.apply()


def _changes(plan: Mapping[str, Any]) -> str:
    counts: dict[str, int] = {}
    for one in plan.get("resource_changes", ()):
        for action in one["change"]["actions"]:
            counts[action] = counts.get(action, 0) + 1
    counts = {name: count for name, count in counts.items() if name not in ("no-op", "read")}
    return ", ".join(f"{count} to {name}" for name, count in sorted(counts.items())) or "no change"


def _record(around: Surroundings, session: Session, took_s: float) -> dict[str, Any]:
    inventory = take_inventory(around.means.cloud, around.means.contract)
    return {
        "run": session.run,
        "expires_s": session.expires_s,
        "took_s": round(took_s, 1),
        "resources": as_record((*inventory.standing, *inventory.session)),
        "outputs": _plain(around.session.outputs()),
    }


def _plain(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if isinstance(value, (str, int, float))}
