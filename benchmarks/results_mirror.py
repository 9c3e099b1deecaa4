"""Results in S3: they are measured into a folder of this machine, which is kept equal to a bucket.

A campaign locks, renames and reads what it writes, which a bucket cannot do. So it works on a
folder, and after each step what is new goes up; a run is brought down before it is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from fraud_core.command import say
from fraud_core.errors import ConfigError, StreamError
from fraud_core.s3_address import S3Address, s3_address

if TYPE_CHECKING:
    from fraud_core.s3_access import S3Client

_ADDRESS_FILE: Final = ".s3-address"
_INDEX_FOLDER: Final = ".s3-index"
_OF_THIS_MACHINE: Final = (".lock", ".tmp")
"""Ends of names of files that mean nothing elsewhere."""

Index = dict[str, tuple[int, int, str]]
"""Of each file that was the same in both places: its size, its time in ns, and the bucket's tag."""

_opened: list[Mirror] = []


def results_folder(text: str | Path) -> Path:
    """The folder of all results: as it is named, or the one that stands for s3://bucket/prefix.

    Raises:
        StreamError: the bucket is not there, or the S3 server refuses us.
    """
    address = s3_address(text)
    if address is None:
        return Path(text)
    folder = _cache(os.environ) / "results" / address.bucket / address.key
    mirror = Mirror(folder, address)
    mirror.check()
    folder.mkdir(parents=True, exist_ok=True)
    _write_whole(folder / _ADDRESS_FILE, str(address))
    _opened.append(mirror)
    return folder


def mirror_of(results: Path) -> Mirror | None:
    """The mirror that a folder of results is; None where it is an ordinary folder."""
    try:
        address = s3_address((results / _ADDRESS_FILE).read_text())
    except OSError:
        return None
    return Mirror(results, address) if address else None


def bring_run(results: Path, run: str) -> None:
    """Have a run here before it is read, as far as it is in S3 and was not changed here.

    Raises:
        StreamError: the bucket is not there, or the S3 server refuses us.
    """
    mirror = mirror_of(results)
    if mirror is not None:
        mirror.bring(run)


def bring_file_of_runs(results: Path, file: str, plan_id: str) -> None:
    """Have one file of each run of a plan here.

    Args:
        results: folder of all results.
        file: its name.
        plan_id: what the names of the runs begin with.

    Raises:
        StreamError: the bucket is not there, or the S3 server refuses us.
    """
    mirror = mirror_of(results)
    if mirror is not None:
        for run in mirror.runs_there():
            if run.startswith(f"{plan_id}-"):
                mirror.bring(run, only=file)


def keep_run(run_folder: Path) -> None:
    """Have what is new of a run in S3, in the middle of a campaign; a failure is said only."""
    mirror = mirror_of(run_folder.parent)
    if mirror is not None:
        _try_to_keep(mirror, run_folder.name)


def keep_all(*, strict: bool) -> None:
    """Have what is new of all runs in S3, at the end of a command.

    Args:
        strict: a failure is an error; else it is said only, because another one counts more.

    Raises:
        StreamError: what is new cannot be uploaded; it stays here.
    """
    for mirror in _opened:
        for run in mirror.runs_here():
            if strict:
                mirror.keep(run)
            else:
                _try_to_keep(mirror, run)


def _try_to_keep(mirror: Mirror, run: str) -> None:
    try:
        mirror.keep(run)
    except StreamError as error:
        say(f"not uploaded yet, it stays in {mirror.folder / run}: {error}")


