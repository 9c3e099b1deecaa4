from __future__ import annotations

from typing import Any

import pytest

from fraud_cloud.form_field import problem
from fraud_yandex.form import COMPARISON_IN_CLOUD


@pytest.mark.parametrize(
    ("value", "schema", "said"),
    [
        ("x", {"type": "integer"}, "'x' is not of type integer"),
        (True, {"type": "integer"}, "True is not of type integer"),
        (1.5, {"type": ["null", "integer"]}, "1.5 is not of type null or integer"),
        ("fast", {"enum": ["smoke", "quick"]}, "'fast' is not one of ['smoke', 'quick']"),
        (0, {"minimum": 1}, "0 is less than 1"),
        (13, {"maximum": 12}, "13 is more than 12"),
        (0, {"exclusiveMinimum": 0}, "0 is not more than 0"),
        ("", {"minLength": 1}, "'' is shorter than 1"),
        ("a b", {"pattern": "^[a-z]+$"}, "'a b' does not look like ^[a-z]+$"),
        ([], {"minItems": 1}, "[] has less than 1 items"),
        ([1, 1], {"uniqueItems": True}, "[1, 1] names something twice"),
        ([1, "x"], {"items": {"type": "number"}}, "'x' is not of type number"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_the_reason(
    value: Any, schema: dict[str, Any], said: str
):
    assert problem(value, schema) == said


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (None, {"type": ["null", "string"], "pattern": "^x"}),
        ([1, 2.5], {"type": "array", "items": {"type": "number"}, "uniqueItems": True}),
        ("anything", {"format": "of a keyword that is not known here"}),
    ],
)
def test_a_value_that_fits_has_no_problem(value: Any, schema: dict[str, Any]):
    assert problem(value, schema) is None


def test_every_default_of_our_form_fits_its_field():
    wrong = {name: problem(field["default"], field) for name, field in COMPARISON_IN_CLOUD.items()}

    assert not any(wrong.values()), wrong
