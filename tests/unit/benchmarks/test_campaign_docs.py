from pathlib import Path

import pytest

from benchmarks.plan import Plan
from benchmarks.step_times import StepTimes

PAGE = Path("docs/campaigns.md").read_text()


@pytest.mark.parametrize("key", [*Plan.model_fields, *StepTimes.model_fields])
def test_every_key_of_a_plan_is_described(key):
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("path", sorted(Path("benchmarks/plans").glob("*.yaml")), ids=str)
def test_every_plan_is_described(path):
    assert f"`{path.name}`" in PAGE