@dataclass(frozen=True, slots=True)
class Mirror:
    """A folder of results and the prefix that it is kept equal to.

    Attributes:
        folder: on this machine.
        address: the bucket and the prefix.
    """

    folder: Path
    address: S3Address

    def check(self) -> None:
        """See that the bucket answers.

        Raises:
            StreamError: it does not.
        """
        client = _client()
        with client.telling(self.address):
            client.boto.list_objects_v2(
                Bucket=self.address.bucket, Prefix=f"{self.address.key}/".lstrip("/"), MaxKeys=1
            )

    def runs_here(self) -> list[str]:
        """Names of the runs in the folder."""
        folders = (path for path in self.folder.iterdir() if path.is_dir())
        return sorted(path.name for path in folders if not path.name.startswith("."))

    def runs_there(self) -> list[str]:
        """Names of the runs in the bucket."""
        client, start = _client(), f"{self.address.key}/".lstrip("/")
        pages = client.boto.get_paginator("list_objects_v2")
        with client.telling(self.address):
            return [
                entry["Prefix"].removeprefix(start).rstrip("/")
                for page in pages.paginate(Bucket=self.address.bucket, Prefix=start, Delimiter="/")
                for entry in page.get("CommonPrefixes", ())
            ]

    def bring(self, run: str, only: str | None = None) -> None:
        """Download what was changed there and not here.

        Args:
            run: its name.
            only: this file of it; all by default.
        """
        index, client = self._index(run), _client()
        for name, etag in self._objects(client, run).items():
            path = self._path(run, name)
            is_wanted = only is None or name == only
            if is_wanted and self._may_replace(path, index.get(name), etag):
                path.parent.mkdir(parents=True, exist_ok=True)
                scratch = path.with_name(f"{path.name}.tmp")
                self._download(client, f"{run}/{name}", scratch)
                scratch.replace(path)
                index[name] = (*_state(path), etag)
        self._write_index(run, index)

    def keep(self, run: str) -> None:
        """Upload what was changed here; delete there what was deleted here."""
        index, here = self._index(run), self._files(run)
        new = [name for name, path in here.items() if index.get(name, ())[:2] != _state(path)]
        gone = [name for name in index if name not in here]
        if not new and not gone:
            return
        client = _client()
        states = {name: _state(here[name]) for name in new}
        for name in new:
            self._upload(client, here[name], f"{run}/{name}")
        for name in gone:
            self._delete(client, f"{run}/{name}")
            del index[name]
        there = self._objects(client, run)
        index |= {name: (*states[name], there[name]) for name in new if name in there}
        self._write_index(run, index)

    def _may_replace(self, path: Path, known: tuple[int, int, str] | None, etag: str) -> bool:
        if not path.is_file():
            return True
        # without a note of it, or changed since: what is here was measured here
        return known is not None and _state(path) == known[:2] and etag != known[2]

    def _files(self, run: str) -> dict[str, Path]:
        folder = self.folder / run
        paths = (path for path in folder.rglob("*") if path.is_file())
        kept = (path for path in paths if not path.name.endswith(_OF_THIS_MACHINE))
        return {path.relative_to(folder).as_posix(): path for path in sorted(kept)}

    def _objects(self, client: S3Client, run: str) -> dict[str, str]:
        """Tag of each object of a run, by its name in it."""
        start = f"{self.address.below(run).key}/"
        return {
            entry["Key"].removeprefix(start): entry["ETag"].strip('"')
            for entry in _entries(client, self.address, start)
            if not entry["Key"].endswith("/")
        }

    def _path(self, run: str, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith("/"):
            raise ConfigError(
                f"{self.address.below(run)} holds an object named {name!r}, which is no file of a "
                "run: delete it"
            )
        return self.folder.joinpath(run, *parts)

    def _upload(self, client: S3Client, path: Path, name: str) -> None:
        place = self.address.below(name)
        with client.telling(place):
            client.boto.upload_file(str(path), place.bucket, place.key, Config=_one_thread())

    def _download(self, client: S3Client, name: str, path: Path) -> None:
        place = self.address.below(name)
        with client.telling(place):
            client.boto.download_file(place.bucket, place.key, str(path), Config=_one_thread())

    def _delete(self, client: S3Client, name: str) -> None:
        place = self.address.below(name)
        with client.telling(place):
            client.boto.delete_object(Bucket=place.bucket, Key=place.key)

    def _index(self, run: str) -> Index:
        try:
            noted = json.loads((self.folder / _INDEX_FOLDER / f"{run}.json").read_text())
        except (OSError, ValueError):
            return {}
        return {name: tuple(entry) for name, entry in noted.items()}

    def _write_index(self, run: str, index: Index) -> None:
        path = self.folder / _INDEX_FOLDER / f"{run}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, json.dumps(index))


def _entries(client: S3Client, address: S3Address, start: str) -> Iterator[Mapping[str, str]]:
    pages = client.boto.get_paginator("list_objects_v2")
    with client.telling(address):
        for page in pages.paginate(Bucket=address.bucket, Prefix=start):
            yield from page.get("Contents", ())


def _write_whole(path: Path, text: str) -> None:
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.write_text(text)
    scratch.replace(path)


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _cache(environment: Mapping[str, str]) -> Path:
    home = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "streamgauge"


def _client() -> S3Client:
    from fraud_core.s3_access import open_client  # 30 MB, which most commands do not need

    return open_client()


def _one_thread() -> object:
    from boto3.s3.transfer import TransferConfig

    # ten threads, the default, would take the machine from an engine that is being measured
    return TransferConfig(use_threads=False)
