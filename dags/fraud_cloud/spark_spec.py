"""What is asked of Managed Spark, as values; its limits are checked before it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fraud_cloud.errors import ConfigError

NAME = re.compile(r"[a-z][-a-z0-9]{1,61}[a-z0-9]")
LONGEST_ARGUMENT = 2047
LONGEST_PROPERTY = 256
LONGEST_PACKAGE = 255
MOST_ITEMS = 100
_HEAP_PARTS = 3
"""One part of an instance's memory is the JVM's heap, the others are Python's: model, history."""


@dataclass(frozen=True)
class ClusterSpec:
    """A Spark cluster of one run.

    Attributes:
        name: lower-case letters, digits and hyphens.
        labels: by which it is found and deleted.
        version: of Spark.
        executors: hosts of the pool: the largest number of instances.
        driver_preset: size of the driver's host.
        executor_preset: size of an executor's host.
        subnet_id: where its hosts are.
        security_group_id: who may talk to them.
        service_account_id: as whom jobs read the bucket.
        log_group_id: where its logs go.
        pip_packages: installed on its hosts.
    """

    name: str
    labels: Mapping[str, str]
    version: str
    executors: int
    subnet_id: str
    security_group_id: str
    service_account_id: str
    log_group_id: str
    driver_preset: str = "c2-m8"
    executor_preset: str = "c2-m8"
    pip_packages: Sequence[str] = ()


@dataclass(frozen=True)
class JobSpec:
    """A PySpark job.

    Attributes:
        name: lower-case letters, digits and hyphens; unique in its cluster, so that a job whose
            acceptance was not heard of is found again.
        main_uri: the program.
        args: of the program. No secret: the API and its lists show them.
        python_uris: put on the path: a zip, for a wheel is not put there.
        archive_uris: unpacked beside the program, as in URI#folder.
        file_uris: copied beside the program: the authority, the settings of Kafka.
        properties: of Spark. No secret here either.
        packages: Maven coordinates of jars.
    """

    name: str
    main_uri: str
    args: Sequence[str] = ()
    python_uris: Sequence[str] = ()
    archive_uris: Sequence[str] = ()
    file_uris: Sequence[str] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    packages: Sequence[str] = ()


def scoring_properties(instances: int, memory_mb: int) -> dict[str, str]:
    """Properties with which a job has so many instances of one core, and keeps them.

    An executor is as large as a Faust worker under `CPUQuota=100%` and `MemoryMax`: a cluster
    gives it heap and overhead together, and both of them count 1,048,576 bytes as one MB.

    Args:
        instances: executors.
        memory_mb: of each, JVM and Python together.
    """
    heap_mb = memory_mb // _HEAP_PARTS
    return {
        "spark.executor.instances": str(instances),
        "spark.executor.cores": "1",
        # else JVM and Python of one executor may use every core of their host
        "spark.kubernetes.executor.limit.cores": "1",
        "spark.executor.memory": f"{heap_mb}m",
        "spark.executor.memoryOverhead": f"{memory_mb - heap_mb}m",
        "spark.dynamicAllocation.enabled": "false",
    }


def cluster_request(spec: ClusterSpec, folder_id: str) -> dict[str, Any]:
    """Fields of the request that makes a cluster.

    Raises:
        ConfigError: the API would refuse it.
    """
    _require([*_name_problems(spec.name), *_executor_problems(spec.executors)], "Spark cluster")
    return {
        "folder_id": folder_id,
        "name": spec.name,
        "labels": dict(spec.labels),
        "service_account_id": spec.service_account_id,
        "config": {
            "spark_version": spec.version,
            "resource_pools": {
                "driver": _pool(spec.driver_preset, 1),
                "executor": _pool(spec.executor_preset, spec.executors),
            },
            "dependencies": {"pip_packages": list(spec.pip_packages)},
        },
        "network": {
            "subnet_ids": [spec.subnet_id],
            "security_group_ids": [spec.security_group_id],
        },
        "logging": {"enabled": True, "log_group_id": spec.log_group_id},
    }


def job_request(spec: JobSpec, cluster_id: str) -> dict[str, Any]:
    """Fields of the request that submits a job.

    Raises:
        ConfigError: the API would refuse it.
    """
    _require([*_name_problems(spec.name), *_job_problems(spec)], f"Spark job {spec.name}")
    return {
        "cluster_id": cluster_id,
        "name": spec.name,
        "pyspark_job": {
            "main_python_file_uri": spec.main_uri,
            "args": list(spec.args),
            "python_file_uris": list(spec.python_uris),
            "archive_uris": list(spec.archive_uris),
            "file_uris": list(spec.file_uris),
            "properties": dict(spec.properties),
            "packages": list(spec.packages),
        },
    }


def _pool(preset: str, size: int) -> dict[str, Any]:
    return {"resource_preset_id": preset, "scale_policy": {"fixed_scale": {"size": size}}}


def _name_problems(name: str) -> Iterator[str]:
    if NAME.fullmatch(name) is None:
        yield f"the name {name!r} must be 3 to 63 lower-case letters, digits and hyphens"


def _executor_problems(executors: int) -> Iterator[str]:
    if executors < 1:
        yield f"{executors} executors: at least one is needed"


def _job_problems(spec: JobSpec) -> Iterator[str]:
    for name in ("args", "python_uris", "archive_uris", "file_uris", "packages"):
        values = getattr(spec, name)
        longest = LONGEST_PACKAGE if name == "packages" else LONGEST_ARGUMENT
        if len(values) > MOST_ITEMS:
            yield f"{name} has {len(values)} items, the API takes {MOST_ITEMS}"
        for value in values:
            if len(value) > longest:
                yield f"{name}: {value[:40]}... has {len(value)} characters, allowed are {longest}"
    together = sum(map(len, spec.args))
    if together > LONGEST_ARGUMENT:
        yield f"args have {together} characters together, allowed are {LONGEST_ARGUMENT}"
    for key, value in spec.properties.items():
        if len(value) > LONGEST_PROPERTY:
            yield f"{key} has {len(value)} characters, the API takes {LONGEST_PROPERTY}"


def _require(problems: Sequence[str], what: str) -> None:
    if problems:
        raise ConfigError(f"{what}: {'; '.join(problems)}")
