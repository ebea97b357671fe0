"""One try at one webhook: connect to an address that was checked, post, read the status, follow nothing."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .guard import Endpoint, Guard, Refused
from .schedule import retry_after_s

TIMEOUT_S = 15.0
"""For all of it: a receiver that trickles its answer does not get more."""

_MOST_SAID_BYTES = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try.

    Attributes:
        status: HTTP status; None where there was no answer.
        said: The answer's beginning, or why there was none.
        asked_s: How long the receiver asks us to wait.
        refused: We may not send there.
    """

    status: int | None
    said: str
    took_s: float
    asked_s: float | None = None
    refused: bool = False

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more, ever."""
        return self.status == http.client.GONE


def send(
    endpoint: Endpoint, headers: Mapping[str, str], body: bytes, guard: Guard, *, timeout_s: float = TIMEOUT_S
) -> Answer:
    """Post a message once. Never raises: whatever happens is an answer."""
    began = time.monotonic()
    try:
        addresses = guard.addresses(endpoint)
        return _post(endpoint, addresses, headers, body, began + timeout_s)
    except Refused as error:
        return Answer(None, f"not sent: {error}", time.monotonic() - began, refused=True)
    except TimeoutError:
        return Answer(None, f"no answer within {timeout_s:g} s", time.monotonic() - began)
    except (OSError, http.client.HTTPException, ValueError) as error:
        took_s = time.monotonic() - began
        late = took_s >= timeout_s  # the deadline cut the line, which looks like the receiver's doing
        said = f"no answer within {timeout_s:g} s" if late else f"{type(error).__name__}: {error}"
        return Answer(None, said[:_MOST_SAID_BYTES], took_s)


def _post(
    endpoint: Endpoint, addresses: Sequence[str], headers: Mapping[str, str], body: bytes, until: float
) -> Answer:
    began = time.monotonic()
    line = _connected(endpoint, addresses, until)
    deadline = threading.Timer(max(0.0, until - time.monotonic()), _cut, (line,))
    deadline.daemon = True
    deadline.start()
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port)
    try:
        connection.sock = line
        connection.request("POST", endpoint.path, body, {"Host": endpoint.authority, "Connection": "close", **headers})
        response = connection.getresponse()
        if time.monotonic() >= until:  # the line was cut, and what had come by then is no answer
            raise TimeoutError
        said = ""
        with suppress(OSError, http.client.HTTPException):  # the status counts, the text is only for the log
            said = response.read(_MOST_SAID_BYTES).decode("utf-8", "replace")
        asked_s = retry_after_s(response.headers.get("Retry-After"), time.time())
        return Answer(response.status, said, time.monotonic() - began, asked_s)
    finally:
        deadline.cancel()
        connection.close()
        line.close()


def _connected(endpoint: Endpoint, addresses: Sequence[str], until: float) -> socket.socket:
    """A line to the first address that answers: to the very one that was checked, not to what the name means by now."""
    failure: OSError = TimeoutError()
    for address in addresses:
        left_s = until - time.monotonic()
        if left_s <= 0:
            break
        try:
            line = socket.create_connection((address, endpoint.port), timeout=left_s)
        except OSError as error:
            failure = error
            continue
        if endpoint.scheme == "http":
            return line
        try:
            return ssl.create_default_context().wrap_socket(line, server_hostname=endpoint.host)
        except BaseException:
            line.close()
            raise
    raise failure


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
