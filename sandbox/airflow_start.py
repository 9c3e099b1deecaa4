"""Airflow's parts from their start until all are well, as Airflow itself sees them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fraud_core.errors import SurroundingsError
from sandbox.airflow_parts import Part
from sandbox.airflow_settings import SCHEDULER, AirflowPlace
from sandbox.own_process import last_lines
from sandbox.waiting import wait_until

READY_WITHIN_S: Final = 240.0
"""30 s on a quiet machine."""


def start_parts(place: AirflowPlace, parts: Sequence[Part], environment: Mapping[str, str]) -> None:
    """Start all parts; returns when DAGs can run.

    The scheduler comes last. It begins tasks of an earlier start at once, and a task that gets no
    answer from the server fails and has used up one of its tries.

    Args:
        place: where Airflow is.
        parts: of which one is the scheduler.
        environment: variables of each.

    Raises:
        SurroundingsError: a part ended, or is not well in time.
    """
    for part in parts:
        if part.name != SCHEDULER:
            part.start(environment, place.working_folder)
    _wait_until(lambda: not set(_unwell(place)) - {SCHEDULER}, place, parts)
    for part in parts:
        if part.name == SCHEDULER:
            part.start(environment, place.working_folder)
    _wait_until(lambda: not _unwell(place), place, parts)


def refuse_death(place: AirflowPlace, part: Part) -> None:
    """Raise SurroundingsError with the end of its log where a part has ended."""
    if part.exit_code() is not None:
        log = place.log(part.name)
        raise SurroundingsError(
            f"Airflow's {part.name} ended with {part.exit_code()} while it started; the end of "
            f"{log}:\n{last_lines(log)}"
        )


def _wait_until(is_so: Callable[[], bool], place: AirflowPlace, parts: Sequence[Part]) -> None:
    def is_ready() -> bool:
        for part in parts:
            refuse_death(place, part)
        return is_so()

    if wait_until(is_ready, within_s=READY_WITHIN_S, every_s=0.5) is None:
        raise SurroundingsError(
            f"Airflow is not ready after {READY_WITHIN_S:.0f} s ({', '.join(_unwell(place))}): its "
            f"logs are in {place.folder}"
        )


def _unwell(place: AirflowPlace) -> list[str]:
    """The parts that are not well yet, as Airflow itself sees them."""
    try:
        with urllib.request.urlopen(place.health, timeout=5) as page:  # noqa: S310  # our own address
            state: dict[str, Any] = json.load(page)
    except (urllib.error.URLError, OSError, ValueError):
        return ["the page does not answer"]
    asked = ("metadatabase", SCHEDULER, "dag_processor")
    return [one for one in asked if (state.get(one) or {}).get("status") != "healthy"]
