"""Sockets are opened, or it is said why not."""

import socket

import pytest
from audapolis.errors import Conflict, InvalidOption
from audapolis.terminal.serving import listen


def test_port_zero_takes_a_free_one() -> None:
    with listen("127.0.0.1", 0) as one, listen("127.0.0.1", 0) as two:
        assert one.getsockname()[1] != two.getsockname()[1]
        socket.create_connection(one.getsockname(), timeout=5).close()


def test_a_port_in_use_is_a_conflict() -> None:
    with listen("127.0.0.1", 0) as one, pytest.raises(Conflict, match="in use"):
        listen("127.0.0.1", one.getsockname()[1])


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("203.0.113.7", 0)])
def test_an_address_that_is_not_ours_is_bad_input(host: str, port: int) -> None:
    with pytest.raises(InvalidOption):
        listen(host, port)
