"""How large what Terraform plans is: cores, memory and disks of what bills by the hour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fraud_cloud.errors import ConfigError

_PRESET = re.compile(r"(?:^|-)c(?P<cores>[0-9]+)-m(?P<memory_gb>[0-9]+)$")
_AIRFLOW_PARTS = ("webserver", "scheduler", "triggerer", "dag_processor", "worker")


@dataclass(frozen=True)
class Size:
    """Hosts of one kind.

    Attributes:
        what: for people.
        kind: as in `prices.json`.
        count: how many there are.
        cores: of each.
        memory_gb: of each.
        disk_gb: of each.
    """

    what: str
    kind: str
    count: int = 1
    cores: float = 0.0
    memory_gb: float = 0.0
    disk_gb: float = 0.0


def sizes_of(plan: Mapping[str, Any]) -> tuple[Size, ...]:
    """Everything of a plan that bills by the hour.

    Args:
        plan: as `terraform show -json` prints it.
    """
    found: list[Size] = []
    for resource in planned(plan):
        reader = _READERS.get(resource["type"])
        if reader is not None:
            found.extend(reader(resource["values"]))
    return tuple(found)


def planned(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every resource of a plan that is no data source, with those of modules."""
    modules = [plan["planned_values"]["root_module"]]
    while modules:
        module = modules.pop()
        modules.extend(module.get("child_modules", ()))
        yield from (one for one in module.get("resources", ()) if one["mode"] == "managed")


def of_preset(what: str, kind: str, preset: str, *, count: int = 1, disk_gb: float = 0.0) -> Size:
    """Hosts of a named size, such as s3-c2-m8."""
    found = _PRESET.search(preset)
    if found is None:
        raise ConfigError(f"{what}: {preset!r} names no size: it must end in c<cores>-m<memory>")
    return Size(what, kind, count, float(found["cores"]), float(found["memory_gb"]), disk_gb)


def _one(block: Any) -> Any:  # noqa: ANN401 - a part of a plan
    """A block that is there once: the older resources list it, the newer ones do not."""
    return block[0] if isinstance(block, list) else block


def _kafka(values: Mapping[str, Any]) -> Iterator[Size]:
    config = _one(values["config"])
    resources = _one(_one(config["kafka"])["resources"])
    yield of_preset(
        "Kafka",
        "kafka",
        resources["resource_preset_id"],
        count=int(config["brokers_count"]) * len(config["zones"]),
        disk_gb=float(resources["disk_size"]),
    )


def _postgresql(values: Mapping[str, Any]) -> Iterator[Size]:
    resources = _one(_one(values["config"])["resources"])
    yield of_preset(
        "PostgreSQL",
        "postgresql",
        resources["resource_preset_id"],
        count=len(values["hosts"]),
        disk_gb=float(resources["disk_size"]),
    )


def _instance(values: Mapping[str, Any]) -> Iterator[Size]:
    yield _host(f"host {values['name']}", values, count=1)
    if _one(values["network_interface"]).get("nat"):
        yield Size("its public address", "address")


def _group(values: Mapping[str, Any]) -> Iterator[Size]:
    count = int(_one(_one(values["scale_policy"])["fixed_scale"])["size"])
    if count:
        yield _host("Faust hosts", _one(values["instance_template"]), count=count)


def _host(what: str, values: Mapping[str, Any], *, count: int) -> Size:
    resources = _one(values["resources"])
    disk = _one(_one(values["boot_disk"])["initialize_params"])
    return Size(
        what,
        "compute",
        count,
        float(resources["cores"]),
        float(resources["memory"]),
        float(disk["size"]),
    )


def _airflow(values: Mapping[str, Any]) -> Iterator[Size]:
    for part in _AIRFLOW_PARTS:
        hosts = values.get(part)
        if hosts:
            count = int(hosts.get("count") or hosts.get("max_count") or 1)
            yield of_preset(f"Airflow {part}", "airflow", hosts["resource_preset_id"], count=count)


def _spark(values: Mapping[str, Any]) -> Iterator[Size]:
    for name, pool in values["config"]["resource_pools"].items():
        count = int(pool.get("size") or pool.get("max_size") or 1)
        yield of_preset(f"Spark {name}", "spark", pool["resource_preset_id"], count=count)


def _gateway(_: Mapping[str, Any]) -> Iterator[Size]:
    yield Size("NAT gateway", "gateway")


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Size]]] = {
    "yandex_mdb_kafka_cluster": _kafka,
    "yandex_mdb_postgresql_cluster_v2": _postgresql,
    "yandex_compute_instance": _instance,
    "yandex_compute_instance_group": _group,
    "yandex_airflow_cluster": _airflow,
    "yandex_spark_cluster": _spark,
    "yandex_vpc_gateway": _gateway,
}
