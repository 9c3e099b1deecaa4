"""What a session costs is read from its plan, so that a change of the code changes what is said."""

from __future__ import annotations

import json

from fraud_cloud.costs import PRICES_FILE, cost_of, load_prices
from fraud_cloud.services import SERVICES
from fraud_cloud.sizes import planned, sizes_of
from tests.terraform.policies import Plan

BY_USE = set(json.loads(PRICES_FILE.read_text())["by_use"])


def test_every_resource_that_bills_has_a_price_or_bills_by_use(plans: dict[str, Plan]):
    billing = {kind for service in SERVICES if service.bills for kind in service.terraform}
    # The group has no host when it is made.
    billing.discard("yandex_compute_instance_group")

    for plan in plans.values():
        for resource in planned(plan.document):
            if resource["type"] in billing - BY_USE:
                alone = {"planned_values": {"root_module": {"resources": [resource]}}}
                assert cost_of(sizes_of(alone), load_prices(), 1) > 0, resource["type"]


def test_sizes_of_a_session_are_those_of_its_variables(plans: dict[str, Plan]):
    sizes = {one.what: one for one in sizes_of(plans["session"].document)}

    kafka = sizes["Kafka"]
    assert (kafka.count, kafka.cores, kafka.memory_gb, kafka.disk_gb) == (1, 2, 8, 32)
    assert sizes["Airflow worker"].cores == 4
    assert sizes["Spark executor"].memory_gb == 8
    assert {"PostgreSQL", "NAT gateway", "host streamgauge-mlflow"} <= sizes.keys()


def test_what_outlives_sessions_costs_nothing_by_the_hour(plans: dict[str, Plan]):
    assert sizes_of(plans["persistent"].document) == ()
