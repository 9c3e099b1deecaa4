import os
import socket

import pytest

from fraud_core.errors import EXIT_SURROUNDINGS
from sandbox.ports import PortInUseError, is_answered, is_free, require_free


def test_a_port_with_a_listener_is_not_free_and_the_error_says_what_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert is_answered(port)
        with pytest.raises(PortInUseError) as caught:
            require_free(port, "broker", "set OTHER_PORT, or use {host}:{port}")
    message = str(caught.value)
    assert f"port {port} (broker) is in use by pid {os.getpid()}" in message
    assert f"set OTHER_PORT, or use 127.0.0.1:{port}" in message
    assert caught.value.exit_code == EXIT_SURROUNDINGS


def test_a_port_is_free_again_when_its_listener_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            # The server closes first, so that the connection lingers on this port.
            accepted.close()
            assert client.recv(1) == b""
    assert is_free(port)
    assert not is_answered(port)
