"""`upload`: the DAGs, what hosts and clusters install, and transactions, into the bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fraud_cloud.contract import Contract
from fraud_cloud.errors import ConfigError
from fraud_cloud.object_store import ObjectStore, read_file, read_url
from fraud_cloud.purge import Tell

AUTHORITY = "https://storage.yandexcloud.net/cloud-certs/CA.pem"
"""Certificate of the authority that signs Kafka's and PostgreSQL's (their documentation)."""

LOCKS = ("bench", "faust", "mlflow")
IGNORE_FILE = ".airflowignore"
"""Names folders that hold no DAGs; without it Airflow would import their files as DAGs."""

_OF_THIS_MACHINE = frozenset({"fraud_stream_local.py", "fraud_local"})
_DAG_ENDINGS = frozenset({".py", ".json"})
_MB = 1_000_000


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


def data_items(sources: Sources, contract: Contract) -> Iterator[Item]:
    """Transactions, one file at a time: all of them may not fit into memory."""
    if sources.transactions is None:
        return
    for path in sorted(sources.transactions.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            yield Item(contract.prefixes["data"] + path.name, read_file(path))


def checksums(items: Sequence[Item]) -> bytes:
    """Lines as `sha256sum` writes them."""
    lines = (f"{hashlib.sha256(one.content).hexdigest()}  {one.name}\n" for one in items)
    return "".join(lines).encode()


def upload(store: ObjectStore, bucket: str, items: Iterable[Item], tell: Tell) -> Mapping[str, int]:
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
        if store.has(bucket, item.key, item.content):
            counts["there"] += 1
            continue
        tell(f"s3://{bucket}/{item.key}: {len(item.content) / _MB:.2f} MB")
        store.put(bucket, item.key, item.content)
        counts["put"] += 1
    return counts


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
