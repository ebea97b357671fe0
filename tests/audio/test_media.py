"""Facts and refusals, read within this process from files made here."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from audapolis.audio.media import media_info
from audapolis.domain.recording import AudioTrack, VideoFacts
from audapolis.errors import NotFound, UnsupportedMedia

from .making import encode, tone, write_wav


def test_tracks_are_listed_with_their_facts(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", [tone(1.0), np.stack([tone(1.0)] * 2, axis=1)], codec="pcm_s16le")
    info = media_info(path)
    assert (info.container, info.video) == ("matroska", None)
    assert info.duration_s == pytest.approx(1.0, abs=0.1)
    assert [(track.index, track.channels) for track in info.audio_tracks] == [(0, 1), (1, 2)]
    assert info.audio_tracks[0] == AudioTrack(0, "pcm_s16le", 16_000, 1, "1 channels")


def test_a_format_has_one_name_whichever_decoder_reads_it(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", [tone(1.0)], codec="libmp3lame")
    assert [track.codec for track in media_info(path).audio_tracks] == ["mp3"]


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "50", "60000/1001", "15"])
@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.avi"])
def test_the_frame_rate_is_exact(tmp_path: Path, rate: str, name: str) -> None:
    path = encode(tmp_path / name, [tone(1.0)], codec="pcm_s16le", video_rate=rate)
    assert media_info(path).video == VideoFacts(rate, None, drop_frame=False, width=64, height=48)


@pytest.mark.parametrize(
    ("rate", "timecode", "drops"), [("30000/1001", "01:00:00;02", True), ("25", "10:20:30:12", False)]
)
@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
def test_the_start_timecode_is_kept(tmp_path: Path, rate: str, timecode: str, drops: bool, name: str) -> None:
    path = encode(tmp_path / name, [tone(1.0)], codec="pcm_s16le", video_rate=rate, metadata={"timecode": timecode})
    video = media_info(path).video
    assert video is not None
    assert (video.start_timecode, video.drop_frame) == (timecode, drops)


def test_metadata_that_is_no_timecode_is_not_taken_for_one(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "a.mkv", [tone(1.0)], codec="pcm_s16le", video_rate="25", metadata={"timecode": "about noon"}
    )
    video = media_info(path).video
    assert video is not None
    assert video.start_timecode is None


def test_a_picture_that_players_turn_is_turned(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mov", [tone(1.0)], codec="pcm_s16le", video_rate="25")
    data = path.read_bytes()
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    header = data.index(b"tkhd", data.index(b"tkhd"))
    place = data.index(upright, header)
    path.write_bytes(data[:place] + turned + data[place + 36 :])
    video = media_info(path).video
    assert video is not None
    assert (video.width, video.height) == (48, 64)


def test_a_cover_is_not_a_video(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", [tone(1.0)], codec="libmp3lame")
    path.write_bytes(_id3_cover() + path.read_bytes())
    info = media_info(path)
    assert info.video is None
    assert len(info.audio_tracks) == 1


def test_a_video_without_sound_has_no_tracks(tmp_path: Path) -> None:
    info = media_info(encode(tmp_path / "a.mp4", [], codec="", video_rate="25", seconds=1.0))
    assert info.audio_tracks == ()
    assert info.video is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"just text\n", "is text, not a recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "is a PNG picture"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n", "is a playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "is a list of files"),
        (b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00" + bytes(500), "without its index"),
        (bytes(range(256)) * 20, "not in a format we can read"),
    ],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a", "a.raw"])
def test_what_is_no_recording_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnsupportedMedia, match=message) as caught:
        media_info(path)
    assert caught.value.hint


def test_a_file_that_vanishes_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        media_info(tmp_path / "gone.wav")


def test_a_name_that_promises_pictures_does_not_hide_a_recording(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "scan%03d.png", tone(1.0))
    assert media_info(path).container == "wav"


def _id3_cover() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(bytes(8 * 25))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    body = b"\0image/png\0\x03\0" + png
    frame = b"APIC" + struct.pack(">I", len(body)) + b"\0\0" + body
    size = bytes((len(frame) >> shift) & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frame
