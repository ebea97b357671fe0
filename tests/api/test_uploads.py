"""Uploads: whole or not at all, within limits, under any name."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.api.multipart import FormReader, clean_name
from audapolis.errors import InvalidInput, TooLarge
from hypothesis import given
from hypothesis import strategies as st

from .conftest import TOKEN, Served, problem, recording, submit

BOUNDARY = "frontier"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="talk.wav"\r\n'
    "Content-Type: audio/wav\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def request_head(length: int, path: str = "/api/tasks", token: str = TOKEN) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def media_files(served: Served) -> set[Path]:
    return set((served.settings.data_dir / "media").rglob("*"))


@pytest.mark.parametrize("path", ["/api/tasks", "/tasks/start_transcription/?transcription_model=pocketsphinx-en-us"])
def test_an_upload_cut_half_way_leaves_nothing_behind(served: Served, client: httpx.Client, path: str) -> None:
    total, media = client.get("/api/tasks").json()["total"], media_files(served)
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        line.sendall(request_head(10_000_000, path) + HEAD + b"\0" * 3_000_000)
        until(lambda: bool(served.uploads()) and served.uploads()[0].stat().st_size > 2_000_000)
    until(lambda: served.uploads() == [])
    assert client.get("/api/tasks").json()["total"] == total
    assert media_files(served) == media


def test_a_form_that_ends_before_its_last_boundary_is_refused(served: Served, client: httpx.Client) -> None:
    body = HEAD + recording()
    answer = client.post("/api/tasks", content=body, headers=form_header())
    assert "cut" in problem(answer, 400, "invalid_input")["detail"]
    assert served.uploads() == []


def form_header() -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{}", {"Content-Type": "application/json"}),
        (b"", {}),
        (b"x", {"Content-Type": "multipart/form-data"}),
        (b"no form at all", form_header()),
        (TAIL[2:], form_header()),
        (HEAD + b"a\r\n" + HEAD + b"b" + TAIL, form_header()),
        (b"--frontier\r\nContent-Type: text/plain\r\n\r\nx" + TAIL, form_header()),
    ],
    ids=["json", "nothing", "no boundary", "garbage", "no file", "two files", "nameless"],
)
def test_malformed_forms_are_refused(
    served: Served, client: httpx.Client, body: bytes, headers: dict[str, str]
) -> None:
    problem(client.post("/api/tasks", content=body, headers=headers), 400, "invalid_input")
    assert served.uploads() == []


def test_an_empty_file_is_refused(served: Served, client: httpx.Client) -> None:
    answer = client.post("/api/tasks", content=HEAD + TAIL, headers=form_header())
    problem(answer, 415, "unsupported_media")
    assert served.uploads() == []


NAMES = [
    ("my talk.wav", "my talk.wav"),
    ("two\nlines.wav", "two lines.wav"),
    ("emoji 🎙️👩‍🚀.wav", "emoji 🎙️👩‍🚀.wav"),
    ("שיחה עם דנה.wav", "שיחה עם דנה.wav"),
    ("x" * 200 + ".wav", "x" * 200 + ".wav"),
    ("x" * 400 + ".wav", "x" * 251 + ".wav"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\me\\talk.wav", "talk.wav"),
    ('say "hi".wav', 'say "hi".wav'),
    ("\u202egnp.exe", "gnp.exe"),
    ("..", "recording"),
]


@pytest.mark.parametrize(("given_name", "shown"), NAMES)
def test_any_name_is_taken_and_made_fit_to_be_shown(client: httpx.Client, given_name: str, shown: str) -> None:
    assert submit(client, given_name, chunks=1)["name"] == shown
    assert submit(client, "x", form={"name": given_name}, chunks=1)["name"] == shown


@given(st.text())
def test_clean_names_are_short_single_lines_without_folders(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= 255
    assert "/" not in name
    assert "\\" not in name
    assert name == clean_name(name)
    assert len(name.splitlines()) == 1
    assert name not in {".", ".."}


def test_an_upload_over_the_limit_is_refused_by_its_announced_size(serve_with: Callable[..., Served]) -> None:
    served = serve_with(max_upload_bytes=100_000)
    with served.client() as client:
        answer = client.post("/api/tasks", files={"file": ("big.wav", b"\0" * 20_000_000)})
    body = problem(answer, 413, "too_large")
    assert "100000" in body["detail"]
    assert "MAX_UPLOAD_BYTES" in body["hint"]
    assert not (served.settings.data_dir / "transfers").exists()


def test_an_upload_that_turns_out_too_large_is_refused_on_the_way(serve_with: Callable[..., Served]) -> None:
    served = serve_with(max_upload_bytes=100_000)

    def chunks() -> Iterator[bytes]:
        yield HEAD
        for _ in range(50):
            yield b"\0" * 10_000
        yield TAIL

    with served.client() as client:
        answer = client.post("/api/tasks", content=chunks(), headers=form_header())
    problem(answer, 413, "too_large")
    assert served.uploads() == []


def test_a_full_disk_is_said_before_the_upload_begins(serve_with: Callable[..., Served]) -> None:
    served = serve_with(min_free_bytes=2**60)
    with served.client() as client:
        answer = client.post("/api/tasks", files={"file": ("a.wav", recording())})
    assert "MIN_FREE_BYTES" in problem(answer, 507, "storage_full")["hint"]


def test_a_refused_client_that_is_still_sending_gets_its_answer(served: Served) -> None:
    with served.client("wrong") as client:
        answer = client.post("/api/tasks", files={"file": ("big.wav", b"\0" * 30_000_000)})
    problem(answer, 401, "unauthorized")
    assert served.uploads() == []


def test_a_slow_upload_keeps_nobody_waiting(served: Served, client: httpx.Client) -> None:
    content = recording()
    length = len(HEAD + content + TAIL)
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        line.sendall(request_head(length) + HEAD)
        for byte in content[:20]:
            line.sendall(bytes([byte]))
            began = time.monotonic()
            assert client.get("/health/live").status_code == 200
            assert time.monotonic() - began < 10
        line.sendall(content[20:] + TAIL)
        assert b" 201 " in line.recv(100)


def test_uploads_a_killed_server_left_are_swept_at_start(serve_with: Callable[..., Served], tmp_path: Path) -> None:
    (tmp_path / "transfers").mkdir()
    (tmp_path / "transfers" / "left").write_bytes(b"half")
    assert serve_with().uploads() == []


@given(st.binary(max_size=300), st.integers(1, 40))
def test_a_form_reads_the_same_however_it_is_cut_into_pieces(content: bytes, size: int) -> None:
    if BOUNDARY.encode() in content:
        return
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nyes ✓\r\n'.encode()
    body = field + HEAD + content + TAIL
    reader = FormReader(f"multipart/form-data; boundary={BOUNDARY}")
    found = b"".join(reader.feed(body[i : i + size]) for i in range(0, len(body), size))
    assert found == content
    assert reader.fields == {"note": "yes ✓"}
    assert (reader.file_name, reader.finished) == ("talk.wav", True)


def part(name: str, text: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()


@pytest.mark.parametrize(
    ("form", "named"), [(part("note", "x" * 100_000), "note"), (b"".join(part(f"n{i}", "") for i in range(99)), "64")]
)
def test_a_form_cannot_fill_the_memory(form: bytes, named: str) -> None:
    reader = FormReader(f"multipart/form-data; boundary={BOUNDARY}")
    with pytest.raises(TooLarge, match=named):
        reader.feed(form)


@pytest.mark.parametrize("header", ["", "text/plain", f"multipart/form-data; boundary={'x' * 500}"])
def test_what_is_no_form_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput):
        FormReader(header)


def test_uploads_are_not_held_in_memory(served: Served) -> None:
    import psutil

    process = psutil.Process()
    before = process.memory_info().rss
    peak = [before]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            peak[0] = max(peak[0], process.memory_info().rss)

    def body() -> Iterator[bytes]:
        yield HEAD
        for _ in range(200):
            yield b"\0" * 2**20
        yield TAIL

    watcher = threading.Thread(target=watch)
    watcher.start()
    with served.client() as client:
        answer: Any = client.post("/api/tasks", content=body(), headers=form_header())
    stop.set()
    watcher.join()
    with served.client() as client:
        client.delete(f"/api/tasks/{answer.json()['id']}")
    assert answer.status_code == 201
    assert peak[0] - before < 60 * 2**20
