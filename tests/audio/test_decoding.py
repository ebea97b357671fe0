"""Decoding as callers do it: in a child process that may be stopped, crash, hang or run out of disk."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from audapolis.audio.decoding import DecodeLimits, decode
from audapolis.audio.pcm import PcmAudio, PcmFile
from audapolis.audio.probe import probe
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.codec import from_json, to_json
from audapolis.errors import (
    Cancelled,
    InvalidOption,
    NotFound,
    StorageFull,
    TooLarge,
    UnsupportedMedia,
    WorkerCrashed,
)

from .making import encode, noise, talk, tone, write_sparse_wav, write_wav

HOURS = 20 * 3600.0


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes several seconds to decode."""
    return write_sparse_wav(tmp_path_factory.mktemp("long") / "endless.wav", HOURS)


def children() -> list[psutil.Process]:
    """The media readers we started; other tests keep servers and recognisers running."""
    alive = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if any("audio.child" in part for part in child.cmdline())]


def test_a_recording_is_probed_and_decoded(tmp_path: Path) -> None:
    sound = noise(3.0)
    path = encode(tmp_path / "a.mkv", [sound], codec="flac", video_rate="25")
    info = probe(path)
    assert info.audio_tracks[0].codec == "flac"
    assert info.video is not None
    assert info.video.frame_rate == "25"
    heard: list[tuple[float, float | None]] = []
    pcm = decode(path, tmp_path / "out.pcm", on_progress=lambda done, total: heard.append((done, total)))
    assert pcm == from_json(PcmFile, to_json(pcm))
    assert (pcm.path, pcm.frames) == (str(tmp_path / "out.pcm"), 48_000)
    assert heard
    np.testing.assert_allclose(PcmAudio(pcm).read(0, 3), sound, atol=2e-5)
    assert not children()


def test_a_pair_of_speakers_comes_back_separate(tmp_path: Path) -> None:
    pair = np.stack([talk(20, [(0, 8)]), talk(20, [(9, 18)], seed=1)], axis=1)
    pcm = decode(write_wav(tmp_path / "a.wav", pair), tmp_path / "out.pcm")
    assert (pcm.facts.channel_use, pcm.channels) == ("separate", 2)
    assert os.path.getsize(pcm.path) == pcm.frames * 4  # noqa: PTH202


def test_an_old_result_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out.pcm"
    out.write_bytes(bytes(1_000_000))
    decode(write_wav(tmp_path / "a.wav", tone(1.0)), out)
    assert out.stat().st_size == 32_000


def test_a_relative_path_means_the_callers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(Path("-a\n😀.wav"), tone(1.0))
    (tmp_path / "numpy.py").write_text("raise SystemExit")
    assert decode(Path("-a\n😀.wav"), Path("out.pcm")).frames == 16_000
    assert probe(Path("-a\n😀.wav")).container == "wav"


