from __future__ import annotations

import pytest

from fraud_cloud.errors import ConfigError
from fraud_cloud.up import Session, next_session

NOON_S = 1_767_268_800  # 2026-01-01 12:00 UTC


def test_a_new_session_is_named_after_its_start_and_ends_after_its_hours():
    assert next_session(None, NOON_S, 4) == Session("s20260101-1200", NOON_S + 4 * 3600)


def test_a_session_that_is_up_keeps_its_label_and_gets_a_later_end():
    current = Session("s20260101-0900", NOON_S - 60)

    assert next_session(current, NOON_S, 2) == Session("s20260101-0900", NOON_S + 7200)


@pytest.mark.parametrize("hours", [0, -1, 73, float("nan")])
def test_hours_that_make_no_sense_are_refused(hours: float):
    with pytest.raises(ConfigError, match="HOURS is"):
        next_session(None, NOON_S, hours)
