"""A model hub on this machine: a real HTTP server that speaks the hub's protocol, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TOKEN = "hf_secret-of-the-tests"


@dataclass
class HubServer:
    """What the server holds, how it misbehaves, and what it was asked.

    Attributes:
        repos: Files by repository.
        cuts: Bytes after which the next answers for a file break off.
        damaged: Files whose content is not what their checksum says.
        gated: Repositories that want conditions accepted.
        private: Repositories that want `TOKEN`.
        stall: Answer the first bytes of files, then nothing until the event is set.
        sent: Bytes of files sent, by name.
        busy: So many requests for files are answered 503.
        ranges: Whether parts of files can be asked for.
        redirect_to: Where files are really served.
        asked: Path and Authorization header of every request.
    """

    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    gated: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    busy: int = 0
    ranges: bool = True
    redirect_to: str = ""
    stall: threading.Event | None = None
    stalled: threading.Event = field(default_factory=threading.Event)
    sent: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def hold(self, repo: str, folder: Path) -> None:
        """Offer a folder's files."""
        self.repos[repo] = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def commit(self, repo: str) -> str:
        """The commit of a repository: changes with its files."""
        return hashlib.sha1(repr(sorted(self.repos[repo].items())).encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((path, self.headers.get("Authorization")))
        if self.hub.busy > 0 and "/resolve/" in path:
            self.hub.busy -= 1
            self._answer(503, b"")
        elif path.startswith("/api/models/"):
            self._listing("/".join(path.split("/")[3:5]))
        elif "/resolve/" in path:
            repo, _, rest = path.strip("/").partition("/resolve/")
            self._file(repo, rest.partition("/")[2])
        else:
            self._answer(200, b"the hub")

    def _refused(self, repo: str) -> bool:
        token = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if repo not in self.hub.repos or (repo in self.hub.private and not token):
            self._answer(401 if repo in self.hub.private else 404, b"", {"X-Error-Code": "RepoNotFound"})
            return True
        if repo in self.hub.gated:
            self._answer(403 if token else 401, b"", {"X-Error-Code": "GatedRepo"})
            return True
        return False

    def _listing(self, repo: str) -> None:
        if self._refused(repo):
            return
        siblings = []
        for name, content in self.hub.repos[repo].items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            one: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
            if name.endswith((".bin", ".onnx", ".safetensors")):
                one["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(one)
        body = {"id": repo, "sha": self.hub.commit(repo), "siblings": siblings}
        self._answer(200, json.dumps(body).encode())

    def _file(self, repo: str, name: str) -> None:
        if self._refused(repo):
            return
        if self.hub.redirect_to:
            self._answer(302, b"", {"Location": f"{self.hub.redirect_to}{self.path}"})
            return
        content = self.hub.repos[repo][name]
        if name in self.hub.damaged:
            content = bytes([content[0] ^ 255]) + content[1:]
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted and self.hub.ranges else 0
        if start >= len(content) > 0:
            self._answer(416, b"")
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if cuts := self.hub.cuts.get(name):
            body = body[: cuts.pop(0)]
        if self.hub.stall is not None:
            body, rest = body[:1000], body[1000:]
            self._send(name, body)
            self.hub.stalled.set()
            self.hub.stall.wait(60)
            body = rest
        self._send(name, body)
        self.close_connection = True

    def _send(self, name: str, body: bytes) -> None:
        """Count first: the client may be done before this thread goes on."""
        self.hub.sent[name] = self.hub.sent.get(name, 0) + len(body)
        self.wfile.write(body)
        self.wfile.flush()

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving_hub() -> Iterator[HubServer]:
    """Run a hub on a free port."""
    hub = HubServer()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        if hub.stall is not None:
            hub.stall.set()
        server.shutdown()
        thread.join()
        server.server_close()
