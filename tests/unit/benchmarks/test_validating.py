import pytest

from benchmarks.traces import Window
from benchmarks.validating import profile_of, settings_of
from fraud_core.errors import ConfigError


def test_a_profile_sets_window_and_search():
    window, settings = settings_of("standard")
    assert window == Window(60, 180)
    assert settings.confirm_runs == 3


def test_an_unknown_profile_is_refused_with_the_known_ones():
    assert profile_of("quick") == "quick"
    with pytest.raises(ConfigError, match="--profile fast: known are smoke, quick, standard, full"):
        profile_of("fast")
