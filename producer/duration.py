"""Durations as people write them: `60s`, `5m`, `1h`."""

from __future__ import annotations

import re
from typing import Final

from fraud_core.errors import ConfigError

_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PATTERN: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)", re.ASCII)


def parse_duration_s(text: str, option: str) -> float:
    """Seconds of a number with its unit.

    Args:
        text: for instance `60s`; the units are ms, s, m and h.
        option: what the user wrote it behind, for the error.

    Raises:
        ConfigError: it is anything else, or not positive.
    """
    match = _PATTERN.fullmatch(text)
    duration_s = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
    if duration_s <= 0:
        message = (
            f"{option} {text!r} is no duration: write a positive number and its unit, "
            "for example 500ms, 60s, 5m or 1h"
        )
        raise ConfigError(message)
    return duration_s
