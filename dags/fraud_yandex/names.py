"""What a run is called wherever it leaves something: labels, topics, keys, jobs. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from fraud_cloud.contract import Contract
from fraud_cloud.errors import ConfigError

LONGEST_RUN: Final = 40
"""A label takes 63 characters, and so does the name of a Spark cluster or a job."""
PREFLIGHT: Final = "preflight"
_HASH: Final = 8
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")
_CELL: Final = re.compile(r"(?P<engine>[a-z]+)-(?P<instances>[0-9]+)")
_LARGEST_CONNECTOR_OF_SCALA_212: Final = 3


def run_name(dag_run_id: str, resume_run: str | None, standing: str) -> str:
    """Name of a run: a label, a folder of the bucket, a part of topics; the same at every try.

    Args:
        dag_run_id: as Airflow names it, `manual__2026-11-23T14:15:00.123456+00:00`.
        resume_run: the earlier run that is gone on with.
        standing: the label of what outlives sessions, which no run may have.
    """
    if resume_run:
        return resume_run
    name = _NOT_IN_NAMES.sub("-", dag_run_id.lower()).strip("-") or "run"
    if len(name) > LONGEST_RUN:
        digest = hashlib.sha256(dag_run_id.encode()).hexdigest()[:_HASH]
        name = f"{name[: LONGEST_RUN - _HASH - 1].rstrip('-')}-{digest}"
    return f"run-{name}" if name == standing else name


@dataclass(frozen=True)
class Cell:
    """One engine at one number of instances.

    Attributes:
        engine: faust or spark.
        instances: how many.
    """

    engine: str
    instances: int

    def __str__(self) -> str:
        """As it is written in plans and results."""
        return f"{self.engine}-{self.instances}"

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read `faust-2`.

        Raises:
            ConfigError: it is no cell.
        """
        found = _CELL.fullmatch(text)
        if found is None:
            raise ConfigError(f"{text!r} is no cell: write an engine and a count, as in faust-2")
        return cls(found["engine"], int(found["instances"]))


@dataclass(frozen=True)
class Names:
    """Names of one run.

    Attributes:
        run: its name.
        bucket: where its objects are.
        contract: what Terraform and hosts expect.
        checkpoints: URI of the folder of all checkpoints; empty for the bucket's own.
    """

    run: str
    bucket: str
    contract: Contract
    checkpoints: str = ""

    @property
    def cluster(self) -> str:
        """Of its Spark cluster."""
        return f"spark-{self.run}"

    @property
    def folder(self) -> str:
        """Key that the keys of all of its objects begin with."""
        return f"{self.contract.prefixes['runs']}{self.run}/"

    def key(self, name: str) -> str:
        """Of one of its objects."""
        return self.folder + name

    @property
    def asked(self) -> str:
        """Key of the form as it was filled in."""
        return self.key("asked.json")

    @property
    def plan(self) -> str:
        """Key of the plan of all cells."""
        return self.key("plan.yaml")

    @property
    def artifact(self) -> str:
        """Key of the model that every cell uses."""
        return self.key("artifact/artifact.tar.gz")

    @property
    def artifact_sums(self) -> str:
        """Key of its SHA-256."""
        return self.key("artifact/SHA256SUMS")

    @property
    def kafka_file(self) -> str:
        """Key of the settings with which Spark reaches Kafka; a secret is in it.

        Not among the run's other objects: Faust's account may read those.
        """
        return f"{self.contract.prefixes['secrets']}{self.run}/kafka.env"

    @property
    def faust_file(self) -> str:
        """Key of what the Faust hosts are told."""
        return self.key("faust.env")

    @property
    def probe_file(self) -> str:
        """Key of the preflight's Spark program."""
        return self.key("spark-probe.py")

    @property
    def results(self) -> str:
        """Key that those of the campaign's files begin with."""
        return self.key("results/")

    def code(self, name: str) -> str:
        """Key of a file that was uploaded with the code."""
        return self.contract.prefixes["code"] + name

    def uri(self, key: str) -> str:
        """As Spark reads an object."""
        return f"s3a://{self.bucket}/{key}"

    def topics(self, part: str) -> str:
        """What the names of a cell's topics begin with.

        Args:
            part: the cell, or the preflight.
        """
        return f"{self.contract.topic_prefix}{self.run}-{part}-"

    def group(self, part: str) -> str:
        """Of the consumer group of a cell."""
        return f"{self.contract.topic_prefix}{self.run}-{part}"

    def job(self, part: str, attempt: int) -> str:
        """Of the Spark job of a cell: another one for each try, for an ended job keeps its name."""
        return f"{part}-t{attempt}"

    @property
    def checkpoints_folder(self) -> str:
        """Key that the keys of all of its checkpoints begin with."""
        return f"{self.contract.prefixes['checkpoints']}{self.run}/"

    def checkpoint_keys(self, part: str) -> str:
        """What the keys of the checkpoints of a cell's jobs begin with, whichever try made them."""
        return f"{self.checkpoints_folder}{part}-t"

    def checkpoint(self, part: str, attempt: int) -> str:
        """URI of a job's checkpoint."""
        root = self.checkpoints or self.uri(self.contract.prefixes["checkpoints"])
        return f"{root.rstrip('/')}/{self.run}/{self.job(part, attempt)}"


def connector_of(spark_version: str) -> str:
    """Maven coordinates of the Kafka connector of a Spark; 3.x is built for Scala 2.12.

    Args:
        spark_version: such as 3.5.7.
    """
    major = int(spark_version.partition(".")[0])
    scala = "2.12" if major <= _LARGEST_CONNECTOR_OF_SCALA_212 else "2.13"
    return f"org.apache.spark:spark-sql-kafka-0-10_{scala}:{spark_version}"
