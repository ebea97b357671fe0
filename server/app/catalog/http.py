"""HTTP as the library needs it: nothing here outlasts a cancel by more than a moment, and no token leaves its host."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from ..domain.cancellation import CancelToken
from ..errors import Cancelled

T = TypeVar("T")

TIMEOUT_S = 30.0
"""Longest silence of a server that is waited for."""
BROKEN = (OSError, http.client.HTTPException)
"""What a broken connection looks like; `urllib.error.HTTPError`, an answer, is among them and has to be told apart."""
_LOOK_S = 0.1
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, as to a content network, without handing our token to other hosts or going unencrypted."""

    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if before.scheme == "https" and after.scheme != "https":
            raise urllib.error.URLError("the server redirects to an address without encryption")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and before.netloc != after.netloc:
            following.remove_header("Authorization")
        return following


def open_url(
    url: str, *, token: str | None, headers: dict[str, str] | None = None, timeout_s: float = TIMEOUT_S
) -> Any:
    """Send a GET and give the response, with redirects followed and proxies of the environment used.

    Args:
        url: Where to.
        token: Bearer token; sent only encrypted or to this machine.
        headers: Further request headers.
        timeout_s: Longest silence.

    Raises:
        urllib.error.HTTPError: An answer that is no success.
        OSError: No answer.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "audapolis", **(headers or {})})
    where = urlsplit(url)
    if token and (where.scheme == "https" or where.hostname in _LOOPBACK):
        request.add_header("Authorization", f"Bearer {token}")
    return urllib.request.build_opener(_Redirects).open(request, timeout=timeout_s)


class Interruptible(Generic[T]):
    """Work that blocks on the network, in a thread of its own, so that its caller can leave at once.

    Args:
        work: Gets this object; checks `stopped` between steps and changes nothing once it is set.
    """

    def __init__(self, work: Callable[[Interruptible[T]], T]) -> None:
        self.stopped = threading.Event()
        self._result: list[T] = []
        self._error: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)

    def result(self, cancel: CancelToken, meanwhile: Callable[[], None] = lambda: None) -> T:
        """Wait for the work.

        Args:
            cancel: Looked at ten times a second.
            meanwhile: Called as often, from this thread.

        Raises:
            Cancelled: `cancel` was set; the work is told to stop and left alone.
        """
        self._thread.start()
        try:
            while self._thread.is_alive():
                self._thread.join(_LOOK_S)
                cancel.check()
                meanwhile()
        finally:
            self.stopped.set()
        if self._error:
            raise self._error[0]
        return self._result[0]

    def _run(self, work: Callable[[Interruptible[T]], T]) -> None:
        try:
            self._result.append(work(self))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error.append(error)


def answers(url: str, *, within_s: float) -> bool:
    """Whether anything that speaks HTTP is there."""

    def ask(_work: Interruptible[bool]) -> bool:
        try:
            open_url(url, token=None, headers={"Range": "bytes=0-0"}, timeout_s=within_s).close()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code < 500
        except (*BROKEN, ValueError):
            return False
        return True

    asking = Interruptible(ask)
    try:
        return asking.result(_Deadline(within_s))
    except Cancelled:
        return False


class _Deadline(CancelToken):
    """Cancelled by the clock."""

    def __init__(self, after_s: float) -> None:
        super().__init__()
        self._end = time.monotonic() + after_s

    @property
    def cancelled(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._end
