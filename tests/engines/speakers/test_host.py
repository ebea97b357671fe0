"""The process that runs a diarizer's model."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.events import Event, ModelLoaded, ModelReleased
from audapolis.engines.sherpa.engine import SherpaDiarizer
from audapolis.engines.speakers.host import QUIET
from audapolis.errors import Cancelled, ModelMissing, StorageFull

from ..acoustic.voices import LOW
from ..listening import StopAfter, listen

PATIENCE_S = 60.0


@pytest.fixture
def diarizer(sherpa_model: Path) -> Iterator[SherpaDiarizer]:
    opened = SherpaDiarizer(sherpa_model, threads=1)
    yield opened
    opened.close()


def pid_of(diarizer: SherpaDiarizer) -> int | None:
    return diarizer._host.pid


def test_the_process_stays_warm_between_recordings_and_ends_with_close(diarizer: SherpaDiarizer) -> None:
    assert pid_of(diarizer) is None
    listen(diarizer, [(LOW, 2.0)])
    pid = pid_of(diarizer)
    assert pid is not None
    listen(diarizer, [(LOW, 2.0)])
    assert pid_of(diarizer) == pid
    diarizer.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.slow
def test_cancelling_ends_the_process_and_the_next_recording_gets_a_new_one(diarizer: SherpaDiarizer) -> None:
    with pytest.raises(Cancelled):
        listen(diarizer, [(LOW, 2.0)], cancel=StopAfter(3))
    assert pid_of(diarizer) is None
    result, _ = listen(diarizer, [(LOW, 2.0)])
    assert len(result.speakers) == 1


@pytest.mark.slow
def test_a_process_that_died_while_idle_is_replaced(diarizer: SherpaDiarizer) -> None:
    listen(diarizer, [(LOW, 2.0)])
    pid = pid_of(diarizer)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    psutil.Process(pid).wait(PATIENCE_S)
    result, _ = listen(diarizer, [(LOW, 2.0)])
    assert len(result.speakers) == 1


@pytest.mark.slow
def test_telemetry_and_the_hub_are_switched_off_before_anything_is_imported(diarizer: SherpaDiarizer) -> None:
    listen(diarizer, [(LOW, 2.0)])
    environment = psutil.Process(pid_of(diarizer)).environ()
    assert QUIET["PYANNOTE_METRICS_ENABLED"] == "0"
    assert QUIET.items() <= environment.items()


def test_no_room_for_the_sound_is_said_plainly(
    diarizer: SherpaDiarizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "unmounted"))
    with pytest.raises(StorageFull, match="unmounted"):
        diarizer.open(CancelToken())


ORPHAN = """
import sys
from pathlib import Path
from threading import Thread
import numpy as np
from audapolis.domain.audio import Window
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Span
from audapolis.engines.base import SpeakerCount
from audapolis.engines.sherpa.engine import SherpaDiarizer

diarizer = SherpaDiarizer(Path(sys.argv[1]), threads=1)
noise = np.random.default_rng(1).standard_normal(480_000).astype(np.float32) * 0.1
def listen(times):
    session = diarizer.open(CancelToken())
    for n in range(times):
        session.feed(Window(30.0 * n, noise))
    session.flush([Span(0.0, 30.0 * times)], SpeakerCount())
listen(1)
print(diarizer._host.pid, flush=True)
sys.stdin.readline()
listen(40)
"""


@pytest.mark.slow
def test_the_process_dies_with_its_parent_even_in_the_middle_of_a_recording(sherpa_model: Path) -> None:
    command = [sys.executable, "-c", ORPHAN, str(sherpa_model)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdin is not None
            assert parent.stdout is not None
            worker = psutil.Process(int(parent.stdout.readline()))
            idle_s = worker.cpu_times().user
            parent.stdin.write("go on\n")
            parent.stdin.flush()
            until(lambda: worker.cpu_times().user > idle_s + 0.5, "the recording was never taken up")
        finally:
            parent.kill()
    until(lambda: ended(worker), "the process outlived its parent")


def ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)


def test_loading_and_letting_go_of_the_model_are_told(sherpa_model: Path) -> None:
    told: list[Event] = []
    diarizer = SherpaDiarizer(sherpa_model, threads=1, tell=told.append)
    for _ in range(2):
        listen(diarizer, [(LOW, 2.0)])
    diarizer.close()
    diarizer.close()
    cold, warm, gone = told
    assert isinstance(cold, ModelLoaded)
    assert (cold.model, cold.device, cold.warm) == ("tiny-sherpa", "cpu", False)
    assert cold.wall_s > 0
    assert isinstance(warm, ModelLoaded)
    assert (warm.warm, warm.wall_s) == (True, 0.0)
    assert isinstance(gone, ModelReleased)
    assert (gone.model, gone.device) == ("tiny-sherpa", "cpu")
    assert gone.held_s > 0


def test_a_model_that_can_not_be_loaded_is_not_told(sherpa_model: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    (tmp_path / "empty").mkdir()
    diarizer = SherpaDiarizer(tmp_path / "empty", threads=1, tell=told.append)
    with pytest.raises(ModelMissing):
        listen(diarizer, [(LOW, 2.0)])
    diarizer.close()
    assert told == []
