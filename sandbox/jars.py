"""The jars of the broker and of Spark's Kafka connector: fetched once, checked at every start.

Ivy, which PySpark brings, resolves `ivy.xml`. It checks a download, but never again what it
has in its cache, so `jars.lock` holds the SHA-256 of every jar and has the last word.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from fraud_core.errors import SurroundingsError

JarSet = Literal["broker", "spark", "spark35"]
ALL_SETS: Final[tuple[JarSet, ...]] = ("broker", "spark", "spark35")
USUAL_SETS: Final[tuple[JarSet, ...]] = ("broker", "spark")
"""What this machine's own broker and engines need."""

LOCK_FILE = Path(__file__).with_name("jars.lock")

Lock = Mapping[str, str]
"""SHA-256 in hex of each jar, by `<set>/<file name>`."""


class JarHashError(SurroundingsError):
    """A jar is not the one that the lock file names."""

    def __init__(self, *, jar: str, expected: str, found: str, folder: Path) -> None:
        super().__init__(
            f"{jar} has SHA-256 {found}, jars.lock wants {expected}, also after it was fetched "
            f"again: do not use it; empty {folder} and try once more, and if the hash stays "
            "compare it with the publisher's"
        )


def read_lock(path: Path = LOCK_FILE) -> dict[str, str]:
    """Read a lock file: lines of `sha256sum`, `<hash>  <set>/<file name>`."""
    pairs = (line.split() for line in path.read_text().splitlines() if line.strip())
    return {name: digest for digest, name in pairs}


def lock_lines(folder: Path) -> str:
    """The lock file for what lies in a folder."""
    jars = sorted(folder.glob("*/*.jar"))
    return "".join(f"{sha256(jar)}  {jar.relative_to(folder).as_posix()}\n" for jar in jars)


def sha256(path: Path) -> str:
    """SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wrong_jars(folder: Path, lock: Lock) -> dict[str, str]:
    """Jars that are not as the lock file says.

    Returns:
        The hash found by name of jar, "" for a jar that is missing.
    """
    found = {name: sha256(folder / name) if (folder / name).is_file() else "" for name in lock}
    return {name: digest for name, digest in found.items() if digest != lock[name]}


def require_jars(folder: Path, lock: Lock, fetch: Callable[[], None]) -> None:
    """Have every jar of the lock file, with its hash; fetch what is missing or wrong, once.

    Args:
        folder: holds `<set>/<file name>`.
        lock: what must be there.
        fetch: fills the folder; does not touch jars that are there.

    Raises:
        JarHashError: a jar still has another hash after it was fetched again.
        SurroundingsError: a jar is still missing, or what `fetch` raises.
    """
    wrong = wrong_jars(folder, lock)
    if not wrong:
        return
    for name in wrong:
        (folder / name).unlink(missing_ok=True)
    fetch()
    for name, digest in wrong_jars(folder, lock).items():
        if not digest:
            raise SurroundingsError(
                f"{name} of jars.lock was not fetched: ivy.xml and jars.lock disagree; "
                "run `python -m sandbox lock-jars` and look at the difference"
            )
        raise JarHashError(jar=name, expected=lock[name], found=digest, folder=folder)


def lock_of(lock: Lock, sets: Iterable[JarSet]) -> dict[str, str]:
    """The part of a lock that concerns some sets."""
    folders = tuple(f"{jar_set}/" for jar_set in sets)
    return {name: digest for name, digest in lock.items() if name.startswith(folders)}


def jar_paths(folder: Path, lock: Lock, jar_set: JarSet) -> list[Path]:
    """The jars of one set; the lock names them, so jars of an older lock do no harm."""
    return [folder / name for name in lock_of(lock, [jar_set])]


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Keep other processes of ours out of a block; they wait.

    Args:
        path: an empty file that stands for what is guarded.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
