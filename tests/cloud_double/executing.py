"""The double that does what it accepts: buckets in an S3 server, Spark jobs, and Faust hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from fraud_cloud.services import BUCKET, GROUP, SPARK
from fraud_core.kafka import KafkaSettings
from sandbox.ivy import jars_ready
from sandbox.jars import jar_paths, read_lock
from sandbox.settings import SandboxSettings
from tests.cloud_double.double import CloudDouble, cloud_double
from tests.cloud_double.faust_hosts import HostPlace, ScratchHosts
from tests.cloud_double.folder_objects import FolderBuckets, FolderObjects
from tests.cloud_double.host_files import faust_host_files, host_settings
from tests.cloud_double.spark_jobs import ExecutingJobs, SparkPlace
from tests.cloud_double.submission import packages_of
from tests.outputs import wait_until
from tests.submitted_job import SparkInstall
from tests.terraform.cloud_servers import cloud_servers

BUCKET_NAME = "bucket-of-the-tests"
GROUP_NAME = "streamgauge-faust"
SECRET_ID = "secret-of-kafka"  # noqa: S105 - its name
_IVY = Path(__file__).parents[2] / "sandbox" / "ivy.xml"


@dataclass(frozen=True)
class Stores:
    """The S3 server.

    Attributes:
        folder: its top folders are buckets.
        variables: how an S3 client reaches it.
    """

    folder: Path
    variables: Mapping[str, str]


@dataclass(frozen=True)
class ExecutingCloud:
    """A cloud whose jobs and hosts run.

    Attributes:
        double: the cloud itself.
        jobs: its Spark jobs.
        hosts: its Faust hosts.
        group_id: of the hosts' instance group, which is empty at first.
    """

    double: CloudDouble
    jobs: ExecutingJobs
    hosts: ScratchHosts
    group_id: str

    @property
    def objects(self) -> FolderObjects:
        """Objects of the bucket by key."""
        return FolderObjects(self.jobs.place.buckets / BUCKET_NAME)

    def require_idle(self) -> None:
        """No cluster, no job, no executor, no host and no worker."""
        state = self.double.state
        with state.lock:
            assert state.names(SPARK.kind) == set()
            assert self.jobs.running() == {}
            assert self.jobs.executors() == 0
        self.require_no_host()

    def require_no_host(self) -> None:
        """No Faust host and no worker of one."""
        state = self.double.state
        with state.lock:
            assert state.hosts_of(state.of(GROUP.kind)[self.group_id]) == []
        assert self.hosts.workers() == []


@contextmanager
def executing_cloud(
    folder: Path, install: SparkInstall, kafka: KafkaSettings, stores: Stores
) -> Iterator[ExecutingCloud]:
    """A cloud with a bucket and an empty group of Faust hosts, until the block ends.

    Args:
        folder: gets what runs and its logs.
        install: Python with PySpark 3.5.
        kafka: the broker, with a log-in.
        stores: the S3 server.
    """
    (stores.folder / BUCKET_NAME).mkdir(exist_ok=True)
    jobs = ExecutingJobs(spark_place(install, stores), folder / "spark")
    with cloud_servers() as servers:
        servers.objects = FolderObjects(stores.folder)
        password = kafka.sasl_password.get_secret_value()
        servers.secrets = {SECRET_ID: {"password": password}}
        hosts = ScratchHosts(host_place(kafka, servers.url), folder / "hosts")
        try:
            with cloud_double(folder, jobs, hosts, FolderBuckets(stores.folder)) as double:
                double.add(BUCKET, BUCKET_NAME, double.standing())
                group = double.add_group(GROUP_NAME, 0)
                yield ExecutingCloud(double, jobs, hosts, group)
        finally:
            jobs.end()
            hosts.end()


def spark_place(install: SparkInstall, stores: Stores) -> SparkPlace:
    """What clusters stand on: the packages that the sandbox has locked, and no others."""
    java = str(Path(install.environment["JAVA_HOME"]) / "bin/java")
    jars = jars_ready(SandboxSettings().cache_folder, java, sets=["spark35"])
    files = [str(path) for path in jar_paths(jars, read_lock(), "spark35")]
    connector = packages_of(_IVY.read_text(), "spark35")[0]
    return SparkPlace(install, fetcher(stores.variables), stores.folder, {connector: files})


def host_place(kafka: KafkaSettings, servers: str) -> HostPlace:
    """What Faust hosts stand on."""
    settings = host_settings(
        BUCKET_NAME, kafka.bootstrap_servers, kafka.sasl_username, f"{SECRET_ID}:password"
    )
    return HostPlace(faust_host_files(settings), servers)


def fetcher(variables: Mapping[str, str]) -> Callable[[str, str], bytes]:
    """Reads an object over S3, as a cluster does.

    Args:
        variables: endpoint, key and region.
    """
    client = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables.get("AWS_DEFAULT_REGION", "ru-central1"),
        config=Config(s3={"addressing_style": "path"}),
    )

    def fetch(bucket: str, key: str) -> bytes:
        def is_there() -> bool:
            try:
                client.head_object(Bucket=bucket, Key=key)
            except ClientError:
                return False
            return True

        # The server looks into its folder ten times a second.
        try:
            wait_until(is_there, within_s=2, what=f"s3a://{bucket}/{key} is there")
        except AssertionError:
            raise KeyError(key) from None
        content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    return fetch
