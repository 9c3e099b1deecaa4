from __future__ import annotations

import re

import pytest

from benchmarks.plan import Plan
from fraud_core.kafka import KafkaSettings
from sandbox.settings import SandboxSettings
from scripts import variables
from scripts.configuration import PAGE, allowed, page
from scripts.tasks import PROJECT

OURS = re.compile(r"\b(?:STREAMGAUGE|FRAUD|CLOUD|YC)_[A-Z0-9_]+\b")
PROGRAMS = (
    "fraud_core",
    "model_export",
    "producer",
    "faust_scorer",
    "spark_scorer",
    "benchmarks",
    "sandbox",
    "dags",
)


def test_the_page_of_settings_is_that_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "write it anew with `python -m scripts.configuration`"
    )


def test_every_setting_and_every_key_is_on_the_page():
    text = page()

    for model, before in ((KafkaSettings, "KAFKA_"), (SandboxSettings, "SANDBOX_")):
        for field in model.model_fields:
            assert f"| `{before}{field.upper()}` |" in text
    for field in (
        *Plan.model_fields,
        "limits.standing_lag_s",
        "search.drain_share",
        "prices.dated",
    ):
        assert f"| `{field}` |" in text


def test_no_path_of_this_machine_is_on_the_page():
    assert str(PROJECT) not in page()


def test_every_variable_of_ours_that_a_program_reads_is_told_of():
    read = {
        name
        for program in PROGRAMS
        for path in (PROJECT / program).rglob("*.py")
        for name in OURS.findall(path.read_text(encoding="utf-8"))
    }

    assert "STREAMGAUGE_BASELINES_PYTHON" in read
    assert {name for name in read - set(variables.INTERNAL) if f"`{name}`" not in page()} == set()


@pytest.mark.parametrize("variable", variables.MAKE, ids=lambda one: one.name)
def test_every_variable_of_make_is_read_by_the_makefile(variable):
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")

    assert f"$({variable.name})" in makefile


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 12}, "whole number, ≥ 1, ≤ 12"),
        ({"type": "number", "exclusiveMinimum": 0}, "number, > 0"),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, "number"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list, each `a`, `b`"),
        ({"type": "string", "format": "password"}, "text, never shown"),
        ({"$ref": "#/$defs/Limits"}, "below"),
    ],
)
def test_what_a_setting_takes_is_said_in_words(described, words):
    assert allowed(described) == words
