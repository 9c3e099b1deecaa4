import numpy as np
import pytest

from benchmarks.drain import Curve, DrainRequest, parse_engines, summarize, time_at
from fraud_core.errors import ConfigError, MeasurementError


def test_engines_are_read_with_their_instances():
    assert parse_engines("faust, spark:2,plain") == [("faust", 1), ("spark", 2), ("plain", 1)]


@pytest.mark.parametrize("text", ["flink", "faust:x", "faust:0", "spark:13", ""])
def test_an_engine_that_is_none_is_an_error(text):
    with pytest.raises(ConfigError, match="--engines has"):
        parse_engines(text)


def test_the_rate_is_that_of_the_middle():
    curve = Curve(
        at_s=[0.0, 10.0, 12.0, 14.0, 20.0],
        outputs=[0.0, 0.0, 200.0, 800.0, 1000.0],
        cpu_s=[1.0, 5.0, 6.0, 8.0, 9.0],
        memory_bytes=1024**2,
    )
    found = summarize(("faust", 1), 1000, curve, started_s=0.0)
    assert found.rate_eps == 300
    assert found.cpu_s_per_million == pytest.approx(2 / 600 * 1e6, abs=0.1)
    assert found.cores == 1
    assert found.first_output_s == pytest.approx(10.01)
    assert found.total_s == 20


def test_a_drain_that_stops_half_way_is_no_measurement():
    curve = Curve(at_s=[0.0, 1.0], outputs=[0.0, 500.0], cpu_s=[0.0, 1.0])
    with pytest.raises(MeasurementError, match="500 of 1000"):
        summarize(("faust", 1), 1000, curve, started_s=0.0)


def test_a_level_is_reached_between_two_samples():
    found = time_at(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 10.0]), 5)
    assert found == 1.5


def test_a_request_keeps_what_was_asked(tmp_path):
    request = DrainRequest([("plain", 1)], 1000, tmp_path, [tmp_path], tmp_path)
    assert request.records == 1000
