"""`upload`: the DAGs, what hosts and clusters install, and transactions, into the bucket."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fraud_cloud.contract import Contract
from fraud_cloud.errors import ConfigError
from fraud_cloud.object_store import ObjectStore, md5_of, read_file, read_url
from fraud_cloud.purge import Tell

AUTHORITY = "https://storage.yandexcloud.net/cloud-certs/CA.pem"
"""Certificate of the authority that signs Kafka's and PostgreSQL's (their documentation)."""

LOCKS = ("bench", "faust", "mlflow")
IGNORE_FILE = ".airflowignore"
"""Names folders that hold no DAGs; without it Airflow would import their files as DAGs."""

_OF_THIS_MACHINE = frozenset({"fraud_stream_local.py", "fraud_local"})
_DAG_ENDINGS = frozenset({".py", ".json"})
_MB = 1_000_000
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")
_LONGEST_FOLDER = 40
_HASH = 12


@dataclass(frozen=True)
class Item:
    """One object to be.

    Attributes:
        key: in the bucket.
        content: of the object.
    """

    key: str
    content: bytes

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        return len(self.content)

    def is_in(self, store: ObjectStore, bucket: str) -> bool:
        """Whether it is there with the same content."""
        return store.has(bucket, self.key, self.content)

    def put(self, store: ObjectStore, bucket: str) -> None:
        """Write it."""
        store.put(bucket, self.key, self.content)


@dataclass(frozen=True)
class FileItem:
    """One object to be that may not fit into memory.

    Attributes:
        key: in the bucket.
        path: file with its content.
        md5: of the content.
    """

    key: str
    path: Path
    md5: str

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        return self.path.stat().st_size

    def is_in(self, store: ObjectStore, bucket: str) -> bool:
        """Whether it is there with the same content."""
        return store.has_md5(bucket, self.key, self.md5)

    def put(self, store: ObjectStore, bucket: str) -> None:
        """Write it."""
        store.put_file(bucket, self.key, self.path)


@dataclass(frozen=True)
class Sources:
    """Where the files are.

    Attributes:
        dags: folder of the DAGs.
        locks: folder of the locks.
        built: folder of the wheel and the Spark job, as `make wheel` writes it.
        transactions: folder of transaction files; None uploads none.
        authority: URL of the authority's certificate.
    """

    dags: Path
    locks: Path
    built: Path
    transactions: Path | None = None
    authority: str = AUTHORITY


def code_items(sources: Sources, contract: Contract) -> tuple[Item, ...]:
    """DAGs and code; the list of checksums is last, because hosts begin with it.

    Raises:
        ConfigError: a file is missing, or there are two wheels.
    """
    code = [*_built(sources, contract), *_locks(sources, contract)]
    code.append(Item(contract.keys["kafka_ca"], read_url(sources.authority)))
    sums = Item(contract.keys["checksums"], checksums(code))
    return (*_dags(sources.dags, contract), *code, sums)


def data_items(sources: Sources, contract: Contract) -> tuple[Item | FileItem, ...]:
    """Transactions below a prefix of their own; last what names that prefix to runs.

    Raises:
        ConfigError: there are none.
    """
    folder = sources.transactions
    if folder is None:
        return ()
    files = _transaction_files(folder)
    sums = {path.name: md5_of(path) for path in files}
    prefix = contract.prefixes["data"] + set_name(folder.resolve().name, sums)
    pointer = Item(contract.keys["transactions_pointer"], f"{prefix}\n".encode())
    return (*(FileItem(prefix + one.name, one, sums[one.name]) for one in files), pointer)


def set_name(folder: str, sums: Mapping[str, str]) -> str:
    """Prefix of a set of files inside that of all data: another one for other content.

    Args:
        folder: name of the folder, for people.
        sums: a sum of each file's content, by its name.
    """
    lines = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    digest = hashlib.sha256(lines.encode()).hexdigest()[:_HASH]
    readable = _NOT_IN_KEYS.sub("-", folder.lower()).strip("-")[:_LONGEST_FOLDER] or "set"
    return f"{readable}-{digest}/"


def checksums(items: Sequence[Item]) -> bytes:
    """Lines as `sha256sum` writes them."""
    lines = (f"{hashlib.sha256(one.content).hexdigest()}  {one.name}\n" for one in items)
    return "".join(lines).encode()


def upload(
    store: ObjectStore, bucket: str, items: Iterable[Item | FileItem], tell: Tell
) -> Mapping[str, int]:
    """Put what is not there with the same content.

    Args:
        store: the bucket service.
        bucket: its name.
        items: in this order.
        tell: takes a line for each object that is put.

    Returns:
        How many were put and how many were there.
    """
    counts = {"put": 0, "there": 0}
    for item in items:
        if item.is_in(store, bucket):
            counts["there"] += 1
            continue
        tell(f"s3://{bucket}/{item.key}: {item.size_bytes / _MB:.2f} MB")
        item.put(store, bucket)
        counts["put"] += 1
    return counts


def _transaction_files(folder: Path) -> list[Path]:
    """Its files but hidden ones."""
    if not folder.is_dir():
        raise ConfigError(
            f"{folder} is no folder of this machine: TRANSACTIONS names one with transaction files"
        )
    files = sorted(one for one in folder.iterdir() if one.is_file() and one.name[0] != ".")
    if not files:
        raise ConfigError(f"{folder} holds no file: TRANSACTIONS names a folder with transactions")
    return files


def _dags(folder: Path, contract: Contract) -> Iterator[Item]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and _belongs_in_the_cloud(inside):
            yield Item(contract.prefixes["dags"] + inside.as_posix(), read_file(path))


def _belongs_in_the_cloud(path: Path) -> bool:
    """Whether Airflow there needs a file, named from the folder of the DAGs on."""
    if path.name == IGNORE_FILE:
        return True
    hidden = any(part.startswith((".", "__pycache__")) for part in path.parts)
    return path.suffix in _DAG_ENDINGS and not hidden and path.parts[0] not in _OF_THIS_MACHINE


def _built(sources: Sources, contract: Contract) -> Iterator[Item]:
    wheels = sorted(sources.built.glob("*.whl"))
    if len(wheels) != 1:
        raise ConfigError(
            f"{sources.built} holds {len(wheels)} wheels and must hold one: run `make wheel`"
        )
    for path in (wheels[0], sources.built / "packages.zip", sources.built / "main.py"):
        yield Item(contract.prefixes["code"] + path.name, read_file(path))


def _locks(sources: Sources, contract: Contract) -> Iterator[Item]:
    for name in LOCKS:
        path = sources.locks / f"{name}.txt"
        yield Item(contract.prefixes["code"] + path.name, read_file(path))
