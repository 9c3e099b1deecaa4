"""One lock per place, and all of them agree with run.txt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
PLACES = ("bench", "faust", "mlflow")
ENGINES = {"pyspark", "xgboost", "xgboost-cpu", "apache-airflow", "scikit-learn", "onnxmltools"}
UNWANTED = {
    "bench": ENGINES | {"faust-streaming", "aiokafka", "mlflow"},
    "faust": ENGINES | {"mlflow", "mlflow-skinny", "matplotlib"},
    "mlflow": ENGINES - {"scikit-learn"} | {"faust-streaming", "confluent-kafka"},
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
