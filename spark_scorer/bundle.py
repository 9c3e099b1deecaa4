"""`python -m spark_scorer.bundle`: everything that `spark-submit` needs, as files for a bucket."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

import fraud_core
import spark_scorer
from fraud_core.artifact import (
    HISTORY_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    load_artifact,
    sha256_of,
)
from fraud_core.command import run_command, say, show

MAIN_FILE: Final = "main.py"
PACKAGES_FILE: Final = "packages.zip"
ARTIFACT_FILE: Final = "artifact.tar.gz"
CHECKSUMS_FILE: Final = "SHA256SUMS"

MAIN: Final = '''\
"""What spark-submit runs; everything else is in packages.zip."""

from spark_scorer.submitted import main

main()
'''

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Equal content gives equal files, whenever and wherever they are made."""
_READABLE: Final = 0o644

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def bundle(
    out: Annotated[Path, typer.Option(help="Folder for the files; those there are replaced.")],
    artifact: Annotated[
        Path | None,
        typer.Option(help="Folder with model.onnx, manifest.json, history; none: the code only."),
    ] = None,
) -> None:
    """Write main.py, packages.zip, artifact.tar.gz and SHA256SUMS, and print the last.

    Example: python -m spark_scorer.bundle --artifact .demo/artifact --out build/spark
    """
    if artifact is not None:
        load_artifact(artifact)
    out.mkdir(parents=True, exist_ok=True)
    (out / MAIN_FILE).write_text(MAIN)
    write_packages(out / PACKAGES_FILE)
    names = [MAIN_FILE, PACKAGES_FILE]
    if artifact is not None:
        write_artifact(out / ARTIFACT_FILE, artifact)
        names.append(ARTIFACT_FILE)
    sums = checksums(out, names)
    (out / CHECKSUMS_FILE).write_text(sums)
    show(sums.rstrip())
    archive = ARTIFACT_FILE if artifact else "ARTIFACT.tar.gz"
    say(
        f"submit with: spark-submit --py-files {PACKAGES_FILE} --archives {archive}#artifact "
        f"--files kafka.env,ca.pem {MAIN_FILE} --workers N --checkpoint URI"
    )


def write_packages(path: Path) -> None:
    """The source of the two packages that a cluster does not have."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_sources()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _READABLE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def _sources() -> Iterable[tuple[str, bytes]]:
    for package in (fraud_core, spark_scorer):
        folder = Path(package.__path__[0])
        for path in folder.rglob("*.py"):
            yield path.relative_to(folder.parent).as_posix(), path.read_bytes()


def write_artifact(path: Path, artifact: Path) -> None:
    """The files that a scorer reads, without a folder: Spark unpacks into one."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name in (MANIFEST_FILE, MODEL_FILE, HISTORY_FILE):
            content = (artifact / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), _READABLE
            archive.addfile(entry, io.BytesIO(content))


def checksums(folder: Path, names: Iterable[str]) -> str:
    """Lines as `sha256sum --check` reads them."""
    return "".join(f"{sha256_of(folder / name)}  {name}\n" for name in names)


if __name__ == "__main__":
    run_command(app)
