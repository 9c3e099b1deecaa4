"""Files that travel with a submitted job, found on the driver and on every executor."""

from __future__ import annotations

from pathlib import Path

from pyspark import SparkFiles

from fraud_core.errors import ConfigError


def shipped(name: str) -> Path:
    """Where `--files` or `--archives` put something.

    Args:
        name: of the file, or what follows `#` in the archive's name.

    Raises:
        ConfigError: it did not come along.
    """
    # YARN puts them into the working folder of its containers, where SparkFiles does not look.
    places = [Path(SparkFiles.get(name)), Path.cwd() / name]
    for place in places:
        if place.exists():
            return place.resolve()
    raise ConfigError(
        f"{name} did not travel with the job (looked for {' and '.join(map(str, places))}): "
        f"name it in spark-submit, a file as `--files {name}`, a folder as "
        f"`--archives {name}.tar.gz#{name}`"
    )
