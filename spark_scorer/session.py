"""The Spark session, with the settings that were measured to matter."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from fraud_core.errors import ConfigError

JARS_VARIABLE = "FRAUD_SPARK_JARS"
LOOPBACK = "127.0.0.1"

_STREAMING = "org.apache.spark.sql.execution.streaming"
_FILE_MANAGER_MOVED_IN = (4, 1)


def open_session(master: str, settings: Mapping[str, str]) -> SparkSession:
    """Start Spark in this process, or attach to its JVM where that runs already.

    Args:
        master: where the executors are.
        settings: Spark's.
    """
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).appName("fraud-spark")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return start_session(builder)


def start_session(builder: SparkSession.Builder) -> SparkSession:
    """The builder's session, with Ctrl-C left to our own handler.

    In the main thread PySpark would put its handler in the place of ours, and that one talks to
    the JVM in the middle of another call.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(builder.getOrCreate).result()


def stay_on_loopback() -> None:
    """Keep what Spark opens by itself to this machine: by default it listens on all addresses."""
    os.environ["SPARK_LOCAL_IP"] = LOOPBACK


def local_settings() -> dict[str, str]:
    """What a driver needs beside executors of this machine."""
    return {"spark.driver.bindAddress": LOOPBACK, "spark.driver.host": LOOPBACK}


def session_settings(cores: int, checkpoint: str, jars: str) -> dict[str, str]:
    """Every setting that is not Spark's default.

    Args:
        cores: instances, one core each.
        checkpoint: where the query keeps its progress.
        jars: comma-separated files of the Kafka connector.
    """
    return query_settings(cores, checkpoint) | {
        "spark.jars": jars,
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }


def query_settings(cores: int, checkpoint: str) -> dict[str, str]:
    """The settings that belong to the query, also on a cluster that is not ours.

    Args:
        cores: instances, one core each.
        checkpoint: where the query keeps its progress.
    """
    settings = {
        "spark.sql.shuffle.partitions": str(cores),
        # a union of sources with one task each stays as many tasks
        "spark.sql.unionOutputPartitioning": "false",
        # orjson is quickest while a batch fits into the cache
        "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
        "spark.sql.streaming.checkpoint.fileChecksum.enabled": "false",
    }
    if is_local(checkpoint):
        settings["spark.sql.streaming.checkpointFileManagerClass"] = _file_manager()
    return settings


def is_local(checkpoint: str) -> bool:
    """True for a folder of this machine: only there is its rename known to be atomic."""
    return "://" not in checkpoint or checkpoint.startswith("file:")


def connector_jars() -> str:
    """The comma-separated jars of Spark's Kafka connector.

    Raises:
        ConfigError: the variable is not set, or names a file that is not there.
    """
    jars = os.environ.get(JARS_VARIABLE, "")
    if not jars:
        text = f"{JARS_VARIABLE} does not name the jars of Spark's Kafka connector"
        raise ConfigError(f'{text}: run `eval "$(python -m sandbox env)"`')
    for jar in jars.split(","):
        if not Path(jar).is_file():
            text = f"{JARS_VARIABLE} names {jar}, which is not there"
            raise ConfigError(f'{text}: run `eval "$(python -m sandbox env)"`')
    return jars


def _file_manager() -> str:
    """The manager that renames; the default forks a process for every file's permissions."""
    major, minor = pyspark.__version__.split(".")[:2]
    moved = (int(major), int(minor)) >= _FILE_MANAGER_MOVED_IN
    package = f"{_STREAMING}.checkpointing" if moved else _STREAMING
    return f"{package}.FileSystemBasedCheckpointFileManager"
