"""Decoding within this process, of files made here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from audapolis.errors import InvalidOption, TooLarge, UnsupportedMedia

from .conftest import Decode
from .making import encode, noise, talk, tone, write_sparse_wav, write_wav


def level(samples: np.ndarray, start_s: float, end_s: float) -> float:
    part = samples[round(start_s * 16_000) : round(end_s * 16_000)]
    return float(np.sqrt(np.mean(part.astype(np.float64) ** 2)))


def offset_of(samples: np.ndarray, reference: np.ndarray) -> int:
    """By how many samples the reference is delayed."""
    size = 1 << (len(samples) + len(reference)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(reference, size)), size)
    best = int(np.argmax(np.abs(likeness)))
    return best if best < size // 2 else best - size


def test_sixteen_bit_sound_at_our_rate_passes_unchanged(tmp_path: Path, decode_here: Decode) -> None:
    sound = noise(3.3)
    pcm, heard = decode_here(write_wav(tmp_path / "a.wav", sound))
    np.testing.assert_array_equal(heard, np.rint(sound * 32768) / 32768)
    assert (pcm.facts.channel_use, pcm.channels, pcm.gain, pcm.damage) == ("mono", 1, 1.0, "")


@pytest.mark.parametrize("rate", [2_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_other_rates_keep_time_and_level(tmp_path: Path, decode_here: Decode, rate: int) -> None:
    sound = tone(2.0, rate, frequency=300, level=0.5)
    pcm, heard = decode_here(write_wav(tmp_path / "a.wav", sound, rate))
    assert pcm.frames == pytest.approx(32_000, abs=16)
    np.testing.assert_allclose(heard[500:31_000], tone(2.0, 16_000, 300, 0.5)[500:31_000], atol=0.01)


@pytest.mark.parametrize(("width", "noise_floor"), [(1, 0.01), (2, 4e-5), (3, 4e-5), (4, 4e-5)])
def test_all_sample_sizes_are_read(tmp_path: Path, decode_here: Decode, width: int, noise_floor: float) -> None:
    sound = tone(0.5)
    _, heard = decode_here(write_wav(tmp_path / "a.wav", sound, width=width))
    np.testing.assert_allclose(heard, sound, atol=noise_floor)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.flac", "flac", 16_000),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.m4a", "aac", 48_000),
        ("a.opus", "libopus", 48_000),
        ("a.mka", "libopus", 48_000),
        ("a.webm", "libopus", 48_000),
        ("a.mov", "pcm_s24le", 48_000),
        ("a.aiff", "pcm_s16be", 22_050),
        ("a.w64", "pcm_s16le", 16_000),
        ("a.mp4", "alac", 44_100),
        ("a.wav", "pcm_mulaw", 8_000),
        ("a.wav", "pcm_f32le", 16_000),
    ],
)
def test_sound_in_any_container_keeps_its_place(
    tmp_path: Path, decode_here: Decode, name: str, codec: str, rate: int
) -> None:
    sound = talk(3.0, [(0.5, 1.4), (2.0, 2.6)])
    at_rate = np.interp(np.arange(3 * rate) / rate, np.arange(len(sound)) / 16_000, sound).astype(np.float32)
    pcm, heard = decode_here(encode(tmp_path / name, [at_rate], codec=codec, rate=rate))
    assert pcm.duration_s == pytest.approx(3.0, abs=0.08)
    assert abs(offset_of(heard, sound)) <= 16
    assert not pcm.damage


def test_the_name_does_not_matter(tmp_path: Path, decode_here: Decode) -> None:
    path = encode(tmp_path / "a.flac", [tone(1.0)], codec="flac")
    for name in ("-o.mp3", "no extension", "a:b|c.wav", "new\nline 😀.txt", "שלום.m3u8", "%03d.png", "y" * 200):
        shutil.copyfile(path, tmp_path / name)
        assert decode_here(tmp_path / name)[0].frames == 16_000


def test_sound_that_starts_after_the_picture_has_silence_before_it(tmp_path: Path, decode_here: Decode) -> None:
    sound = talk(2.0, [(0, 2)])
    path = encode(
        tmp_path / "late.mkv", [sound], codec="pcm_s16le", starts_s=[1.25], video_rate="25", container_format="matroska"
    )
    pcm, heard = decode_here(path)
    assert pcm.facts.start_s == pytest.approx(1.25, abs=0.002)
    assert pcm.duration_s == pytest.approx(3.25, abs=0.002)
    assert not heard[:19_900].any()
    assert abs(offset_of(heard, sound) - 20_000) <= 16


def test_the_earliest_track_is_time_zero_whichever_is_chosen(tmp_path: Path, decode_here: Decode) -> None:
    path = encode(tmp_path / "two.mka", [tone(3.0), tone(1.0)], codec="pcm_s16le", starts_s=[0.0, 1.5])
    assert decode_here(path, track=1)[0].facts.start_s == pytest.approx(1.5, abs=0.002)
    assert decode_here(path, track=0)[0].facts.start_s == 0


def test_sound_alone_starts_at_once_whatever_its_timestamps(tmp_path: Path, decode_here: Decode) -> None:
    pcm, _ = decode_here(encode(tmp_path / "a.mka", [tone(1.0)], codec="pcm_s16le", starts_s=[7.0]))
    assert (pcm.facts.start_s, pcm.frames) == (0, 16_000)


def test_gaps_in_the_timestamps_are_silence(tmp_path: Path, decode_here: Decode) -> None:
    sound = tone(6.0)
    path = encode(tmp_path / "gap.mka", [sound], codec="pcm_s16le", holes=[(2.0, 4.5)])
    pcm, heard = decode_here(path)
    assert pcm.duration_s == pytest.approx(6.0, abs=0.002)
    assert level(heard, 0.1, 1.9) > 0.3
    assert level(heard, 2.2, 4.4) == 0
    assert level(heard, 4.7, 5.9) > 0.3


def test_the_wanted_track_is_decoded(tmp_path: Path, decode_here: Decode) -> None:
    path = encode(tmp_path / "two.mka", [tone(1.0, level=0.1), tone(2.0, level=0.4)], codec="pcm_s16le")
    first, second = decode_here(path, track=0), decode_here(path, track=1)
    assert (first[0].facts.track, first[0].facts.tracks, first[0].frames) == (0, 2, 16_000)
    assert (second[0].facts.track, second[0].frames) == (1, 32_000)
    assert level(second[1], 0.1, 0.9) == pytest.approx(4 * level(first[1], 0.1, 0.9), rel=0.01)
    assert decode_here(path)[0].facts.track == 0
    for track in (2, -1):
        with pytest.raises(InvalidOption, match="no audio track") as caught:
            decode_here(path, track=track)
        assert caught.value.data == {"tracks": 2}


def test_separate_speakers_stay_on_their_channels(tmp_path: Path, decode_here: Decode) -> None:
    left, right = talk(20, [(0, 8), (14, 17)], 0.05), talk(20, [(8.5, 13)], 0.05, seed=1)
    path = write_wav(tmp_path / "a.wav", np.stack([left, right], axis=1))
    pcm, heard = decode_here(path)
    assert (pcm.facts.channel_use, pcm.channels, pcm.frames) == ("separate", 2, 320_000)
    np.testing.assert_allclose(heard, left, atol=2e-5)
    pcm, heard = decode_here(path, split_channels="never")
    assert (pcm.facts.channel_use, pcm.channels) == ("mix", 1)
    np.testing.assert_allclose(heard, (left + right) / 2, atol=4e-5)


def test_a_mixed_pair_can_be_kept_apart_on_demand(tmp_path: Path, decode_here: Decode) -> None:
    path = write_wav(tmp_path / "a.wav", np.stack([tone(1.0)] * 2, axis=1))
    assert decode_here(path)[0].facts.channel_use == "mix"
    pcm, _ = decode_here(path, split_channels="always")
    assert (pcm.facts.channel_use, pcm.channels) == ("separate", 2)


def test_an_antiphase_pair_is_heard(tmp_path: Path, decode_here: Decode) -> None:
    sound = tone(1.0)
    pcm, heard = decode_here(write_wav(tmp_path / "a.wav", np.stack([sound, -sound], axis=1)))
    assert pcm.facts.channel_use == "difference"
    np.testing.assert_allclose(heard, sound, atol=4e-5)


@pytest.mark.parametrize("channels", [3, 6, 12, 40, 64])
def test_a_voice_on_any_of_many_channels_is_heard(tmp_path: Path, decode_here: Decode, channels: int) -> None:
    for place in {0, 3 % channels, channels - 1}:
        sound = np.zeros((8_000, channels), dtype=np.float32)
        sound[:, place] = tone(0.5, level=0.9)
        pcm, heard = decode_here(write_wav(tmp_path / "a.wav", sound))
        assert (pcm.facts.channels, pcm.facts.channel_use, pcm.channels) == (channels, "mix", 1)
        assert level(heard, 0.1, 0.4) == pytest.approx(0.9 / channels * 0.707, rel=0.05)


def test_many_channels_can_be_kept_apart(tmp_path: Path, decode_here: Decode) -> None:
    sound = np.stack([tone(0.5, level=0.1 * (n + 1)) for n in range(9)], axis=1)
    pcm, heard = decode_here(write_wav(tmp_path / "a.wav", sound), split_channels="always")
    assert (pcm.facts.channel_use, pcm.channels, pcm.frames) == ("separate", 9, 8_000)
    np.testing.assert_allclose(heard, sound[:, 0], atol=4e-5)


def test_full_scale_sound_on_all_channels_does_not_wrap(tmp_path: Path, decode_here: Decode) -> None:
    sound = np.stack([tone(0.5, level=1.0)] * 6, axis=1)
    _, heard = decode_here(write_wav(tmp_path / "a.wav", sound))
    np.testing.assert_allclose(heard, sound[:, 0], atol=1e-3)


def test_float_sound_above_full_scale_is_turned_down(tmp_path: Path, decode_here: Decode) -> None:
    pcm, heard = decode_here(encode(tmp_path / "a.wav", [tone(1.0, level=5.0)], codec="pcm_f32le"))
    np.testing.assert_allclose(heard, tone(1.0, level=0.9), atol=1e-3)
    assert pcm.gain == 1.0


def test_single_peaks_above_full_scale_are_clipped_and_the_rest_kept(tmp_path: Path, decode_here: Decode) -> None:
    sound = tone(2.0, level=0.5)
    sound[[100, 200]] = 3.0, -3.0
    _, heard = decode_here(encode(tmp_path / "a.wav", [sound], codec="pcm_f32le"))
    assert heard[100] == pytest.approx(1.0, abs=1e-4)
    assert heard[200] == -1.0
    np.testing.assert_allclose(heard[300:], sound[300:], atol=2e-5)


def test_a_whisper_in_more_than_16_bits_keeps_its_precision(tmp_path: Path, decode_here: Decode) -> None:
    sound = tone(1.0, level=1e-4)
    pcm, heard = decode_here(write_wav(tmp_path / "a.wav", sound, width=3))
    assert pcm.gain == pytest.approx(9_000, rel=0.01)
    np.testing.assert_allclose(heard, sound, atol=1.5e-7)  # int16 alone would be off by up to 1.5e-5


def test_silence_is_a_recording_too(tmp_path: Path, decode_here: Decode) -> None:
    pcm, heard = decode_here(write_wav(tmp_path / "a.wav", np.zeros(16_000, dtype=np.float32), width=3))
    assert (pcm.gain, len(heard), heard.any()) == (1.0, 16_000, False)


def test_a_truncated_file_gives_what_could_be_read(tmp_path: Path, decode_here: Decode) -> None:
    for name, codec in (("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mka", "pcm_s16le")):
        path = encode(tmp_path / name, [noise(10.0)], codec=codec)
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size * 2 // 3)
        pcm, _ = decode_here(path)
        assert 5.5 < pcm.duration_s < 6.8
        assert pcm.damage


def test_damaged_places_are_passed_over_and_keep_their_time(tmp_path: Path, decode_here: Decode) -> None:
    sound = noise(10.0, 48_000)
    path = encode(tmp_path / "a.ts", [sound], codec="mp2", rate=48_000)
    data = bytearray(path.read_bytes())
    for place in range(40_000, len(data) - 20_000, 40_000):
        data[place : place + 8_000] = bytes(8_000)
    path.write_bytes(data)
    pcm, heard = decode_here(path)
    assert pcm.duration_s == pytest.approx(10.0, abs=0.2)
    end = np.interp(np.arange(8.5 * 16_000, 10 * 16_000) * 3, np.arange(len(sound)), sound)
    assert abs(offset_of(heard[round(8.5 * 16_000) :], end)) <= 1_600


def test_a_file_of_headers_only_has_no_sound(tmp_path: Path, decode_here: Decode) -> None:
    with pytest.raises(UnsupportedMedia, match="holds no sound"):
        decode_here(write_wav(tmp_path / "a.wav", np.zeros(0, dtype=np.float32)))


def test_a_file_of_pictures_only_has_no_audio_track(tmp_path: Path, decode_here: Decode) -> None:
    path = encode(tmp_path / "a.mp4", [], codec="", video_rate="25", seconds=1.0)
    with pytest.raises(UnsupportedMedia, match="no audio track, only pictures"):
        decode_here(path)


def test_length_is_limited_both_ways(tmp_path: Path, decode_here: Decode) -> None:
    path = write_wav(tmp_path / "a.wav", tone(0.04))
    with pytest.raises(UnsupportedMedia, match=r"only 0\.040 s of sound; at least 0\.05 s"):
        decode_here(path)
    assert decode_here(write_wav(path, tone(0.05)))[0].frames == 800
    with pytest.raises(TooLarge, match=r"is 2:00:00 long; at most 1:00:00"):
        decode_here(write_sparse_wav(tmp_path / "long.wav", 7200))


def test_a_long_file_that_hides_its_length_is_stopped_when_it_is_too_long(tmp_path: Path, decode_here: Decode) -> None:
    path = encode(tmp_path / "a.aac", [tone(30.0)], codec="aac")
    with pytest.raises(TooLarge):
        decode_here(path, max_duration_s=5.0)


def test_a_gap_does_not_get_around_the_limit(tmp_path: Path, decode_here: Decode) -> None:
    path = encode(tmp_path / "a.mka", [tone(9.0)], codec="pcm_s16le", holes=[(1.0, 8.0)], container_format="nut")
    with pytest.raises(TooLarge):
        decode_here(path, max_duration_s=5.0)


def test_channels_and_rates_have_limits(tmp_path: Path, decode_here: Decode) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros((16_000, 5), dtype=np.float32))
    with pytest.raises(UnsupportedMedia, match="5 channels; at most 4"):
        decode_here(path, max_channels=4)
    with pytest.raises(UnsupportedMedia, match="only 900 samples per second"):
        decode_here(write_wav(path, tone(1.0, 900), 900))


def test_a_format_that_changes_on_the_way_is_followed(tmp_path: Path, decode_here: Decode) -> None:
    parts = [
        encode(tmp_path / f"{n}.mp3", [sound], codec="libmp3lame", rate=rate)
        for n, (sound, rate) in enumerate(
            [(tone(1.0, 44_100), 44_100), (np.stack([tone(1.0, 48_000)] * 2, axis=1), 48_000)]
        )
    ]
    path = tmp_path / "joined.mp3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    pcm, heard = decode_here(path)
    assert pcm.duration_s == pytest.approx(2.0, abs=0.15)
    assert level(heard, 0.2, 0.8) == pytest.approx(0.35, abs=0.05)
    assert level(heard, 1.3, 1.8) == pytest.approx(0.35, abs=0.12)
