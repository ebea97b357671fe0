from __future__ import annotations

import os

import pytest
from audapolis.audio.signature import is_interrupted_mp4, looks_like, wav_is_cut


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04....", "a ZIP archive or office document"),
        (b"#EXTM3U\n#EXT", "a playlist"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a WebP picture"),
        ("Grüße aus Köln\r\n\tund so fort".encode(), "text"),
        ("会議".encode()[:-1], "text"),
        (b"\x00\x01\x02", None),
        (b"abc\xff\xfe and more text", None),
    ],
)
def test_files_are_named_for_what_they_look_like(head: bytes, expected: str | None) -> None:
    assert looks_like(head) == expected


def test_random_bytes_look_like_nothing() -> None:
    assert looks_like(b"\x01" + os.urandom(500)) is None


def test_an_mp4_begins_with_its_type() -> None:
    assert is_interrupted_mp4(b"\x00\x00\x00\x1cftypM4A ")
    assert not is_interrupted_mp4(b"RIFF....WAVE")


@pytest.mark.parametrize(
    ("promised", "size", "cut"),
    [(992, 1000, False), (992, 999, False), (992, 700, True), (0, 700, False), (0xFFFFFFFF, 700, False)],
)
def test_a_wav_that_promises_more_than_it_has_is_cut(promised: int, size: int, cut: bool) -> None:
    assert wav_is_cut(b"RIFF" + promised.to_bytes(4, "little") + b"WAVEfmt ", size) is cut
    assert not wav_is_cut(b"OggS" + promised.to_bytes(4, "little") + b"WAVEfmt ", size)
