"""What a measurement reads, on this worker: plan, model and transactions as in the bucket."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

from fraud_cloud.errors import ConfigError
from fraud_yandex.desk import Desk


def have_inputs(desk: Desk) -> Path:
    """Have all three.

    Returns:
        the folder of the transactions.

    Raises:
        ConfigError: one is missing, or the model is not the one that the run began with.
    """
    have_plan(desk)
    have_model(desk)
    return have_transactions(desk, desk.saved().transactions)


def have_plan(desk: Desk) -> None:
    """Have the plan of all cells."""
    desk.folder.mkdir(parents=True, exist_ok=True)
    desk.plan.write_bytes(desk.bucket.get(desk.names.plan))


def have_model(desk: Desk) -> None:
    """Have the run's copy of the model; its SHA-256 was written down when it was fetched.

    Raises:
        ConfigError: the copy is another one.
    """
    if desk.artifact.is_dir():
        return
    packed = desk.bucket.get(desk.names.artifact)
    expected = desk.bucket.get(desk.names.artifact_sums).decode().split()[0]
    found = hashlib.sha256(packed).hexdigest()
    if found != expected:
        raise ConfigError(
            f"{desk.names.artifact} has SHA-256 {found[:12]}, the run began with {expected[:12]}: "
            "start a new run"
        )
    unpack(packed, desk.artifact)


def unpack(packed: bytes, folder: Path) -> None:
    """Unpack an artifact into a folder, whole or not at all."""
    scratch = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        archive.extractall(scratch, filter="data")
    scratch.replace(folder)


def chosen_transactions(desk: Desk) -> str:
    """Prefix of what a new run reads: the set that is asked for, or the one uploaded last.

    Raises:
        ConfigError: nothing was uploaded.
    """
    contract, asked = desk.around.contract, desk.asked.transactions
    if asked.strip("/") != contract.prefixes["data"].strip("/"):
        return asked
    key = contract.keys["transactions_pointer"]
    found = desk.bucket.find(key)
    if found is None:
        raise ConfigError(
            f"the bucket has no {key}, which names the transactions: `make cloud-upload` puts both "
            "there; or give the prefix of a set, transactions=data/..."
        )
    return found.decode().strip()


def have_transactions(desk: Desk, prefix: str) -> Path:
    """Have the files below a prefix; those that are here unchanged are not brought again.

    Raises:
        ConfigError: there are none.
    """
    prefix = f"{prefix.strip('/')}/"
    folder = desk.worker.transactions / prefix.strip("/")
    with desk.worker.alone():
        brought = desk.bucket.bring(prefix, folder, replace=True)
    if not folder.is_dir():
        raise ConfigError(
            f"the bucket has nothing below {prefix}: `make cloud-upload` puts transactions there"
        )
    desk.say(f"transactions: {prefix}, {brought} files brought")
    return folder
