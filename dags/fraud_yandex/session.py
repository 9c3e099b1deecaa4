"""What the DAGs know of the session: the variable that Terraform writes, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fraud_cloud.contract import Contract
from fraud_cloud.errors import ConfigError
from fraud_cloud.spark_spec import ClusterSpec

LONGEST_RUN_S: Final = 12 * 3600
"""A run ends before; its cluster may be deleted by anybody after it."""
LEAST_LEFT_S: Final = 3600
"""The reaper takes the hosts away at the session's end: no run begins shortly before."""


@dataclass(frozen=True)
class SparkSite:
    """Where a Spark cluster is made, and of what.

    Attributes:
        version: of Spark.
        service_account_id: as whom jobs read the bucket.
        security_group_id: who may talk to its hosts.
        pip_packages: installed on them.
    """

    version: str
    service_account_id: str
    security_group_id: str
    pip_packages: Sequence[str]


@dataclass(frozen=True)
class Session:
    """A session of the cloud side.

    Attributes:
        folder_id: of the cloud.
        bucket: its name.
        subnet_id: where hosts are.
        log_group_id: where their logs go.
        faust_group: id of the instance group.
        faust_workers: the most hosts that a run may ask for.
        instance_cpu: cores of an instance.
        instance_memory_mb: memory of an instance, of either engine.
        expires_s: Unix seconds; None where the label is no number.
        spark: where clusters are made.
        poll_s: pause between two looks of a task that waits.
        checkpoints: URI of the folder of all checkpoints; empty for the bucket's own.
    """

    folder_id: str
    bucket: str
    subnet_id: str
    log_group_id: str
    faust_group: str
    faust_workers: int
    instance_cpu: float
    instance_memory_mb: int
    expires_s: int | None
    spark: SparkSite
    poll_s: float = 10.0
    checkpoints: str = ""

    @classmethod
    def from_variable(cls, raw: Mapping[str, Any], contract: Contract) -> Session:
        """Read Airflow's variable.

        Raises:
            ConfigError: it lacks something.
        """
        try:
            spark = raw["spark"]
            return cls(
                folder_id=str(raw["folder_id"]),
                bucket=str(raw["bucket"]),
                subnet_id=str(raw["subnet_id"]),
                log_group_id=str(raw["log_group_id"]),
                faust_group=str(raw["faust_group"]),
                faust_workers=int(raw["faust_workers"]),
                instance_cpu=float(raw["instance"]["cpu"]),
                instance_memory_mb=int(raw["instance"]["memory_mb"]),
                expires_s=_seconds(raw["labels"].get(contract.expires_label, "")),
                spark=SparkSite(
                    version=str(spark["version"]),
                    service_account_id=str(spark["service_account_id"]),
                    security_group_id=str(spark["security_group_id"]),
                    pip_packages=tuple(map(str, spark["pip_packages"])),
                ),
                poll_s=float(raw.get("poll_s", 10.0)),
                checkpoints=str(raw.get("checkpoints", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"Airflow's variable {contract.variable} cannot be used ({error!r}): it is written "
                "by `make cloud-up`; run that again"
            ) from None

    def left_s(self, now_s: float) -> float | None:
        """Seconds to the session's end; None where it has none."""
        return None if self.expires_s is None else self.expires_s - now_s

    def end_of_run_s(self, now_s: float) -> int:
        """When a run that begins now is over at the latest, Unix seconds."""
        longest = int(now_s) + LONGEST_RUN_S
        return longest if self.expires_s is None else min(longest, self.expires_s)

    def require_time(self, now_s: float) -> None:
        """Refuse to begin a run shortly before the session's end.

        Raises:
            ConfigError: there is too little time left.
        """
        left_s = self.left_s(now_s)
        if left_s is not None and left_s < LEAST_LEFT_S:
            raise ConfigError(
                f"the session ends in {max(0.0, left_s) / 60:.0f} min and then loses its hosts; a "
                f"run begins with at least {LEAST_LEFT_S / 60:.0f} min left: `make cloud-up "
                "HOURS=4` makes it longer"
            )

    def require_hosts(self, engines: Sequence[str], instances: Sequence[int]) -> None:
        """Refuse more Faust instances than the group may have.

        Raises:
            ConfigError: there are more.
        """
        if "faust" in engines and max(instances) > self.faust_workers:
            raise ConfigError(
                f"{max(instances)} Faust instances are asked for, the group may have "
                f"{self.faust_workers}: set faust_workers of the session, or ask for fewer"
            )


def cluster_spec(
    session: Session, name: str, labels: Mapping[str, str], executors: int
) -> ClusterSpec:
    """The Spark cluster of a run.

    Args:
        session: where.
        name: of the cluster.
        labels: by which it is found and deleted.
        executors: the largest number of instances.
    """
    return ClusterSpec(
        name=name,
        labels=labels,
        version=session.spark.version,
        executors=executors,
        subnet_id=session.subnet_id,
        security_group_id=session.spark.security_group_id,
        service_account_id=session.spark.service_account_id,
        log_group_id=session.log_group_id,
        pip_packages=session.spark.pip_packages,
    )


def _seconds(label: str) -> int | None:
    return int(label) if label.isascii() and label.isdigit() else None
