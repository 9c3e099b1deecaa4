"""Airflow imports this package: nothing of the project's others, and the SDK at its edge only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import fraud_cloud

FOLDER = Path(fraud_cloud.__path__[0])
OURS = {
    "fraud_core",
    "benchmarks",
    "producer",
    "model_export",
    "sandbox",
    "spark_scorer",
    "faust_scorer",
    "scripts",
}
SDK = {"grpc", "google", "yandex", "yandexcloud"}


def imported(path: Path) -> Iterator[str]:
    """First part of every module that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name.split(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).split(".")[0]


def test_no_file_imports_another_package_of_the_project():
    assert {path.name for path in FOLDER.glob("*.py") if OURS & set(imported(path))} == set()


def test_only_one_file_imports_the_sdk_and_only_the_commands_typer():
    users = {path.name for path in FOLDER.glob("*.py") if SDK & set(imported(path))}

    assert users == {"sdk.py"}
    assert [path.name for path in FOLDER.glob("*.py") if "typer" in set(imported(path))] == [
        "__main__.py"
    ]
