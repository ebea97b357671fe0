"""Chains at work: nothing is lost, nothing is late, and live sound fares like a file."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.audio.filters.chain import Chain, Step
from audapolis.audio.filters.running import Cleaner
from hypothesis import given, settings
from hypothesis import strategies as st

from ..making import Sound, tone
from .sounds import RATE, speech, white

HIGH_PASS = Step("highpass", "f=60", "")
NOTCH = Step("bandreject", "f=50:width_type=h:w=4", "")
DENOISE = Step("afftdn", "nr=12:nf=-46", "")
LOUDER = Step("volume", "volume=6dB", "")
CHAINS: list[Chain] = [
    (),
    (HIGH_PASS,),
    (NOTCH,),
    (DENOISE,),
    (LOUDER,),
    (HIGH_PASS, NOTCH, DENOISE, LOUDER),
]


def names(chain: Chain) -> str:
    return "+".join(step.filter for step in chain) or "nothing"


def cleaned(sound: Sound, chain: Chain, sizes: list[int] | None = None) -> Sound:
    cleaner = Cleaner(chain)
    edges = np.unique(np.cumsum(sizes or []).clip(0, len(sound))).astype(int)
    parts = [cleaner.feed(part) for part in np.split(sound, edges)]
    return np.concatenate([*parts, cleaner.flush()])


def lag(sound: Sound, reference: Sound) -> int:
    """By how many samples the sound is late, from the peak of the correlation."""
    size = 2 * len(reference)
    correlation = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(reference, size)), size)
    peak = int(np.argmax(correlation))
    return peak if peak < len(reference) else peak - size


@pytest.mark.parametrize("chain", CHAINS, ids=names)
def test_nothing_is_late(chain: Chain) -> None:
    sound = speech(10, -20) + white(10, -46)
    assert lag(cleaned(sound, chain), sound) == 0


@pytest.mark.parametrize("chain", CHAINS, ids=names)
def test_a_click_stays_where_it_is(chain: Chain) -> None:
    sound = white(4, -60)
    sound[RATE : RATE + 2] = 0.8
    sound[3 * RATE + 77] = -0.8
    result = np.abs(cleaned(sound, chain))
    assert int(np.argmax(result[: 2 * RATE])) == pytest.approx(RATE, abs=1)
    assert int(np.argmax(result[2 * RATE :])) + 2 * RATE == pytest.approx(3 * RATE + 77, abs=1)


@pytest.mark.parametrize("chain", CHAINS, ids=names)
@settings(max_examples=12, deadline=None)
@given(length=st.integers(0, 40_000), sizes=st.lists(st.integers(1, 12_000), max_size=12))
def test_live_sound_in_any_windows_becomes_the_same_as_a_file(chain: Chain, length: int, sizes: list[int]) -> None:
    sound = (speech(2.5) + white(2.5, -46))[:length]
    whole = cleaned(sound, chain)
    assert len(whole) == length
    np.testing.assert_array_equal(cleaned(sound, chain, sizes), whole)


@pytest.mark.parametrize("chain", [(HIGH_PASS,), (DENOISE,)], ids=names)
def test_what_is_held_back_does_not_grow(chain: Chain) -> None:
    cleaner = Cleaner(chain)
    given = received = 0
    for _ in range(100):
        given += 4000
        received += len(cleaner.feed(white(0.25, -40)))
        assert given - received <= RATE / 2


def test_an_empty_chain_changes_nothing() -> None:
    sound = speech(3)
    np.testing.assert_array_equal(cleaned(sound, ()), sound)


def test_a_notch_takes_hum_out_and_leaves_the_rest() -> None:
    voice, tone_50 = speech(10, -26), tone(10, frequency=50.0, level=0.1)
    result = cleaned(voice + tone_50, (NOTCH,))
    settled = slice(2 * RATE, None)
    assert np.std((result - voice)[settled]) < 0.01 * np.std(tone_50)


def test_noise_reduction_lowers_noise_more_than_speech() -> None:
    voice = speech(10, -20) + white(10, -46)
    result = cleaned(voice, (DENOISE,))
    time = np.arange(len(voice)) / RATE % 3
    pause, talk = (time > 2.3) & (time < 2.9), (time > 0.2) & (time < 1.8)
    assert np.std(result[pause]) < 0.5 * np.std(voice[pause])
    assert np.std(result[talk]) > 0.9 * np.std(voice[talk])
