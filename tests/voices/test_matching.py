"""Which speakers of a recording are known."""

from __future__ import annotations

import numpy as np
from audapolis.domain.transcript import Speaker
from audapolis.voices.book import Voice
from audapolis.voices.matching import least_cosine, recognised
from hypothesis import given
from hypothesis import strategies as st

SPACE = "audapolis-cepstra-1"
NORTH, EAST, UP = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
NORTH_NORTH_EAST = (0.92, 0.392, 0.0)


def speaker(number: int, vector: tuple[float, ...], space: str = SPACE) -> Speaker:
    return Speaker(f"S{number}", f"Speaker {number}", 10.0, vector, space)


def voice(name: str, vector: tuple[float, ...], space: str = SPACE) -> Voice:
    return Voice(name, "2026-01-01T00:00:00Z", 20.0, {space: vector})


def names(speakers: list[Speaker], voices: list[Voice]) -> list[str]:
    return [s.name for s in recognised(speakers, voices)]


def test_a_known_voice_gets_its_name_and_strangers_keep_theirs() -> None:
    assert names([speaker(1, EAST), speaker(2, NORTH)], [voice("Ann", NORTH_NORTH_EAST)]) == ["Speaker 1", "Ann"]


def test_only_the_name_changes() -> None:
    [known] = recognised([speaker(1, NORTH)], [voice("Ann", NORTH)])
    assert (known.id, known.speech_s, known.embedding) == ("S1", 10.0, NORTH)


def test_a_name_goes_to_the_likest_speaker_only() -> None:
    assert names([speaker(1, NORTH_NORTH_EAST), speaker(2, NORTH)], [voice("Ann", NORTH)]) == ["Speaker 1", "Ann"]


def test_a_speaker_gets_the_likest_name_only() -> None:
    assert names([speaker(1, NORTH)], [voice("Bob", NORTH_NORTH_EAST), voice("Ann", NORTH)]) == ["Ann"]


def test_vectors_of_different_models_are_never_compared() -> None:
    assert names([speaker(1, NORTH, "sherpa-abc")], [voice("Ann", NORTH)]) == ["Speaker 1"]


def test_a_speaker_without_a_vector_is_nobody_known() -> None:
    assert names([speaker(1, ()), speaker(2, (1.0, 0.0))], [voice("Ann", NORTH)]) == ["Speaker 1", "Speaker 2"]


def test_without_voices_everybody_stays_who_they_are() -> None:
    assert names([speaker(1, NORTH)], []) == ["Speaker 1"]


_vectors = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(
    lambda v: tuple(float(x) for x in np.array(v) / (np.linalg.norm(v) or 1.0))
)


@given(st.lists(_vectors, max_size=5), st.lists(_vectors, max_size=5))
def test_no_name_is_given_twice_and_none_to_somebody_unlike(
    heard: list[tuple[float, ...]], enrolled: list[tuple[float, ...]]
) -> None:
    speakers = [speaker(n, vector) for n, vector in enumerate(heard)]
    voices = {f"Voice {n}": vector for n, vector in enumerate(enrolled)}
    found = recognised(speakers, [voice(name, vector) for name, vector in voices.items()])
    given_names = [s.name for s in found if s.name in voices]
    assert len(set(given_names)) == len(given_names)
    for known in found:
        if known.name in voices:
            assert np.dot(known.embedding, voices[known.name]) >= least_cosine(SPACE) - 1e-6
