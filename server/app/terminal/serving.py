"""The command `serve`: what was typed, and the socket to listen on, with clear words when that is not possible."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from ..errors import Conflict, InvalidOption
from .arguments import Parser, whole_number


def add_serve(parser: Parser) -> None:
    """Make the parser understand the command `serve`."""
    add = parser.add_argument
    add("--host", metavar="H", help="address to listen on (default: 127.0.0.1, this machine only)")
    add("--port", type=whole_number(0), metavar="P", help="port to listen on (default: 8000; 0 takes a free one)")
    add("--data-dir", type=Path, metavar="D", help="where jobs and results are kept")
    add("--workers", type=whole_number(1), metavar="N", help="recordings transcribed at the same time")


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one.

    Raises:
        Conflict: Somebody else listens there.
        InvalidOption: There is no such address here, or we may not listen on it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError, OverflowError):
        raise InvalidOption(f"There is no address {host} here.", hint="Try --host 127.0.0.1.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {port} is in use already.", hint="Stop what uses it, or take another with --port."
            ) from None
        raise InvalidOption(
            f"Can't listen on {host}, port {port}: {(error.strerror or str(error)).lower()}.",
            hint="Choose another address or port with --host and --port.",
        ) from None
    return listener
