"""What a million events cost, from a table of prices in the plan. Pure.

Provisioned: what is paid for instances of a given size while they are up, whatever they do. Used:
the CPU time that was measured, at the same price; memory has no such figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Part = Literal["instances", "overhead"]
"""The instances, and what an engine runs beside them: Spark's driver, the runner of a group."""

_HOUR_S: Final = 3600
_MILLION: Final = 1e6


class Prices(BaseModel):
    """What a cloud asks. None is built in: prices differ, and they change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vcpu_hour: float = Field(ge=0, description="one virtual CPU for one hour")
    gib_hour: float = Field(ge=0, description="one GiB of memory for one hour")
    currency: str = Field(min_length=1, max_length=20, description="of both, as it is printed")
    dated: date = Field(description="day on which they were read")


class PaidSize(BaseModel):
    """What is paid for while it is up, used or not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vcpu: float = Field(ge=0, description="virtual CPUs")
    gib: float = Field(ge=0, description="memory, GiB")


@dataclass(frozen=True, slots=True)
class Cost:
    """One part of the cost of a million events, in the currency of the prices.

    Attributes:
        part: whose.
        provisioned: for what is up; None where its size is not known.
        used: for the CPU time that was measured; None where it was not.
    """

    part: Part
    provisioned: float | None
    used: float | None


def provisioned_per_million(size: PaidSize, count: int, prices: Prices, rate_eps: float) -> float:
    """Count x size x price for the time in which a million events come.

    Args:
        size: of one.
        count: how many are up.
        prices: of an hour.
        rate_eps: events per second, above zero.
    """
    hour = count * (size.vcpu * prices.vcpu_hour + size.gib * prices.gib_hour)
    return hour / (_HOUR_S * rate_eps) * _MILLION


def used_per_million(cpu_s_per_million: float, prices: Prices) -> float:
    """CPU-seconds at the price of a virtual CPU."""
    return cpu_s_per_million * prices.vcpu_hour / _HOUR_S


def both(
    part: Part,
    size: PaidSize | None,
    count: int,
    cpu_s_per_million: float | None,
    rate_eps: float,
    prices: Prices,
) -> Cost:
    """Provisioned and used, side by side."""
    paid = None if size is None else provisioned_per_million(size, count, prices, rate_eps)
    used = None if cpu_s_per_million is None else used_per_million(cpu_s_per_million, prices)
    return Cost(part, paid, used)
