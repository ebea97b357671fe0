"""Every real file of the collection: containers, codecs, videos, and broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audapolis.audio.decoding import decode
from audapolis.audio.media import media_info
from audapolis.errors import UnsupportedMedia

from ..conftest import SPEECH_DIR
from .conftest import Decode

pytestmark = pytest.mark.speech


def items(*folders: str) -> list[Any]:
    manifest = SPEECH_DIR / "manifest.json"
    if not manifest.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no speech recordings at {SPEECH_DIR}"))]
    found = json.loads(manifest.read_text("utf-8"))["items"]
    return [pytest.param(item, id=item["file"]) for item in found if item["file"].split("/")[0] in folders]


@pytest.mark.parametrize("item", items("formats", "video", "stereo", "telephone", "nonspeech", "noisy"))
def test_every_format_is_read_in_full(speech_dir: Path, decode_here: Decode, item: dict[str, Any]) -> None:
    pcm, heard = decode_here(speech_dir / item["file"])
    expected_s = item["decoded_seconds"] + item.get("audio_offset", 0)
    assert pcm.duration_s == pytest.approx(expected_s, abs=0.07 if "audio_offset" in item else 0.002)
    assert pcm.damage == ""
    if "digital_silence" not in item["file"]:
        assert float(np.abs(heard).max()) > 1e-3
    if "video" not in item["file"]:
        facts = pcm.facts
        assert (facts.sample_rate_hz, facts.channels) == (item["sample_rate"], item["channels"])


@pytest.mark.parametrize("item", items("video"))
def test_every_video_states_its_facts(speech_dir: Path, item: dict[str, Any]) -> None:
    video = media_info(speech_dir / item["file"]).video
    assert video is not None
    assert video.frame_rate == item["fps"]
    assert video.start_timecode == item.get("timecode")
    assert video.drop_frame == (";" in item.get("timecode", ""))


@pytest.mark.parametrize("item", items("broken"))
def test_every_broken_file_gives_a_clear_error_or_what_is_there(
    speech_dir: Path, tmp_path: Path, item: dict[str, Any]
) -> None:
    path, out = speech_dir / item["file"], tmp_path / "out.pcm"
    if "decodes" in item["expect"]:
        assert decode(path, out).duration_s > 1.2
        return
    with pytest.raises(UnsupportedMedia) as caught:
        decode(path, out)
    assert path.name in caught.value.message
    assert caught.value.hint
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("stereo/fw_two_readers_2ch.wav", "separate"),
        ("stereo/panned_LS1998_LS2414.flac", "separate"),
        ("telephone/conv2_open_2ch_8k_ulaw.wav", "separate"),
        ("formats/vbr_stereo_441.mp3", "mix"),
        ("formats/surround51_centre.wav", "mix"),
        ("formats/right_only.flac", "right"),
        ("formats/antiphase.flac", "difference"),
    ],
)
def test_channels_are_used_as_they_are_meant(speech_dir: Path, decode_here: Decode, name: str, use: str) -> None:
    assert decode_here(speech_dir / name)[0].facts.channel_use == use


@pytest.mark.parametrize(
    ("name", "twin", "offset_s"),
    [
        *(
            (f"formats/{name}", "formats/rf64.wav", 0.0)
            for name in ("cbr.mp3", "aac.m4a", "opus.opus", "vorbis.ogg", "alac.caf", "mediarecorder_like.webm",
                         "s24_48k.wav", "mulaw_8k.wav", "antiphase.flac", "surround51_centre.wav")
        ),
        ("video/talk_25.mp4", "video/talk_2997df.mov", 0.0),
        ("video/talk_two_tracks.mkv", "video/talk_2997df.mov", 0.0),
        ("video/talk_vp9.webm", "video/talk_2997df.mov", 0.0),
        ("video/talk_audio_late.mp4", "video/talk.mxf", 1.5),
    ],
)  # fmt: skip
def test_words_are_where_they_are_in_the_twin(
    speech_dir: Path, decode_here: Decode, name: str, twin: str, offset_s: float
) -> None:
    heard, reference = decode_here(speech_dir / name)[1], decode_here(speech_dir / twin)[1]
    size = 1 << 18
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(reference, size)), size)
    assert int(np.argmax(np.abs(likeness))) == pytest.approx(offset_s * 16_000, abs=16)
