import pytest

from fraud_core.errors import ConfigError
from producer.duration import parse_duration_s


@pytest.mark.parametrize(
    ("text", "duration_s"), [("60s", 60), ("5m", 300), ("1h", 3600), ("250ms", 0.25), ("1.5s", 1.5)]
)
def test_a_number_and_its_unit_are_seconds(text, duration_s):
    assert parse_duration_s(text, "--for") == pytest.approx(duration_s)


@pytest.mark.parametrize(
    "text",
    ["", "60", "60 s", "s", "-5s", "0s", "1e3s", "5S", "1h30m", "nans", "infs", "٣s", "5s\n"],
)
def test_anything_else_is_an_error_that_names_it_and_the_remedy(text):
    with pytest.raises(ConfigError, match=r"--for .* is no duration: .*60s") as raised:
        parse_duration_s(text, "--for")
    assert repr(text) in str(raised.value)
