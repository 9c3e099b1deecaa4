"""Results of a run: from the bucket into a folder here, and the report rebuilt from them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fraud_cloud.errors import SurroundingsError
from fraud_cloud.object_store import ObjectStore
from fraud_cloud.purge import Tell

RUN_FILE = "run.json"
_OF_THAT_MACHINE = (".lock", ".tmp")


@dataclass(frozen=True)
class Place:
    """Where the results of a run are.

    Attributes:
        bucket: its name.
        prefix: below which they are.
        folder: of this machine, where they shall be.
    """

    bucket: str
    prefix: str
    folder: Path


def fetch(store: ObjectStore, place: Place, tell: Tell) -> bool:
    """Have every object of a run's results here; what is here with the same content is left.

    Returns:
        False where nothing was measured.

    Raises:
        SurroundingsError: a key would lead out of the folder.
    """
    keys = tuple(store.keys(place.bucket, place.prefix))
    top = top_of(keys)
    if top is None:
        return False
    # What makes the folder a run comes last: a fetch that is broken off leaves none.
    files = files_below(sorted(keys, key=lambda key: key == top + RUN_FILE), top, place.folder)
    fetched = sum(_fetched(store, place.bucket, key, path) for key, path in files.items())
    tell(f"results: {fetched} files fetched, {len(files) - fetched} were here: {place.folder}")
    return True


def top_of(keys: Iterable[str]) -> str | None:
    """Where `run.json` of the campaign is, which is the highest; None where there is none."""
    places = [key.removesuffix(RUN_FILE) for key in keys if PurePosixPath(key).name == RUN_FILE]
    return min(places, key=lambda place: (place.count("/"), place), default=None)


def files_below(keys: Iterable[str], top: str, folder: Path) -> Mapping[str, Path]:
    """The file of each key; locks and halves of files mean nothing here.

    Raises:
        SurroundingsError: a key would lead out of the folder.
    """
    found: dict[str, Path] = {}
    for key in keys:
        inside = PurePosixPath(key.removeprefix(top))
        if not key.startswith(top) or key.endswith(("/", *_OF_THAT_MACHINE)):
            continue
        if inside.is_absolute() or ".." in inside.parts:
            raise SurroundingsError(f"the object {key} would be written outside of {folder}")
        found[key] = folder / inside
    return found


def rebuild_report(folder: Path, environment: Mapping[str, str], tell: Tell) -> int:
    """Write the report of a run again, with the program of this machine.

    Returns:
        the exit code that the campaign deserves.
    """
    project = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "report", str(folder), "--strict"],
        cwd=project,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    for line in (done.stdout + done.stderr).splitlines():
        tell(line)
    return done.returncode


def answer_of(folder: Path) -> str:
    """What the campaign answers, in a sentence."""
    run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    return str(run.get("sentence") or "no step was measured, so there is no answer")


def _fetched(store: ObjectStore, bucket: str, key: str, path: Path) -> bool:
    if path.exists() and store.has(bucket, key, path.read_bytes()):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.part")
    scratch.write_bytes(store.get(bucket, key))
    scratch.replace(path)
    return True
