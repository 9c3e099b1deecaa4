from __future__ import annotations

import re
from datetime import date

import pytest

from fraud_cloud.costs import Price, Prices, announcement, cost_of, load_prices
from fraud_cloud.errors import ConfigError
from fraud_cloud.sizes import Size, of_preset

PRICES = Prices(
    "2026-01-01",
    "RUB",
    {
        "kafka": Price(core_h=2.0, memory_gb_h=1.0, disk_gb_h=0.5),
        "spark": Price(core_h=2.0, memory_gb_h=1.0, whole_hours=True, source="documentation"),
        "gateway": Price(each_h=3.0),
    },
)
KAFKA = Size("Kafka", "kafka", 3, 2.0, 8.0, 10.0)
SPARK = Size("Spark", "spark", 1, 4.0, 16.0)


def test_an_hour_is_cores_memory_and_disk_of_every_host():
    assert cost_of([KAFKA], PRICES, 1) == 3 * (2 * 2.0 + 8 * 1.0 + 10 * 0.5)


def test_a_part_of_an_hour_is_billed_as_one_where_the_service_says_so():
    assert cost_of([SPARK], PRICES, 1.5) == 2 * (4 * 2.0 + 16 * 1.0)
    assert cost_of([Size("NAT", "gateway")], PRICES, 1.5) == 4.5


def test_the_announcement_has_each_line_the_hour_and_the_whole_time():
    lines = announcement([KAFKA, SPARK], PRICES, 4).splitlines()

    assert "2026-01-01" in lines[0]
    assert re.fullmatch(r"  Kafka +51\.00 RUB/h  3 x 2 cores 8 GB", lines[1])
    assert re.fullmatch(r"  Spark +24\.00 RUB/h  1 x 4 cores 16 GB d", lines[2])
    assert re.fullmatch(r"  together +75\.00 RUB/h", lines[3])
    assert re.fullmatch(r"  for 4 h +300\.00 RUB", lines[4])


def test_a_kind_without_a_price_is_an_error_and_not_free():
    with pytest.raises(ConfigError, match="no price of 'greenplum'"):
        cost_of([Size("Greenplum", "greenplum")], PRICES, 1)


def test_a_size_is_read_from_the_name_of_a_preset():
    assert of_preset("x", "kafka", "s3-c2-m8") == Size("x", "kafka", 1, 2.0, 8.0)
    assert of_preset("x", "airflow", "c4-m16") == Size("x", "airflow", 1, 4.0, 16.0)
    with pytest.raises(ConfigError, match="'micro' names no size"):
        of_preset("x", "kafka", "micro")


def test_the_table_of_prices_has_a_date_and_says_where_each_price_is_from():
    prices = load_prices()

    assert date.fromisoformat(prices.date)
    assert {one.source for one in prices.kinds.values()} <= {"documentation", "estimate"}
    assert all(one.core_h > 0 or one.each_h > 0 for one in prices.kinds.values())
