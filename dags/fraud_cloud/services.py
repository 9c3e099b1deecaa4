"""Every service in which the Terraform roots and the DAGs can create something.

A test compares this list with the resources of `terraform/`: the inventory would overlook what is
missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """How the API lists one kind of thing.

    Attributes:
        kind: our name of one such thing.
        api: full name of the API's service.
        items: field of the list's answer that holds the things.
        identifier: field of a request that names one thing.
        bills: whether one costs money while it exists.
        terraform: types of resources that are such things.
    """

    kind: str
    api: str
    items: str
    identifier: str
    bills: bool
    terraform: tuple[str, ...]

    @property
    def module(self) -> str:
        """Module of the SDK with the messages of this service, without its ending."""
        package, _, name = self.api.rpartition(".")
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        return f"{package}.{snake}"


def _cluster(kind: str, package: str, *terraform: str) -> Service:
    api = f"yandex.cloud.{package}.v1.ClusterService"
    return Service(kind, api, "clusters", "cluster_id", bills=True, terraform=terraform)


def _network(kind: str, name: str, items: str, *terraform: str, bills: bool = False) -> Service:
    snake = kind.replace("-", "_")
    api = f"yandex.cloud.vpc.v1.{name}Service"
    return Service(kind, api, items, f"{snake}_id", bills=bills, terraform=terraform)


SPARK = _cluster("spark-cluster", "spark", "yandex_spark_cluster")
KAFKA = _cluster("kafka-cluster", "mdb.kafka", "yandex_mdb_kafka_cluster")
POSTGRESQL = _cluster("postgresql-cluster", "mdb.postgresql", "yandex_mdb_postgresql_cluster_v2")
AIRFLOW = _cluster("airflow-cluster", "airflow", "yandex_airflow_cluster")
GROUP = Service(
    "instance-group",
    "yandex.cloud.compute.v1.instancegroup.InstanceGroupService",
    "instance_groups",
    "instance_group_id",
    bills=True,
    terraform=("yandex_compute_instance_group",),
)
INSTANCE = Service(
    "instance",
    "yandex.cloud.compute.v1.InstanceService",
    "instances",
    "instance_id",
    bills=True,
    terraform=("yandex_compute_instance",),
)
DISK = Service(
    "disk", "yandex.cloud.compute.v1.DiskService", "disks", "disk_id", bills=True, terraform=()
)
ADDRESS = _network("address", "Address", "addresses", bills=True)
GATEWAY = _network("gateway", "Gateway", "gateways", "yandex_vpc_gateway", bills=True)
ROUTES = _network("route-table", "RouteTable", "route_tables", "yandex_vpc_route_table")
SUBNET = _network("subnet", "Subnet", "subnets", "yandex_vpc_subnet")
SECURITY_GROUP = _network(
    "security-group", "SecurityGroup", "security_groups", "yandex_vpc_security_group"
)
NETWORK = _network("network", "Network", "networks", "yandex_vpc_network")
BUCKET = Service(
    "bucket",
    "yandex.cloud.storage.v1.BucketService",
    "buckets",
    "name",
    bills=True,
    terraform=("yandex_storage_bucket",),
)
SECRET = Service(
    "secret",
    "yandex.cloud.lockbox.v1.SecretService",
    "secrets",
    "secret_id",
    bills=True,
    terraform=("yandex_lockbox_secret",),
)
LOG_GROUP = Service(
    "log-group",
    "yandex.cloud.logging.v1.LogGroupService",
    "groups",
    "log_group_id",
    bills=True,
    terraform=("yandex_logging_group",),
)
ACCOUNT = Service(
    "service-account",
    "yandex.cloud.iam.v1.ServiceAccountService",
    "service_accounts",
    "service_account_id",
    bills=False,
    terraform=("yandex_iam_service_account",),
)

SERVICES: tuple[Service, ...] = (
    SPARK,
    AIRFLOW,
    KAFKA,
    POSTGRESQL,
    GROUP,
    INSTANCE,
    DISK,
    ADDRESS,
    GATEWAY,
    BUCKET,
    SECRET,
    LOG_GROUP,
    ROUTES,
    SUBNET,
    SECURITY_GROUP,
    NETWORK,
    ACCOUNT,
)
SERVICE_OF_KIND: Mapping[str, Service] = {one.kind: one for one in SERVICES}