def test_a_name_that_is_not_unicode_is_read(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    write_wav(tmp_path / "a.wav", tone(1.0)).rename(path)
    assert decode(path, tmp_path / "out.pcm").frames == 16_000


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"track": 1}, InvalidOption),
        ({"limits": DecodeLimits(max_duration_s=0.5)}, TooLarge),
        ({"limits": DecodeLimits(min_duration_s=2)}, UnsupportedMedia),
    ],
)
def test_errors_cross_the_process_border_and_leave_no_file(
    tmp_path: Path, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        decode(write_wav(tmp_path / "a.wav", tone(1.0)), tmp_path / "out.pcm", **changes)  # type: ignore[arg-type]
    assert not (tmp_path / "out.pcm").exists()


def test_missing_files_are_refused_without_a_process(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        probe(tmp_path / "gone.wav")
    with pytest.raises(NotFound):
        decode(tmp_path / "gone.wav", tmp_path / "out.pcm")


def test_cancelling_stops_within_a_second(tmp_path: Path, endless: Path) -> None:
    cancel, began = CancelToken(), threading.Event()
    stopped = []

    def stop() -> None:
        began.wait(20)
        stopped.append(time.monotonic())
        cancel.cancel()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Cancelled):
        decode(endless, tmp_path / "out.pcm", on_progress=lambda _done, _total: began.set(), cancel=cancel)
    thread.join()
    assert time.monotonic() - stopped[0] < 1
    assert not (tmp_path / "out.pcm").exists()
    assert not children()


def test_a_listener_that_fails_ends_the_child(tmp_path: Path, endless: Path) -> None:
    def fail(_done: float, _total: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode(endless, tmp_path / "out.pcm", on_progress=fail)
    assert not children()
    assert not (tmp_path / "out.pcm").exists()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_of_the_media_library_costs_one_file(tmp_path: Path, endless: Path, number: signal.Signals) -> None:
    def crash(_done: float, _total: float | None) -> None:
        for child in children():
            child.send_signal(number)

    with pytest.raises(UnsupportedMedia, match=f"crashed the media library .{number.name}.") as caught:
        decode(endless, tmp_path / "out.pcm", on_progress=crash)
    assert caught.value.hint
    assert not (tmp_path / "out.pcm").exists()


def test_a_killed_child_is_no_fault_of_the_file(tmp_path: Path, endless: Path) -> None:
    def kill(_done: float, _total: float | None) -> None:
        for child in children():
            child.kill()

    with pytest.raises(WorkerCrashed, match="was killed"):
        decode(endless, tmp_path / "out.pcm", on_progress=kill)
    assert not (tmp_path / "out.pcm").exists()


def test_a_child_that_hangs_is_ended(tmp_path: Path, endless: Path) -> None:
    def freeze(_done: float, _total: float | None) -> None:
        for child in children():
            child.suspend()

    began = time.monotonic()
    with pytest.raises(UnsupportedMedia, match="made no progress for 3 s"):
        decode(endless, tmp_path / "out.pcm", on_progress=freeze, limits=DecodeLimits(stall_timeout_s=3))
    assert time.monotonic() - began < 15
    assert not children()


def test_a_child_that_takes_too_much_processor_time_is_ended(tmp_path: Path, endless: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="took far too long"):
        decode(endless, tmp_path / "out.pcm", limits=DecodeLimits(cpu_s=1))


def test_a_child_dies_with_its_parent(tmp_path: Path, endless: Path) -> None:
    code = f"""
        from pathlib import Path
        from audapolis.audio.decoding import decode
        out = Path({str(tmp_path / "out.pcm")!r})
        decode(Path({str(endless)!r}), out, on_progress=lambda done, total: print(done, flush=True))
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        parent.stdout.readline()
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
    gone, _alive = psutil.wait_procs([child], timeout=2)
    assert gone


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A disk with a megabyte left, as far as this process and its children can write."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, was[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, was)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_said_to_be_full_and_nothing_is_left(tmp_path: Path, endless: Path) -> None:
    with pytest.raises(StorageFull, match="disk is full"):
        decode(endless, tmp_path / "out.pcm")
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_not_removed(tmp_path: Path) -> None:
    with pytest.raises(StorageFull):
        decode(write_wav(tmp_path / "a.wav", tone(1.0)), Path("/dev/full"))
    assert Path("/dev/full").exists()


def test_importing_the_room_loads_no_libav() -> None:
    code = (
        "import sys, audapolis.audio.probe, audapolis.audio.decoding, audapolis.audio.pcm, audapolis.audio.sources;"
        "sys.exit(any(name.split('.')[0] == 'av' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_child_loads_little() -> None:
    def loaded(*modules: str) -> set[str]:
        code = f"import sys, {', '.join(modules)}; print(*{{name.split('.')[0] for name in sys.modules}})"
        told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        return set(told.split())

    to_decode = loaded("audapolis.audio.child", "audapolis.audio.media", "audapolis.audio.settling")
    assert {"av", "numpy"} <= to_decode
    assert "numpy" not in loaded("audapolis.audio.child", "audapolis.audio.media")
    assert not to_decode & {"pydantic", "fastapi", "onnxruntime", "sqlalchemy", "pocketsphinx", "ctranslate2"}


@pytest.mark.slow
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks = []

    def watch(_done: float, _total: float | None) -> None:
        peaks.extend(child.memory_info().rss for child in children())

    path = write_sparse_wav(tmp_path / "three_hours.wav", 3 * 3600, 4_000)
    pcm = decode(path, tmp_path / "out.pcm", on_progress=watch)
    assert pcm.duration_s == pytest.approx(3 * 3600, abs=0.01)
    assert max(peaks) < 150e6
    before = psutil.Process().memory_info().rss
    assert sum(len(window.samples) for window in PcmAudio(pcm).windows(60)) == pcm.frames
    assert psutil.Process().memory_info().rss - before < 20e6
