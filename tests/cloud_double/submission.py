"""What a cluster makes of a job: which objects it fetches and how it calls spark-submit. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

SCHEMES = ("s3a", "s3")
_URI = re.compile(rf"({'|'.join(SCHEMES)})://([^/#]+)/([^#]+)(?:#(.+))?")
_STREAMING = "org.apache.spark.sql.execution.streaming"


class SubmissionError(Exception):
    """A job cannot be run as it was submitted."""


@dataclass(frozen=True)
class Object:
    """An object that a job names.

    Attributes:
        bucket: where it is.
        key: its key.
        called: what the job calls it, the part behind `#`; empty where it says nothing.
    """

    bucket: str
    key: str
    called: str = ""

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


def object_of(uri: str) -> Object:
    """The object that a URI names.

    Raises:
        SubmissionError: it names none.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise SubmissionError(f"{uri} is no object of a bucket: write s3a://bucket/key")
    return Object(found[2], found[3], found[4] or "")


def objects_of(job: Any) -> Iterator[Object]:
    """Every object that a PySpark job names.

    Raises:
        SubmissionError: a URI names none.
    """
    for uri in (
        job.main_python_file_uri,
        *job.python_file_uris,
        *job.archive_uris,
        *job.file_uris,
    ):
        yield object_of(uri)


def submit_options(job: Any, files: Path) -> list[str]:
    """Options and arguments of spark-submit, from the objects' files on.

    Args:
        job: a PySpark job of the API.
        files: folder with its objects, each by its name.
    """

    def local(uris: Iterable[str]) -> str:
        named = (object_of(uri) for uri in uris)
        return ",".join(f"{files / one.name}{'#' * bool(one.called)}{one.called}" for one in named)

    options: list[str] = []
    for option, uris in (
        ("--py-files", job.python_file_uris),
        ("--archives", job.archive_uris),
        ("--files", job.file_uris),
    ):
        options += [option, local(uris)] if uris else []
    for name, value in sorted(job.properties.items()):
        options += ["--conf", f"{name}={value}"]
    # Elsewhere the number of executors is enough; here a job takes every core unless it is told.
    options += ["--total-executor-cores", str(cores_of(job.properties))]
    return [*options, local([job.main_python_file_uri]), *job.args]


def cores_of(properties: Mapping[str, str]) -> int:
    """Cores of a job's executors together."""
    each = int(properties.get("spark.executor.cores", "1"))
    return each * int(properties.get("spark.executor.instances", "1"))


def cluster_options(buckets: Path, bucket_names: Iterable[str], events: Path) -> list[str]:
    """What a cluster sets for its jobs; a job's own properties come later and count more.

    A bucket is a folder here, so Spark's URIs lead there without S3's client, which is 280 MB.

    Args:
        buckets: folder of the buckets.
        bucket_names: the buckets.
        events: folder of the event log; as text, for searches.
    """
    conf = {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file:{events}",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.hadoop.fs.s3a.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl": (
            "org.apache.hadoop.fs.LocalFileSystem"
        ),
        "spark.sql.streaming.checkpointFileManagerClass": (
            f"{_STREAMING}.FileSystemBasedCheckpointFileManager"
        ),
    }
    for name in bucket_names:
        for prefix in ("checkpoints", "runs", "code", "data"):
            conf[f"spark.hadoop.fs.viewfs.mounttable.{name}.link./{prefix}"] = (
                f"file:{buckets / name / prefix}"
            )
    return [word for pair in conf.items() for word in ("--conf", "=".join(pair))]


def jars_of(packages: Iterable[str], known: Mapping[str, list[str]]) -> list[str]:
    """Files of the packages of a job.

    Args:
        packages: Maven coordinates.
        known: jars of each package that this machine has.

    Raises:
        SubmissionError: a package is another one.
    """
    jars: list[str] = []
    for one in packages:
        if one not in known:
            raise SubmissionError(f"unresolved dependency: {one}: not found; known: {list(known)}")
        jars += known[one]
    return jars


def packages_of(ivy_xml: str, configuration: str) -> list[str]:
    """Maven coordinates of a configuration, the connector first: the others come with it.

    Args:
        ivy_xml: content of the file that the sandbox resolves.
        configuration: name of its set.
    """
    root = ElementTree.fromstring(ivy_xml)  # noqa: S314 - a file of ours
    return [
        ":".join(one.attrib[part] for part in ("org", "name", "rev"))
        for one in root.iter("dependency")
        if one.attrib["conf"].startswith(f"{configuration}->")
    ]
