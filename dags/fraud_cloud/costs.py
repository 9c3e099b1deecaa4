"""What it will cost, from sizes and the dated price table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fraud_cloud.errors import ConfigError
from fraud_cloud.sizes import Size

PRICES_FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Price:
    """What one kind costs.

    Attributes:
        core_h: one core for an hour.
        memory_gb_h: one GB of memory for an hour.
        disk_gb_h: one GB of disk for an hour.
        each_h: one thing for an hour, whatever its size.
        whole_hours: whether a part of an hour is billed as an hour.
        source: where the price was read: documentation, or an estimate.
    """

    core_h: float = 0.0
    memory_gb_h: float = 0.0
    disk_gb_h: float = 0.0
    each_h: float = 0.0
    whole_hours: bool = False
    source: str = "estimate"

    def of(self, size: Size) -> float:
        """Cost of an hour."""
        cores, memory = size.cores * self.core_h, size.memory_gb * self.memory_gb_h
        return size.count * (cores + memory + size.disk_gb * self.disk_gb_h + self.each_h)


@dataclass(frozen=True)
class Prices:
    """The price table.

    Attributes:
        date: when it was written, ISO 8601.
        currency: of every number.
        kinds: price of each kind.
    """

    date: str
    currency: str
    kinds: Mapping[str, Price]


def load_prices(path: Path = PRICES_FILE) -> Prices:
    """Read the table that lies beside this file."""
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kinds = {name: Price(**values) for name, values in raw["kinds"].items()}
    return Prices(raw["date"], raw["currency"], kinds)


def cost_of(sizes: Sequence[Size], prices: Prices, hours: float) -> float:
    """What it costs to keep all of it for so long.

    Args:
        sizes: what is there.
        prices: the table.
        hours: how long; where a part of an hour is billed as one, it is rounded up.
    """
    total = 0.0
    for size in sizes:
        price = _price(prices, size.kind)
        billed_h = math.ceil(hours) if price.whole_hours else hours
        total += price.of(size) * billed_h
    return total


def announcement(sizes: Sequence[Size], prices: Prices, hours: float) -> str:
    """What is said before anything is made: a line for each, the hour, and the whole time."""
    lines = [_line(size, _price(prices, size.kind), prices.currency) for size in sizes]
    hour = sum(_price(prices, size.kind).of(size) for size in sizes)
    whole = cost_of(sizes, prices, hours)
    return "\n".join(
        [
            f"by the hour (prices of {prices.date}; d: from the documentation, else estimated):",
            *lines,
            f"  {'together':<34} {hour:8.2f} {prices.currency}/h",
            f"  {f'for {hours:g} h':<34} {whole:8.2f} {prices.currency}",
        ]
    )


def _line(size: Size, price: Price, currency: str) -> str:
    shape = f"{size.count} x {size.cores:g} cores {size.memory_gb:g} GB" if size.cores else ""
    mark = " d" if price.source == "documentation" else ""
    return f"  {size.what:<34} {price.of(size):8.2f} {currency}/h  {shape}{mark}".rstrip()


def _price(prices: Prices, kind: str) -> Price:
    if kind not in prices.kinds:
        raise ConfigError(f"prices.json has no price of {kind!r}: add it under kinds")
    return prices.kinds[kind]
