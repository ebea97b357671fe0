"""Samples of WAV files, as Python's own reader finds them."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from audapolis.errors import InvalidOption
from audapolis.export.avid.waves import open_wave


def make_wave(path: Path, *, channels: int = 2, width: int = 2, rate_hz: int = 44_100, frames: int = 1000) -> bytes:
    samples = np.random.default_rng(7).integers(0, 256, frames * channels * width, dtype=np.uint8).tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate_hz, frames, "NONE", ""))
        file.writeframes(samples)
    return samples


def with_chunks(path: Path, fmt: bytes, samples: bytes, *, magic: bytes = b"RIFF", size: int | None = None) -> None:
    chunks = b"bext" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    data = b"data" + struct.pack("<I", len(samples) if size is None else size) + samples
    path.write_bytes(magic + struct.pack("<I", len(chunks) + len(data) + 4) + b"WAVE" + chunks + data)


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_each_channel_has_its_own_samples(tmp_path: Path, width: int, channels: int) -> None:
    samples = make_wave(tmp_path / "x.wav", channels=channels, width=width)
    found = open_wave(tmp_path / "x.wav")
    assert (found.sample_rate_hz, found.channels, found.width, found.frames) == (44_100, channels, width, 1000)
    for index in range(channels):
        own = b"".join(samples[n : n + width] for n in range(index * width, len(samples), channels * width))
        assert b"".join(found.channel(index)) == own


@pytest.mark.parametrize(("magic", "size"), [(b"RIFF", None), (b"RF64", 0xFFFFFFFF)])
def test_broadcast_and_extensible_files_are_read(tmp_path: Path, magic: bytes, size: int | None) -> None:
    extensible = struct.pack("<HHIIHHHHI16s", 0xFFFE, 1, 48_000, 96_000, 2, 16, 22, 16, 4, b"\1\0" + bytes(14))
    with_chunks(tmp_path / "x.wav", extensible, b"abcdef", magic=magic, size=size)
    found = open_wave(tmp_path / "x.wav")
    assert (found.frames, b"".join(found.channel(0))) == (3, b"abcdef")


def test_a_file_that_shrank_meanwhile_is_silent_at_its_end(tmp_path: Path) -> None:
    make_wave(tmp_path / "x.wav", channels=1)
    found = open_wave(tmp_path / "x.wav")
    (tmp_path / "x.wav").write_bytes((tmp_path / "x.wav").read_bytes()[:-1000])
    assert len(b"".join(found.channel(0))) == 2000


@pytest.mark.parametrize(
    "fmt",
    [
        struct.pack("<HHIIHH", 3, 1, 48_000, 192_000, 4, 32),
        struct.pack("<HHIIHH", 1, 1, 8_000, 8_000, 1, 8),
        struct.pack("<HHIIHH", 0x55, 2, 44_100, 16_000, 1, 0),
    ],
    ids=["float", "8 bits", "mp3"],
)
def test_what_is_not_plain_pcm_is_refused_with_a_way_out(tmp_path: Path, fmt: bytes) -> None:
    with_chunks(tmp_path / "x.wav", fmt, bytes(8))
    with pytest.raises(InvalidOption, match=r"'x\.wav' can't be embedded.*media=link"):
        open_wave(tmp_path / "x.wav")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a wave file at all", b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mov").write_bytes(content)
    with pytest.raises(InvalidOption, match="only WAV files"):
        open_wave(tmp_path / "x.mov")
