"""`streamgauge doctor`: whether everything is here, and where each setting comes from."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr

from benchmarks.cluster import broker_port
from benchmarks.process_use import listener_on
from benchmarks.surroundings import commit, machine
from fraud_core.artifact import load_artifact
from fraud_core.errors import StreamError, SurroundingsError
from fraud_core.instance_size import choose_means
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id
from fraud_core.transaction_files import transaction_files

State = Literal["ok", "missing", "note"]

ENGINE_PACKAGES: Final[Mapping[str, str]] = {
    "faust": "faust",
    "faust-tuned": "faust",
    "spark": "pyspark",
}
OTHER_VARIABLES: Final = ("JAVA_HOME", "FRAUD_SPARK_JARS", "MLFLOW_TRACKING_URI")
_JAVA_VERSION: Final = re.compile(r'version "(\d+)')
_JAVA: Final = (17, 21)
_SLEEPS: Final = 200
_SLEEP_S: Final = 0.002
_LATE_MS: Final = 10.0
_MASK: Final = "********"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: its name.
        state: `missing` keeps a run from starting, `note` does not.
        text: what was found, and the remedy.
    """

    what: str
    state: State
    text: str


def examine(artifact: Path, transactions: Sequence[Path], results: Path) -> list[Finding]:
    """Look at everything that a run needs."""
    return [
        *settings_found(os.environ),
        _broker(),
        _java(os.environ),
        _jars(os.environ),
        _checked("artifact", lambda: _artifact(artifact)),
        _checked("transactions", lambda: f"{len(transaction_files(transactions))} files"),
        *(_engine(name) for name in ENGINE_PACKAGES),
        _machine(),
        _limits(),
        _disk(results),
        _clock(),
        _commit(),
    ]


def settings_found(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Each setting with its value and where that comes from; a secret is never shown."""
    try:
        settings = KafkaSettings.from_environment(environment)
    except StreamError as error:
        yield Finding("settings", "missing", str(error))
        return
    for field in KafkaSettings.model_fields:
        name = f"KAFKA_{field.upper()}"
        value = getattr(settings, field)
        if isinstance(value, SecretStr):
            shown = _MASK if value.get_secret_value() else "not set"
        else:
            shown = str(value) or "not set"
        yield Finding(name, "ok", f"{shown} ({_source(name, environment)})")
    for name in OTHER_VARIABLES:
        yield Finding(name, "ok", f"{_short(environment.get(name))} ({_source(name, environment)})")


def _short(value: str | None) -> str:
    """A list of jars is a page long."""
    if not value:
        return "not set"
    # an address may carry a password: https://user:password@host
    value = re.sub(r"(://[^:/@]*):[^@/]*@", rf"\1:{_MASK}@", value)
    return value if len(value) <= 80 else f"{value[:60]}... ({value.count(',') + 1} entries)"


def _source(name: str, environment: Mapping[str, str]) -> str:
    return "environment" if name in environment else "default"


def _checked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", look())
    except StreamError as error:
        return Finding(what, "missing", str(error))


def _broker() -> Finding:
    def look() -> str:
        settings = KafkaSettings.from_environment()
        cluster = cluster_id(settings)
        port = broker_port(settings.bootstrap_servers)
        pid = listener_on(port) if port else None
        where = f"process {pid} of this machine" if pid else "on another machine, or not visible"
        return f"answers at {settings.bootstrap_servers}, cluster {cluster} ({where})"

    return _checked("broker", look)


def _java(environment: Mapping[str, str]) -> Finding:
    home = environment.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    remedy = 'only Spark needs it: eval "$(python -m sandbox env)" sets one'
    if program is None:
        return Finding("Java", "note", f"not found; {remedy}")
    try:
        said = subprocess.run(
            [program, "-version"], capture_output=True, text=True, check=False, timeout=30
        ).stderr
    except OSError as error:
        return Finding("Java", "note", f"{program} cannot be run ({error.strerror}); {remedy}")
    version = _JAVA_VERSION.search(said)
    if version is None or int(version[1]) not in _JAVA:
        found = version[1] if version else "of unknown version"
        return Finding("Java", "note", f"{program} is {found}, Spark needs 17 or 21; {remedy}")
    return Finding("Java", "ok", f"{version[1]} at {program}")


def _jars(environment: Mapping[str, str]) -> Finding:
    value = environment.get("FRAUD_SPARK_JARS", "")
    if not value:
        text = 'FRAUD_SPARK_JARS is not set; only Spark needs it: eval "$(python -m sandbox env)"'
        return Finding("jars", "note", text)
    paths = [Path(part) for part in value.split(",")]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        return Finding("jars", "note", f"{', '.join(missing)} of FRAUD_SPARK_JARS are not there")
    return Finding("jars", "ok", f"{len(paths)} of Spark's connector")


def _artifact(folder: Path) -> str:
    artifact = load_artifact(folder)  # compares every hash with the manifest
    version = artifact.manifest.features_version
    return f"{folder}, model {artifact.model_sha256[:8]}, features {version}, hashes agree"


def _engine(name: str) -> Finding:
    package = ENGINE_PACKAGES[name]
    if importlib.util.find_spec(package) is None:
        return Finding(f"engine {name}", "note", f"{package} is not installed: make setup")
    return Finding(f"engine {name}", "ok", f"{package} is installed")


def _machine() -> Finding:
    found = machine()
    text = (
        f"{found['cores']} cores ({found['cpu']}), {found['memory_gib']:g} GiB, {found['system']}, "
        f"load {found['load_average_1min']:g}"
    )
    busy = found["load_average_1min"] > found["cores"] / 2
    return Finding("machine", "note" if busy else "ok", text + (": it is busy" if busy else ""))


def _limits() -> Finding:
    means = choose_means()
    if means == "none":
        text = "nothing can hold an instance to a size: cpu and memory_mb of a plan have no effect"
        return Finding("instance size", "note", text)
    return Finding("instance size", "ok", f"instances are held to a size by {means}")


def _disk(results: Path) -> Finding:
    folder = next(path for path in (results, *results.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    return Finding("disk", "ok", f"{free / 1e9:,.1f} GB free for {results}")


def _clock() -> Finding:
    """How late a sleep of 2 ms ends: the generator cannot be better than that."""
    late_ms = []
    for _ in range(_SLEEPS):
        begun_s = time.monotonic()
        time.sleep(_SLEEP_S)
        late_ms.append((time.monotonic() - begun_s - _SLEEP_S) * 1000)
    p99_ms = sorted(late_ms)[int(0.99 * _SLEEPS)]
    text = f"a sleep of 2 ms ends {p99_ms:.2f} ms late (p99 of {_SLEEPS})"
    return Finding("clock", "ok" if p99_ms < _LATE_MS else "note", text)


def _commit() -> Finding:
    found = commit()
    if found["commit"] is None:
        return Finding("commit", "note", "unknown: results will not say which program made them")
    changed = ", with changed files" if found["dirty"] else ""
    return Finding("commit", "ok", f"{found['commit'][:12]}{changed}")


def checkup(findings: Sequence[Finding]) -> str:
    """One line for each finding."""
    width = max(len(finding.what) for finding in findings)
    return "\n".join(f"{one.state:<8}{one.what:<{width}}  {one.text}" for one in findings)


def refuse_illness(findings: Sequence[Finding]) -> None:
    """End with exit code 5 where something is missing.

    Raises:
        SurroundingsError: names it.
    """
    missing = [finding.what for finding in findings if finding.state == "missing"]
    if missing:
        raise SurroundingsError(f"not ready: {', '.join(missing)}; the lines above say what to do")
