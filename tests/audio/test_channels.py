from __future__ import annotations

import numpy as np
import pytest
from audapolis.audio.channels import ChannelMeter
from audapolis.domain.recording import ChannelUse

from .making import noise, talk, tone

LEFT_TURNS = [(1.0, 5.0), (9.0, 13.0), (20.0, 26.0)]
RIGHT_TURNS = [(5.5, 8.5), (13.5, 19.0), (26.5, 29.0)]


def use_of(left: np.ndarray, right: np.ndarray, *, may_split: bool = True) -> ChannelUse:
    meter = ChannelMeter()
    pair = np.stack([left, right], axis=1).astype(np.float32)
    for start in range(0, len(pair), 16_000):
        meter.feed(pair[start : start + 16_000])
    return meter.choose(may_split=may_split)


def test_speakers_who_take_turns_on_their_channels_are_separate() -> None:
    assert use_of(talk(30, LEFT_TURNS), talk(30, RIGHT_TURNS, seed=1)) == "separate"


def test_line_noise_and_a_little_echo_do_not_hide_separate_speakers() -> None:
    left, right = talk(30, LEFT_TURNS), talk(30, RIGHT_TURNS, seed=1, level=0.1)
    hiss = noise(30, level=0.002, seed=2), noise(30, level=0.002, seed=3)
    assert use_of(left + 0.02 * right + hiss[0], right + 0.02 * left + hiss[1]) == "separate"


def test_speakers_who_talk_at_the_same_time_are_separate_when_nothing_leaks() -> None:
    assert use_of(talk(8, [(0, 8)], seed=4), talk(8, [(1, 5)], seed=5)) == "separate"


def test_a_speaker_of_few_words_is_not_lost() -> None:
    left = talk(120, [(0, 60), (65, 118)])
    right = talk(120, [(61, 64.5)], seed=1, level=0.05)
    assert use_of(left, right) == "separate"


def test_splitting_can_be_forbidden() -> None:
    assert use_of(talk(30, LEFT_TURNS), talk(30, RIGHT_TURNS, seed=1), may_split=False) == "mix"


def test_two_microphones_that_hear_both_speakers_are_mixed() -> None:
    left, right = talk(30, LEFT_TURNS), talk(30, RIGHT_TURNS, seed=1)
    delayed_left, delayed_right = np.roll(left, 40), np.roll(right, 40)
    assert use_of(left + 0.3 * delayed_right, right + 0.3 * delayed_left) == "mix"


def test_speakers_panned_a_little_apart_are_mixed() -> None:
    left, right = talk(30, LEFT_TURNS), talk(30, RIGHT_TURNS, seed=1)
    assert use_of(0.8 * left + 0.4 * right, 0.4 * left + 0.8 * right) == "mix"


def test_wide_music_is_mixed() -> None:
    common = tone(20, frequency=220) + tone(20, frequency=331)
    assert use_of(common + noise(20, seed=6), common * 0.7 + noise(20, seed=7)) == "mix"


def test_unrelated_sound_on_both_sides_all_the_time_is_mixed() -> None:
    assert use_of(noise(20, seed=6), noise(20, seed=7)) == "mix"


def test_the_same_sound_twice_is_mixed() -> None:
    sound = talk(10, [(1, 9)])
    assert use_of(sound, sound) == "mix"


@pytest.mark.parametrize("rest", [0.0, 0.001])
def test_the_side_with_sound_is_taken(rest: float) -> None:
    sound, other = talk(10, [(1, 9)]), noise(10, level=rest, seed=8)
    assert use_of(sound, other) == "left"
    assert use_of(other, sound) == "right"


def test_a_pair_in_antiphase_is_subtracted() -> None:
    sound = talk(10, [(1, 9)])
    assert use_of(sound, -sound) == "difference"
    assert use_of(sound, -0.8 * sound + noise(10, level=0.001)) == "difference"


@pytest.mark.parametrize("seconds", [0.0, 0.01, 10.0])
def test_silence_is_mixed(seconds: float) -> None:
    silence = np.zeros(round(seconds * 16_000), dtype=np.float32)
    assert use_of(silence, silence) == "mix"
