import pytest

from fraud_core.errors import ConfigError
from model_export.registry_reference import Reference, parse_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("models:/fraud@champion", Reference("fraud", "champion", None)),
        ("models:/fraud/3", Reference("fraud", None, "3")),
    ],
)
def test_a_reference_is_an_alias_or_a_version(text, reference):
    assert parse_reference(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize("text", ["fraud", "models:/fraud", "models:/fraud/x", "runs:/a/model", ""])
def test_anything_else_is_an_error_that_shows_how_to_write_it(text):
    with pytest.raises(ConfigError, match="models:/fraud@champion"):
        parse_reference(text)
