"""What every request passes: who it says it is for, where it comes from, and how much it may send."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.events import Emit, RequestServed
from ..errors import TooLarge
from .errors import from_error, problem

MAX_BODY_BYTES = 32 * 2**20
"""Largest body of a request that is not an upload."""

TRUSTED_ORIGINS = r"null|file://.*|app://.*|https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
"""Pages that may read answers: the desktop app (its pages come from files) and pages from this machine.

Being on the list gives nothing without the token; there are no cookies.
"""

UNMATCHED = "unmatched"
"""What the route is called of requests that no route answers."""

GONE = 499
"""The status told of requests whose client left before there was an answer; nobody ever sees it."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_DRAIN_BYTES = 64 * 2**20
_DRAIN_S = 5.0


class LocalHostsOnly:
    """Refuses requests whose Host header names a foreign site, while the server listens on loopback only.

    A web page can point its own host name at 127.0.0.1 (DNS rebinding) and would then be same-origin with this
    server. Addresses of loopback, `localhost`, and names without a dot, which no site can own, pass.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 421."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        if is_local_host(host):
            await self._app(scope, receive, send)
            return
        refusal = problem(
            Request(scope),
            421,
            "misdirected_request",
            "This server answers only requests made to this machine.",
            hint="Use http://127.0.0.1, or let the server listen on another address (AUDAPOLIS_SERVER__HOST).",
        )
        await refusal(scope, receive, send)


def is_local_host(host: str) -> bool:
    """Whether a Host header (name, maybe a port) can only mean this machine. An absent one can."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.strip("[]").lower()
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return "." not in name or name.endswith(".localhost")


class TellServed:
    """Tells of every request how it was answered: once, when the answer begins. Outermost, so that it hears of all.

    The time told is from the request's head to the answer's: with what an upload takes, and without the body of the
    answer, which for a stream of events goes on for hours.

    Args:
        emit: Told; must return at once.
    """

    def __init__(self, app: ASGIApp, emit: Emit) -> None:
        self._app = app
        self._emit = emit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, told = time.monotonic(), False

        def tell(status: int) -> None:
            nonlocal told
            if not told:
                told = True
                method = scope["method"] if scope["method"] in _METHODS else "other"
                wall_s = time.monotonic() - began
                self._emit(RequestServed(route=route_of(scope), method=method, status=status, wall_s=wall_s))

        async def send_and_tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                tell(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_and_tell)
        except Exception:
            tell(500)  # which is what the framework answers, outside of us
            raise
        finally:
            tell(GONE)


def route_of(scope: Scope) -> str:
    """The pattern of the route that answers a request, such as `/api/tasks/{task_id}`; never a path as it was sent."""
    if route := scope.get("route"):
        return str(route.path)
    endpoint = scope.get("endpoint")  # routes of the framework itself, such as that of the description
    known = scope["app"].routes if endpoint and "app" in scope else ()
    return next((route.path for route in known if getattr(route, "endpoint", None) is endpoint), UNMATCHED)


class BodyLimit:
    """Bounds what a request may send, and reads the rest of a body that was refused.

    Without the latter the connection would be reset while the client still writes, and the client would never
    see why.

    Args:
        uploads: Paths that take recordings and bound them by themselves.
    """

    def __init__(self, app: ASGIApp, uploads: frozenset[str]) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limited = scope["path"].rstrip("/") not in self._uploads
        body = _Body(receive, MAX_BODY_BYTES if limited else None)

        async def send_after_draining(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400 and not body.ended:
                MutableHeaders(scope=message)["connection"] = "close"
                await body.drain()
            await send(message)

        if limited and int(Headers(scope=scope).get("content-length", "0")) > MAX_BODY_BYTES:
            await from_error(Request(scope), _too_large())(scope, receive, send_after_draining)
            return
        await self._app(scope, body.receive, send_after_draining)


class _Body:
    """A request's body, counted as it is read."""

    def __init__(self, receive: Receive, limit_bytes: int | None) -> None:
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._taken_bytes = 0
        self.ended = False

    async def receive(self) -> Message:
        message = await self._take()
        if self._limit_bytes is not None and self._taken_bytes > self._limit_bytes:
            raise _too_large()
        return message

    async def drain(self) -> None:
        stop_bytes = self._taken_bytes + _DRAIN_BYTES
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while not self.ended and self._taken_bytes < stop_bytes:
                    await self._take()

    async def _take(self) -> Message:
        message = await self._receive()
        self._taken_bytes += len(message.get("body", b""))
        self.ended = self.ended or not message.get("more_body", False)
        return message


def _too_large() -> TooLarge:
    return TooLarge(f"The request's body is larger than {MAX_BODY_BYTES} bytes.")
