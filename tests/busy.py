"""Limits of a plan under which a step is valid on a machine that has other work too."""

BUSY = (
    "{delay_p99_ms: 900, delay_max_ms: 9000, rate_share: 0.2, wait_share: 0.9, steal_share: 0.9, "
    "clock_offset_ms: 900}"
)
"""The wiring is tested with them, not the load."""
