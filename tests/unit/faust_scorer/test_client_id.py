import platform
import re
from importlib.metadata import version

from faust_scorer.client_id import PACKAGES, client_id

_OF_KAFKA = re.compile(r"[a-zA-Z0-9._-]+")


def test_a_worker_tells_its_group_of_python_and_of_every_package():
    said = client_id().split("_")
    assert said[0] == f"python-{platform.python_version()}"
    assert said[1:] == [f"{name}-{version(name)}" for name in PACKAGES]


def test_it_is_a_name_that_metrics_of_a_broker_can_hold():
    assert _OF_KAFKA.fullmatch(client_id())
