import pytest

from faust_scorer.health import Health, HealthServer
from faust_scorer.progress import Look, PartitionProgress
from fraud_core.errors import ConfigError
from tests.health import ask


@pytest.fixture
def health():
    return Health(lambda: 100.0)


@pytest.fixture
def server(health):
    server = HealthServer(health, "127.0.0.1", 0)
    yield server
    server.close()


def test_a_worker_that_starts_is_alive_and_not_ready(server):
    assert ask(server.url, "/live") == (200, {"live": True})
    status, content = ask(server.url, "/ready")
    assert status == 503
    assert content["why"].startswith("starting")
    assert ask(server.url, "/partitions") == (200, {"partitions": {}})


def test_a_worker_that_scores_is_ready(server, health):
    health.look = Look(100.0, {3: PartitionProgress(7, 8, 2, 1234)})
    assert ask(server.url, "/ready") == (200, {"ready": True, "why": None})
    figures = {"offset": 7, "state": 8, "backlog": 2, "last_batch_ms": 1234}
    assert ask(server.url, "/partitions") == (200, {"partitions": {"3": figures}})


def test_an_unknown_path_names_the_known_ones(server):
    status, content = ask(server.url, "/metrics")
    assert status == 404
    assert content["paths"] == ["/live", "/ready", "/partitions"]


def test_a_port_that_is_taken_is_named(server, health):
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port} .*choose other"):
        HealthServer(health, "127.0.0.1", port)
