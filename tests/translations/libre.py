"""A translation service on this machine: a real HTTP server that behaves like LibreTranslate, with faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WEB_PAGE = b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


@dataclass
class LibreTranslate:
    """How the service behaves, and what it was asked.

    Attributes:
        languages: Codes it knows; None where it has no such list.
        key: What it wants as `api_key`.
        most_texts: Batches over this are refused, as with `--batch-limit`.
        most_characters: Longer requests are refused, as with `--char-limit`.
        faults: Answers to give first: a status, `hang`, `drop`, `html` or `short`.
        retry_after: Header of the busy answers.
        redirect_to: Where requests are sent instead.
        asked: Bodies of the requests that were translated.
        requests: How many requests came to `/translate`.
    """

    languages: list[str] | None = field(default_factory=lambda: ["en", "de", "fr", "zt", "pt-BR"])
    key: str = ""
    most_texts: int = 10_000
    most_characters: int = 10**9
    faults: list[int | str] = field(default_factory=list)
    retry_after: str = ""
    redirect_to: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    url: str = ""
    let_go: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    service: LibreTranslate

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if self.path == "/languages" and self.service.languages is not None:
            self._answer(200, [{"code": code, "name": code, "targets": []} for code in self.service.languages])
        else:
            self._answer(404, WEB_PAGE)

    def do_POST(self) -> None:
        service = self.service
        service.requests += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if service.redirect_to:
            self.send_response(307)
            self.send_header("Location", service.redirect_to)
            self.end_headers()
        elif service.faults:
            self._fail(service.faults.pop(0))
        elif self.path != "/translate":
            self._answer(404, WEB_PAGE)
        else:
            self._translate(body)

    def _fail(self, fault: int | str) -> None:
        if fault == "hang":
            self.service.let_go.wait(20)
        elif fault == "html":
            self._answer(200, WEB_PAGE)
        elif fault == "short":
            self._answer(200, {"translatedText": ["only one"]})
        elif isinstance(fault, int):
            said = {429: "Slowdown: 10 per 1 minute", 500: "Cannot translate text: boom"}.get(fault)
            self._answer(fault, {"error": said} if said else WEB_PAGE)
        self.close_connection = True

    def _translate(self, body: dict[str, Any]) -> None:
        service, texts = self.service, body["q"]
        if service.key and body.get("api_key") != service.key:
            self._answer(403, {"error": "Invalid API key"})
        elif len(texts) > service.most_texts:
            told = f"Invalid request: request ({len(texts)}) exceeds text limit ({service.most_texts})"
            self._answer(400, {"error": told})
        elif sum(map(len, texts)) > service.most_characters:
            self._answer(400, {"error": f"Invalid request: request exceeds text limit ({service.most_characters})"})
        else:
            service.asked.append(body)
            self._answer(200, {"translatedText": [f"[{body['target']}] {text}" for text in texts]})

    def _answer(self, status: int, content: Any) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(content, bytes) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 429 and self.service.retry_after:
            self.send_header("Retry-After", self.service.retry_after)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def libre_translate(**behaviour: Any) -> Iterator[LibreTranslate]:
    """Run such a service on a free port of loopback."""
    service = LibreTranslate(**behaviour)
    handler = type("Handler", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        service.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
