"""One lock per place, and all of them agree with run.txt."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = PROJECT / "requirements"
PLACES = ("bench", "faust", "mlflow")
ENGINES = {"pyspark", "xgboost", "xgboost-cpu", "apache-airflow", "scikit-learn", "onnxmltools"}
UNWANTED = {
    "bench": ENGINES | {"faust-streaming", "aiokafka", "mlflow"},
    "faust": ENGINES | {"mlflow", "mlflow-skinny", "matplotlib"},
    "mlflow": ENGINES - {"scikit-learn"} | {"faust-streaming", "confluent-kafka"},
}

# What runs at a place, and imports that it never reaches there.
TRAINING = {"sklearn", "xgboost", "onnx", "onnxmltools"}
IMPORTERS = {
    "bench": (
        ("fraud_core", "producer", "benchmarks", "model_export"),
        TRAINING | {"quixstreams"},
    ),
    "faust": (("fraud_core", "faust_scorer"), set[str]()),
}
OURS = {"fraud_core", "benchmarks", "producer", "model_export", "sandbox", "faust_scorer"}
DISTRIBUTIONS = {
    "confluent_kafka": "confluent-kafka",
    "yaml": "pyyaml",
    "pydantic_core": "pydantic-core",
    "mlflow": "mlflow-skinny",
    "faust": "faust-streaming",
    "mode": "mode-streaming",
}


def pins(name: str) -> set[tuple[str, str]]:
    """Package and version of every line; a package may have one for each of two Pythons."""
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    return set(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def names(place: str) -> set[str]:
    return {name for name, _ in pins(place)}


@pytest.mark.parametrize("place", PLACES)
def test_a_package_has_the_version_of_the_run_environment(place: str):
    run = names("run")

    assert len(names(place)) > 20
    assert {one for one in pins(place) if one[0] in run} <= pins("run")


def test_a_cluster_of_spark_3_5_has_the_versions_of_the_run_environment_where_it_can():
    """run.txt asks for Python 3.11 and PySpark 4, so it cannot be the constraint of this lock."""
    of_spark = {("pyspark", "3.5.7"), ("py4j", "0.10.9.7")}
    of_python_310 = {("numpy", "2.2.6"), ("onnxruntime", "1.23.2")}
    run = names("run")

    shared = {one for one in pins("spark35") if one[0] in run}

    assert len(shared) > 10
    assert shared - pins("run") == of_spark | of_python_310


@pytest.mark.parametrize("place", IMPORTERS)
def test_a_place_gets_every_package_that_its_programs_import(place: str):
    folders, elsewhere = IMPORTERS[place]

    wanted = {DISTRIBUTIONS.get(one, one) for one in imported(folders) - elsewhere}

    assert len(wanted) > 5
    assert wanted - names(place) == set()


def imported(folders: Sequence[str]) -> set[str]:
    """Packages of others that the sources import, inside of functions too."""
    found = set()
    for path in (path for folder in folders for path in (PROJECT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {one.name.split(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(str(node.module).split(".")[0])
    return found - sys.stdlib_module_names - OURS


@pytest.mark.parametrize("place", PLACES)
def test_a_place_gets_nothing_that_it_does_not_run(place: str):
    assert names(place) & UNWANTED[place] == set()


@pytest.mark.parametrize("place", PLACES)
def test_every_package_has_a_hash_and_no_index_is_named(place: str):
    text = (REQUIREMENTS / f"{place}.txt").read_text()

    assert "--index" not in text
    assert "://" not in text
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
