"""`server/run.py` as the desktop app starts it, with the real pipeline behind it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

RUN = Path(__file__).parents[1] / "server" / "run.py"


class DesktopApp:
    """Starts the server with pipes, and takes whatever comes in one piece for one line of JSON."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, str(RUN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "AUDAPOLIS_DATA_DIR": str(data_dir), **environment},
        )

    def hear(self, timeout_s: float = 60) -> Any:
        out = self._out
        if not select.select([out], [], [], timeout_s)[0]:
            raise AssertionError("the server said nothing")
        return json.loads(os.read(out.fileno(), 65536))

    def start(self) -> httpx.Client:
        port = self.hear()["port"]
        token = self.hear()["token"]
        return httpx.Client(
            base_url=f"http://localhost:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    def wait(self) -> tuple[int, str, str]:
        out, error = self.process.communicate(timeout=20)
        return self.process.returncode, out.decode(), error.decode()

    @property
    def _out(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., DesktopApp]]:
    with ExitStack() as stack:

        def open_app(**environment: str) -> DesktopApp:
            app = DesktopApp(tmp_path, **environment)
            stack.callback(end, app.process)
            return app

        yield open_app


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with process:  # closes the pipes and waits
        pass


def test_two_lines_come_apart_and_nothing_else(start: Callable[..., DesktopApp]) -> None:
    app = start()
    starting = app.hear()
    assert starting == {"msg": "server_starting", "port": starting["port"]}
    first = time.monotonic()
    started = app.hear()
    assert set(started) == {"msg", "token"}
    assert started["msg"] == "server_started"
    assert time.monotonic() - first >= 0.15
    answer = httpx.get(
        f"http://127.0.0.1:{starting['port']}/tasks/list/", headers={"Authorization": f"Bearer {started['token']}"}
    )
    assert answer.json() == []
    app.process.send_signal(signal.SIGTERM)
    code, out, _ = app.wait()
    assert (code, out) == (0, "")


def test_the_server_ends_with_the_app(start: Callable[..., DesktopApp]) -> None:
    app = start()
    app.start().close()
    assert app.process.stdin is not None
    app.process.stdin.close()
    assert app.process.wait(20) == 0


def test_a_wrong_setting_is_told_on_stderr(start: Callable[..., DesktopApp]) -> None:
    code, out, error = start(AUDAPOLIS_SERVER__PORT="99999").wait()
    assert (code, out) == (2, "")
    assert "AUDAPOLIS_SERVER__PORT" in error
    assert "Traceback" not in error


def test_data_in_use_is_told_on_stderr(start: Callable[..., DesktopApp]) -> None:
    start().start().close()
    code, _, error = start().wait()
    assert code == 2
    assert "data folder" in error
    assert "Traceback" not in error


@pytest.mark.slow
@pytest.mark.speech
def test_a_recording_becomes_paragraphs(start: Callable[..., DesktopApp], speech_dir: Path) -> None:
    recording = speech_dir / "asr" / "1688-142285-0000.flac"
    with start().start() as client:
        files = {"file": ("input.wav", recording.read_bytes()), "fileName": (None, "talk.wav")}
        asked = {"transcription_model": "pocketsphinx-en-us", "diarize": "true"}
        task = client.post("/tasks/start_transcription/", params=asked, files=files).json()
        states = [task["state"]]
        while states[-1] not in {"done", "failed", "canceled"}:
            time.sleep(0.1)
            task = client.get(f"/tasks/{task['uuid']}/").json()
            states.append(task["state"])
        assert states[-1] == "done", task["error"]
        items = [item for paragraph in task["content"] for item in paragraph["content"]]
        native = client.get(f"/api/tasks/{task['uuid']}").json()
        assert sum(item["length"] for item in items) == pytest.approx(native["duration_s"], abs=0.01)
        assert sum(item["type"] == "word" for item in items) >= 3
        assert all(paragraph["speaker"] for paragraph in task["content"])
        for each in client.get("/api/exports/formats").json()["formats"]:
            exported = client.get(f"/api/transcripts/{task['uuid']}/export", params={"format": each["id"]})
            assert exported.status_code == 200, exported.text
            assert len(exported.content) == int(exported.headers["content-length"]) > 0
        assert client.delete(f"/tasks/{task['uuid']}/").status_code == 200
