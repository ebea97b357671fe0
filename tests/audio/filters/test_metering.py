"""Every figure against sound of which it is known."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.audio.filters.figures import SoundFigures
from audapolis.audio.filters.metering import SoundMeter
from hypothesis import given, settings
from hypothesis import strategies as st

from ..making import Sound, noise, tone
from .sounds import RATE, hum, speech, white


def measured(sound: Sound, rate: int = RATE) -> SoundFigures:
    meter = SoundMeter(rate)
    meter.feed(sound)
    return meter.flush()


@pytest.mark.parametrize("snr_db", [5, 10, 20, 30, 40])
def test_speech_level_noise_level_and_their_distance_are_found(snr_db: int) -> None:
    figures = measured(speech(30, -26) + white(30, -26 - snr_db))
    assert figures.noise_level_dbfs == pytest.approx(-26 - snr_db, abs=2)
    assert figures.speech_level_dbfs == pytest.approx(-26, abs=2)
    assert figures.snr_db == pytest.approx(snr_db, abs=2)


@pytest.mark.parametrize("level_dbfs", [-60, -40, -12])
def test_the_distance_does_not_depend_on_how_loud_all_is(level_dbfs: int) -> None:
    figures = measured(speech(20, level_dbfs) + white(20, level_dbfs - 20))
    assert figures.snr_db == pytest.approx(20, abs=2)
    assert figures.speech_level_dbfs == pytest.approx(level_dbfs, abs=2)


def test_noise_alone_holds_no_speech() -> None:
    figures = measured(white(20, -40))
    assert figures.noise_level_dbfs == pytest.approx(-40, abs=1)
    assert (figures.speech_level_dbfs, figures.snr_db, figures.bandwidth_hz) == (None, None, None)


def test_of_digital_silence_nothing_is_known() -> None:
    figures = measured(np.zeros(5 * RATE, np.float32))
    assert figures == SoundFigures(5.0, None, None, None, None, None, None, 0.0, 1.0)


def test_silence_between_sentences_is_not_taken_for_a_quiet_room() -> None:
    sound = speech(30) + white(30, -46)
    sound[10 * RATE : 20 * RATE] = 0
    figures = measured(sound)
    assert figures.snr_db == pytest.approx(20, abs=2)
    assert figures.silent_share == pytest.approx(1 / 3, abs=0.001)


@pytest.mark.parametrize("top_hz", [3400, 5000])
def test_the_highest_frequency_of_speech_is_found(top_hz: int) -> None:
    assert measured(speech(20, top_hz=top_hz)).bandwidth_hz == pytest.approx(top_hz, abs=200)


def test_a_source_of_a_low_rate_reaches_half_of_it() -> None:
    assert measured(speech(20), rate=8000).bandwidth_hz == 4000


def test_an_offset_is_found_and_disturbs_nothing_else() -> None:
    sound = speech(20) + white(20, -46)
    figures, plain = measured(sound + np.float32(0.05)), measured(sound)
    assert figures.dc_offset == pytest.approx(0.05, abs=0.001)
    assert figures.snr_db == pytest.approx(plain.snr_db, abs=0.5)


@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("level_dbfs", [-25, -50])
def test_hum_is_found_with_its_level_under_speech(mains_hz: int, level_dbfs: int) -> None:
    found = measured(speech(20) + white(20, -60) + hum(20, mains_hz, level_dbfs)).hum
    assert found is not None
    assert (found.mains_hz, found.multiples) == (mains_hz, (1, 2, 3))
    assert found.level_dbfs == pytest.approx(level_dbfs, abs=1)


def test_hum_a_little_off_its_frequency_is_found() -> None:
    drifting = sum(tone(20, frequency=50.15 * k, level=0.02) for k in (1, 2, 3))
    found = measured((speech(20) + drifting).astype(np.float32)).hum
    assert found is not None
    assert found.mains_hz == 50


@pytest.mark.parametrize("sound", [speech(20), white(20, -30), noise(20, level=0.01) + tone(20, frequency=440.0)])
def test_speech_noise_and_music_are_not_hum(sound: Sound) -> None:
    assert measured(sound).hum is None


@pytest.mark.parametrize("level", [0.3, 1.0])
def test_the_share_of_a_clipped_sine_that_is_flat_is_found(level: float) -> None:
    sine = tone(10, frequency=97.0, level=level / 0.8)
    clipped = (np.rint(np.clip(sine, -level, level) * 32767) / 32767).astype(np.float32)
    flat = np.mean(np.abs(sine) >= level)
    found = measured(clipped).clipping
    assert found.share == pytest.approx(flat, rel=0.02)
    assert found.runs == pytest.approx(2 * 97 * 10, abs=25)
    assert found.longest == pytest.approx(flat * RATE / 97 / 2, abs=2)


@pytest.mark.parametrize("sound", [tone(5, frequency=200.0, level=0.99), speech(10, -15), white(5, -12)])
def test_loud_sound_that_is_whole_is_not_clipped(sound: Sound) -> None:
    assert measured((np.rint(sound * 32767) / 32767).astype(np.float32)).clipping.share < 1e-4


def test_holes_in_sound_are_counted_but_pauses_are_not() -> None:
    sound = white(10, -20)
    for start in (RATE, RATE * 3 - 100, RATE * 5):  # one lies across two blocks
        sound[start : start + 320] = 0
    sound[7 * RATE : 8 * RATE] = 0  # a pause that was cut
    found = measured(sound).dropouts
    assert (found.count, found.total_s) == (3, 0.06)


@pytest.mark.parametrize("level_db", [0, -20, -40])
def test_a_tone_measures_as_the_standard_says(level_db: int) -> None:
    loudness = measured(tone(10, frequency=997.0, level=10 ** (level_db / 20))).loudness_lufs
    assert loudness == pytest.approx(-3.01 + level_db, abs=0.1)


def test_pauses_do_not_lower_the_loudness() -> None:
    loud = tone(10, frequency=997.0, level=0.1)
    with_pauses = np.concatenate([loud, white(20, -60), loud])
    assert measured(with_pauses).loudness_lufs == pytest.approx(-23, abs=0.3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 40_000), max_size=8))
def test_the_figures_do_not_depend_on_how_the_sound_was_divided(cuts: list[int]) -> None:
    sound = speech(6) + white(6, -46) + hum(6, 50, -40)
    meter = SoundMeter()
    for part in np.split(sound, np.unique(np.cumsum(cuts).clip(0, len(sound)))):
        meter.feed(part)
    assert meter.flush() == measured(sound)


@given(st.integers(0, 3000))
def test_the_shortest_sounds_can_be_measured(samples: int) -> None:
    figures = measured(tone(1)[:samples])
    assert figures.duration_s == pytest.approx(samples / RATE, abs=0.001)
