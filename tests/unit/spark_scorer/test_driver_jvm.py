import logging
import subprocess

import pytest
from py4j.protocol import Py4JNetworkError

from fraud_core.errors import SurroundingsError
from spark_scorer.driver_jvm import DriverJvm


def call_into_what_is_gone():
    """What py4j does then."""
    logging.error("Exception while sending command.")  # noqa: LOG015
    raise Py4JNetworkError("reset by peer")


def test_a_jvm_that_is_gone_is_one_error_without_the_tracebacks_that_py4j_logs(caplog):
    jvm = object.__new__(DriverJvm)  # without the Java that its constructor starts
    jvm.process = subprocess.Popen(["sleep", "60"])
    jvm.process.kill()
    with pytest.raises(SurroundingsError, match="gone, it ended with code -9"), jvm.required():
        call_into_what_is_gone()
    assert caplog.records == []
    logging.error("of ours")  # noqa: LOG015
    assert [record.message for record in caplog.records] == ["of ours"]
