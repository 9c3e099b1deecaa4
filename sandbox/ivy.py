"""Fetch jars with the Ivy that PySpark brings."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.jars import (
    ALL_SETS,
    LOCK_FILE,
    USUAL_SETS,
    JarSet,
    Lock,
    jar_paths,
    lock_lines,
    lock_of,
    only_one,
    read_lock,
    require_jars,
    sha256,
)

IVY_FILE = Path(__file__).with_name("ivy.xml")

# scala-logging is packed as "bundle" and metrics as "maven-plugin"; the broker dies without them.
_JAR_TYPES = ("jar", "bundle", "maven-plugin")
_PROGRESS_EVERY = 12


def jars_ready(
    cache: Path, java: str, lock_file: Path = LOCK_FILE, sets: Sequence[JarSet] = USUAL_SETS
) -> Path:
    """Have jars, checked.

    Args:
        cache: folder shared by all clones; jars lie under `jars/`, Ivy's own files under `ivy/`.
        java: the `java` program.
        lock_file: names and hashes.
        sets: which jars.

    Returns:
        The folder with a folder for each set.

    Raises:
        SurroundingsError: a jar cannot be fetched or has another hash.
    """
    lock, jars = lock_of(read_lock(lock_file), sets), cache / "jars"
    with only_one(cache / "jars.lockfile"):
        require_jars(jars, lock, lambda: _fetch_afresh(cache, java, lock, sets))
    return jars


def spark_jars(jars: Path) -> str:
    """The connector's jars as Spark's option `spark.jars` wants them: paths with commas."""
    return ",".join(str(path) for path in jar_paths(jars, read_lock(), "spark"))


def relock(cache: Path, java: str, lock_file: Path = LOCK_FILE) -> None:
    """Resolve `ivy.xml` into an empty folder and write what came as the new lock file."""
    folder = cache / "relock"
    for old in folder.glob("*/*.jar"):
        old.unlink()
    with only_one(cache / "jars.lockfile"):
        fetch(folder, cache, java, ALL_SETS)
    lock_file.write_text(lock_lines(folder))


def _fetch_afresh(cache: Path, java: str, lock: Lock, sets: Sequence[JarSet]) -> None:
    _drop_spoilt(cache / "ivy", lock)
    fetch(cache / "jars", cache, java, sets)


def _drop_spoilt(ivy_cache: Path, lock: Lock) -> None:
    """Delete what Ivy would copy although it is not what the lock file names."""
    for name, digest in lock.items():
        for cached in ivy_cache.rglob(Path(name).name):
            # Every set holds a kafka-clients, but never two of one version.
            if sha256(cached) != digest:
                cached.unlink()


def fetch(folder: Path, cache: Path, java: str, sets: Sequence[JarSet]) -> None:
    """Let Ivy resolve sets of `ivy.xml` and copy their jars to `folder/<set>/`.

    Raises:
        SurroundingsError: Ivy failed, most often because there is no network.
    """
    command = [java, "-jar", str(_ivy_jar()), "-cache", str(cache / "ivy")]
    command += ["-ivy", str(IVY_FILE), "-confs", *sets, "-types", *_JAR_TYPES]
    command += ["-retrieve", str(folder / "[conf]" / "[artifact]-[revision].[ext]")]
    sizes_mb = {"broker": 43, "spark": 10, "spark35": 6}
    size_mb = sum(sizes_mb[jar_set] for jar_set in sets)
    say(f"jars: fetching {', '.join(sets)} ({size_mb} MB, about 40 s the first time)")
    log = cache / "ivy.log"
    if _run_with_progress(command, log) != 0:
        raise SurroundingsError(
            f"the jars cannot be fetched ({_first_problem(log)}; all of it in {log}): connect to "
            f"the network, or copy {cache} from a machine that has it and set SANDBOX_CACHE"
        )


def _run_with_progress(command: list[str], log: Path) -> int:
    """Run Ivy, keep what it prints in a file, and count for the user."""
    found = fetched = 0
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as ivy,
    ):
        for line in ivy.stdout or ():
            out.write(line)
            steps = found + fetched
            found += line.startswith("\tfound ")
            fetched += "[SUCCESSFUL ]" in line
            if found + fetched > steps and (found + fetched) % _PROGRESS_EVERY == 0:
                say(f"jars: {found} found, {fetched} fetched")
        return ivy.wait()


def _first_problem(log: Path) -> str:
    lines = (line.strip() for line in log.read_text().splitlines())
    troubles = (line for line in lines if "UNRESOLVED" in line or "FAILED" in line)
    return next(troubles, "Ivy gave no reason")


def _ivy_jar() -> Path:
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise SurroundingsError("the package pyspark is not installed: run `make setup`")
    found = sorted((Path(spec.origin).parent / "jars").glob("ivy-*.jar"))
    if not found:
        raise SurroundingsError(
            f"no ivy-*.jar beside {spec.origin}: install pyspark from requirements/run.txt"
        )
    return found[-1]
