"""Webhooks over TLS: the certificate has to be for the name, although the line goes to an address."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from audapolis.export.webhooks.guard import Guard, endpoint_of
from audapolis.export.webhooks.sending import send

NAME = "hooks.example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for one name, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl here")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext subjectAltName=DNS:{NAME}"
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return made, key


@pytest.fixture
def asked(certificate: tuple[Path, Path]) -> Iterator[dict[str, Any]]:
    """A server with that certificate; keeps what it was asked for."""
    seen: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen["host"] = self.headers["Host"]
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _line, name, _context: seen.__setitem__("sni", name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    seen["port"] = server.server_address[1]
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


GUARD = Guard(["127.0.0.0/8"], resolve=lambda _host, _port: ["127.0.0.1"])


def test_name_and_certificate_belong_together(
    asked: dict[str, Any], certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert send(endpoint_of(f"https://{NAME}:{asked['port']}/x"), {}, b"{}", GUARD).status == 204
    assert (asked["sni"], asked["host"]) == (NAME, f"{NAME}:{asked['port']}")


def test_a_certificate_for_another_name_or_of_nobody_known_is_refused(
    asked: dict[str, Any], certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = send(endpoint_of(f"https://{NAME}:{asked['port']}/x"), {}, b"{}", GUARD)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    other = send(endpoint_of(f"https://other.example.org:{asked['port']}/x"), {}, b"{}", GUARD)
    for answer in (unknown, other):
        assert answer.status is None
        assert "CERTIFICATE_VERIFY_FAILED" in answer.said
    assert "host" not in asked
