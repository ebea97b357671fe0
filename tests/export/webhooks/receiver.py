"""A real HTTP server that receives webhooks and misbehaves as told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers each request with the next of `answers`, then with 204.

    An answer is a status, `hang` (says nothing), `drip` (a header line now and then, for ever), `close` (breaks the
    line), or `redirect`; `retry` is 503 with `Retry-After: 120`.
    """

    answers: list[int | str] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    port: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook?x=1"


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {key.lower(): value for key, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            answer = receiver.answers.pop(0) if receiver.answers else 204
            if answer == "hang":
                receiver.over.wait(20)
            elif answer == "drip":
                self._drip()
            elif answer == "close":
                self.connection.close()
            else:
                self._answer(answer)

        def do_GET(self) -> None:
            receiver.received.append(Received(self.path, {}, b""))
            self._answer(200)

        def _answer(self, answer: int | str) -> None:
            status = {"redirect": 302, "retry": 503}.get(str(answer)) or int(answer)
            self.send_response(status)
            if answer == "redirect":
                self.send_header("Location", receiver.url.replace("hook", "elsewhere"))
            if answer == "retry":
                self.send_header("Retry-After", "120")
            self.send_header("Content-Length", "0" if status == 204 else "4")
            self.end_headers()
            if status != 204:
                self.wfile.write(b"said")

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not receiver.over.is_set():
                try:
                    self.wfile.write(b"X-Slow: 1\r\n")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
