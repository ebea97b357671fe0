"""JSON sent to a service and back: busy services are asked again, and nothing goes where it was not sent."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import EngineFailed, EngineUnavailable, InvalidOption

TIMEOUT_S = 60.0
"""Longest silence of a service."""
WAITS_S = (1.0, 4.0, 15.0, 60.0)
"""How long is waited before each further attempt, unless the service says how long."""
MAX_ANSWER_BYTES = 16 * 2**20
BUSY = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which it is worth asking again."""
_LONGEST_WAIT_S = 120.0
_BROKEN = (OSError, http.client.HTTPException)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Refused(Exception):
    """The service answered that it won't.

    Attributes:
        status: The HTTP status.
        said: What it says itself, one line; "" where it says nothing fit to be shown.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(status, said)
        self.status = status
        self.said = said


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Take a redirect for a refusal."""
        return


class JsonExchange:
    """Requests to one service. Remembers only whether it ever answered; one may serve all threads."""

    def __init__(
        self,
        url: str,
        *,
        secret: bool = False,
        timeout_s: float = TIMEOUT_S,
        waits_s: Sequence[float] = WAITS_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: Where the service is.
            secret: Something secret will be sent: only encrypted, or to this machine.
            timeout_s: Longest silence.
            waits_s: Pauses before further attempts.
            sleep: Waits.

        Raises:
            InvalidOption: It is no such address, or a secret would be sent unencrypted.
        """
        where = urlsplit(url)
        if where.scheme not in {"http", "https"} or not where.hostname:
            raise InvalidOption(f"'{url}' is not the address of a service.", hint="Give one as http://127.0.0.1:5000.")
        if secret and where.scheme != "https" and where.hostname not in _LOOPBACK:
            raise InvalidOption("The key would be sent unencrypted.", hint="Use an address that begins with https.")
        self.host = where.hostname
        self._url, self._timeout_s, self._waits_s, self._sleep = url.rstrip("/"), timeout_s, tuple(waits_s), sleep
        handlers: list[Any] = [_NoRedirects]
        if self.host in _LOOPBACK:
            handlers.append(urllib.request.ProxyHandler({}))  # a proxy would see what is meant for this machine
        self._opener = urllib.request.build_opener(*handlers)
        self._answered = False

    def request(self, path: str, body: Any = None) -> Any:
        """Send a GET, or a POST where there is a body, and give the answer.

        Raises:
            Refused: The service won't.
            EngineUnavailable: It can't be reached.
            EngineFailed: It answered with something that is not JSON.
        """
        for wait_s in self._waits_s:
            try:
                return self._send(path, body)
            except urllib.error.HTTPError as error:
                refused, asked_s = _refused(error), _retry_after_s(error)
                if refused.status not in BUSY:
                    raise refused from None
                self._sleep(wait_s if asked_s is None else min(_LONGEST_WAIT_S, asked_s))
            except _BROKEN as error:
                if not self._answered and _nobody_there(error):
                    raise self._unreachable(error) from None
                self._sleep(wait_s)
        try:
            return self._send(path, body)
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except _BROKEN as error:
            raise self._unreachable(error) from None

    def _send(self, path: str, body: Any) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "audapolis"}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self._url + path, data=data, headers=headers)
        with self._opener.open(request, timeout=self._timeout_s) as response:
            self._answered = True
            answer = response.read(MAX_ANSWER_BYTES + 1)
        if len(answer) > MAX_ANSWER_BYTES:
            raise EngineFailed(f"The answer of {self.host} is larger than {MAX_ANSWER_BYTES} bytes.")
        try:
            return json.loads(answer)
        except ValueError:
            raise EngineFailed(
                f"{self.host} answered with something that is not JSON.",
                hint="Is this the address of the service itself, not of a web page?",
            ) from None

    def _unreachable(self, error: Exception) -> EngineUnavailable:
        reason = getattr(error, "reason", error)
        return EngineUnavailable(
            f"{self.host} can't be reached: {getattr(reason, 'strerror', None) or reason}.",
            hint="Check the address, and that the service runs.",
        )


def _nobody_there(error: Exception) -> bool:
    """Whether the address is wrong, rather than the service in trouble."""
    return isinstance(getattr(error, "reason", error), (ConnectionRefusedError, socket.gaierror))


def _refused(error: urllib.error.HTTPError) -> Refused:
    """What the service says itself; a web page says nothing."""
    with error:
        try:
            answer = json.loads(error.read(65536))
        except (*_BROKEN, ValueError):
            answer = None
    said = answer.get("error") if isinstance(answer, dict) else None
    return Refused(error.code, " ".join(said.split())[:300] if isinstance(said, str) else "")


def _retry_after_s(error: urllib.error.HTTPError) -> float | None:
    value = (error.headers.get("Retry-After") or "").strip() if error.headers else ""
    return float(value) if value.isdigit() else None
