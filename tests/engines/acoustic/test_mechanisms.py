"""The parts of the diarizer, each against something that can be worked out otherwise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from audapolis.domain.transcript import Span
from audapolis.engines.acoustic.clustering import Sums, agglomerate, union_gain
from audapolis.engines.acoustic.features import FeatureStream
from audapolis.engines.acoustic.mixture import lift, train
from audapolis.engines.acoustic.products import cross_sums, product
from audapolis.engines.acoustic.resegmentation import best_path
from audapolis.engines.acoustic.segmentation import map_speech, turns_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ..sound import noise

SPANS = st.lists(st.tuples(st.floats(0, 30), st.floats(0, 8)), max_size=8).map(
    lambda pairs: [Span(start, start + length) for start, length in pairs]
)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=6))
def test_features_do_not_depend_on_where_the_sound_is_cut(cuts: list[int]) -> None:
    sound = noise(1.25)
    whole, pieces = FeatureStream(), FeatureStream()
    whole.feed(sound)
    for start, end in pairwise(sorted({0, len(sound), *cuts})):
        pieces.feed(sound[start:end])
    assert whole.frames == pieces.frames
    np.testing.assert_allclose(whole.table()[0], pieces.table()[0], atol=0.02)


def test_features_take_four_kilobytes_per_second() -> None:
    stream = FeatureStream()
    stream.feed(noise(10.0))
    cepstra, loudness = stream.table()
    assert cepstra[:, 0].size == pytest.approx(1000, abs=3)
    assert (cepstra.size + loudness.size) * cepstra.itemsize <= 41_000


@given(spans=SPANS)
def test_blocks_lie_within_the_speech_and_never_overlap(spans: list[Span]) -> None:
    speech = map_speech(spans, 3000)
    assert (np.diff(speech.first_frame) >= 10).all()
    for frame in speech.first_frame:
        assert frame + 10 <= 3000
        assert any(s.start_s - 0.006 <= frame / 100 and (frame + 10) / 100 <= s.end_s + 0.006 for s in speech.spans)


@given(spans=SPANS, seed=st.integers(0, 99))
def test_turns_cover_each_span_of_speech_exactly(spans: list[Span], seed: int) -> None:
    speech = map_speech(spans, 4000)
    labels = np.random.default_rng(seed).integers(0, 3, len(speech))
    turns = turns_of(speech, labels, 0.0)
    covered = sum(t.duration_s for t in turns)
    assert covered == pytest.approx(sum(s.duration_s for s in speech.spans), abs=0.002 * (len(turns) + 1))
    assert all(t.end_s > t.start_s for t in turns)


@given(spans=SPANS, most=st.integers(10, 80))
def test_portions_follow_each_other_and_open_with_a_span(spans: list[Span], most: int) -> None:
    speech = map_speech(spans, 4000)
    if len(speech) == 0:
        return
    portions = speech.portions(most)
    assert portions[0][0] == 0
    assert portions[-1][1] == len(speech)
    assert all(a[1] == b[0] for a, b in pairwise(portions))
    assert all(speech.opens[begin] and begin < end for begin, end in portions)


def test_a_mixture_finds_two_heaps() -> None:
    chance = np.random.default_rng(3)
    heaps = np.concatenate((chance.normal(-3, 0.5, (300, 2)), chance.normal(3, 0.5, (100, 2)))).astype(np.float32)
    mixture = train(lift(heaps), 2)
    order = np.argsort(mixture.means[:, 0])
    np.testing.assert_allclose(mixture.means[order], [[-3, -3], [3, 3]], atol=0.2)
    np.testing.assert_allclose(mixture.weights[order], [0.75, 0.25], atol=0.02)


def test_log_likelihood_of_one_gaussian_is_the_textbook_formula() -> None:
    frames = np.random.default_rng(4).normal(0, 1, (50, 3)).astype(np.float32)
    mixture = train(lift(frames), 1)
    mean, variance = frames.mean(0), frames.var(0)
    expected = -0.5 * (np.log(2 * np.pi * variance) + (frames - mean) ** 2 / variance).sum(1)
    np.testing.assert_allclose(mixture.log_likelihood(lift(frames)), expected, rtol=1e-3, atol=1e-3)


def test_sliced_products_equal_whole_ones() -> None:
    chance = np.random.default_rng(5)
    tall, table = chance.random((5000, 39), np.float32), chance.random((39, 32), np.float32)
    np.testing.assert_allclose(product(tall, table), tall @ table, rtol=1e-4)
    np.testing.assert_allclose(cross_sums(tall, tall), tall.T @ tall, rtol=1e-4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), least=st.integers(1, 4))
def test_the_best_path_beats_every_other_allowed_one(seed: int, least: int) -> None:
    chance = np.random.default_rng(seed)
    scores = chance.normal(0, 1, (7, 2))
    opens = np.array([True, *(chance.random(6) < 0.3)])
    found = best_path(scores, opens, least)
    best = max(
        sum(scores[t, path >> t & 1] for t in range(7))
        for path in range(128)
        if _allowed([path >> t & 1 for t in range(7)], opens, least)
    )
    assert sum(scores[t, k] for t, k in enumerate(found)) >= best - 1e-9


def _allowed(path: list[int], opens: np.ndarray, least: int) -> bool:
    """Every run is long enough. (Whole short spans may also be turns, so the found path may do even better.)"""
    cuts = [0, *(t for t in range(1, len(path)) if path[t] != path[t - 1]), len(path)]
    return all(end - start >= least for start, end in pairwise(cuts))


def _stretches(voices: list[float], frames: float) -> Sums:
    chance = np.random.default_rng(6)
    shift = np.array([chance.normal(v, 1 / np.sqrt(frames), (4, 10)) * frames for v in voices], np.float32)
    return Sums(np.full((len(voices), 4), frames, np.float32), shift)


def test_clustering_joins_stretches_of_one_voice_and_no_others() -> None:
    labels, count = agglomerate(_stretches([-0.5, 0.5, -0.5, 0.5, -0.5, 0.5], 40.0), 1, 6)
    assert count == 2
    assert len(set(labels[::2])) == len(set(labels[1::2])) == 1


def test_evidence_gains_by_a_union_of_one_voice_and_loses_by_one_of_two() -> None:
    sums = _stretches([0.5, 0.5, -0.5], 40.0)
    assert union_gain(sums, 0, 1) > 0 > union_gain(sums, 0, 2)
