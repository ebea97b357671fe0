from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from audapolis.domain.transcript import Span, Turn
from audapolis.errors import InvalidDocument
from bench.assignment import best_assignment
from bench.scoring import NO_SPEECH, diarization_error, read_rttm, write_rttm
from hypothesis import given
from hypothesis import strategies as st

times = st.integers(0, 200).map(lambda ms: ms / 10)
turns = st.lists(
    st.builds(
        lambda start_s, length_s, speaker: Turn(start_s, round(start_s + length_s, 1), speaker),
        times,
        st.integers(1, 60).map(lambda ms: ms / 10),
        st.sampled_from(["A", "B", "C"]),
    ),
    max_size=8,
)


def test_the_worked_example_of_missed_false_and_confused_time() -> None:
    reference = [Turn(0, 10, "A"), Turn(10, 20, "B")]
    hypothesis = [Turn(0, 8, "x"), Turn(10, 14, "x"), Turn(14, 22, "y")]
    error = diarization_error(reference, hypothesis, collar_s=0)
    assert (error.missed_s, error.false_alarm_s, error.confused_s, error.speech_s) == (2, 2, 4, 20)
    assert error.rate == 0.4


def test_the_collar_forgives_a_quarter_second_on_each_side_of_a_border() -> None:
    reference = [Turn(1, 3, "A")]
    assert diarization_error(reference, [Turn(0.75, 3.25, "x")]).error_s == 0
    late = diarization_error(reference, [Turn(1.35, 3, "x")])
    assert late.missed_s == pytest.approx(0.1)
    assert late.speech_s == pytest.approx(1.5)


def test_overlapping_speakers_count_each_unless_left_out() -> None:
    reference = [Turn(0, 10, "A"), Turn(4, 6, "B")]
    hypothesis = [Turn(0, 10, "x")]
    assert diarization_error(reference, hypothesis, collar_s=0).missed_s == 2
    assert diarization_error(reference, hypothesis, collar_s=0, score_overlap=False).error_s == 0


def test_only_what_the_uem_names_is_scored() -> None:
    error = diarization_error([Turn(0, 10, "A")], [Turn(0, 5, "x")], collar_s=0, uem=[Span(4, 6)])
    assert (error.missed_s, error.speech_s) == (1, 2)


def test_empty_sides_are_all_missed_or_all_false() -> None:
    assert diarization_error([], []).rate == 0
    assert diarization_error([Turn(0, 2, "A")], [], collar_s=0).rate == 1
    assert diarization_error([], [Turn(0, 2, "x")]).rate == float("inf")


@given(turns, st.permutations(["A", "B", "C"]))
def test_names_do_not_matter(reference: list[Turn], names: list[str]) -> None:
    renamed = [Turn(t.start_s, t.end_s, names["ABC".index(t.speaker)]) for t in reference]
    assert diarization_error(reference, renamed).error_s == pytest.approx(0, abs=1e-9)


@given(turns, turns, st.sampled_from([0.0, 0.25]))
def test_exact_intervals_agree_with_counting_frames_over_all_mappings(
    reference: list[Turn], hypothesis: list[Turn], collar_s: float
) -> None:
    error = diarization_error(reference, hypothesis, collar_s=collar_s)
    expected = by_frames(reference, hypothesis, collar_s)
    got = (error.missed_s, error.false_alarm_s, error.confused_s, error.speech_s)
    assert got == pytest.approx(expected, abs=1e-6)


def by_frames(reference: list[Turn], hypothesis: list[Turn], collar_s: float) -> tuple[float, ...]:
    """Slow and simple: frames of 50 ms (all borders fall on them) and every mapping of three speakers."""
    step_s, count = 0.05, 560
    middles = (np.arange(count) + 0.5) * step_s - 0.5

    def active(turns: list[Turn]) -> np.ndarray:
        return np.array(
            [
                np.any([(middles > t.start_s) & (middles < t.end_s) for t in turns if t.speaker == s], axis=0)
                if any(t.speaker == s for t in turns)
                else np.zeros(count, bool)
                for s in "ABC"
            ]
        )

    said, heard = active(reference), active(hypothesis)
    borders = np.diff(said.astype(int), axis=1) != 0
    edges = [middles[k] + step_s / 2 for k in np.flatnonzero(borders.any(axis=0))]
    scored = np.all([np.abs(middles - edge) > collar_s for edge in edges], axis=0) if edges else np.ones(count, bool)
    said, heard = said & scored, heard & scored
    n_said, n_heard = said.sum(0), heard.sum(0)
    correct = max(sum((said[i] & heard[j]).sum() for i, j in enumerate(p)) for p in itertools.permutations(range(3)))
    confused = np.minimum(n_said, n_heard).sum() - correct
    missed, false = np.maximum(n_said - n_heard, 0).sum(), np.maximum(n_heard - n_said, 0).sum()
    return tuple(float(frames) * step_s for frames in (missed, false, confused, n_said.sum()))


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10_000))
def test_the_assignment_is_the_best_of_all(rows: int, columns: int, seed: int) -> None:
    gains = np.random.default_rng(seed).integers(-5, 20, (rows, columns)).astype(float)
    pairs = best_assignment(gains)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs) == min(rows, columns)
    wide = gains if rows <= columns else gains.T
    best = max(
        sum(wide[i, j] for i, j in enumerate(chosen))
        for chosen in itertools.permutations(range(wide.shape[1]), wide.shape[0])
    )
    assert math.isclose(sum(gains[i, j] for i, j in pairs), best)


@given(turns)
def test_rttm_comes_back_as_it_was_written(written: list[Turn]) -> None:
    read = read_rttm(write_rttm(written, "a talk"))
    expected = sorted(written, key=lambda turn: (turn.start_s, turn.end_s))
    assert [(t.speaker, pytest.approx(t.start_s), pytest.approx(t.end_s)) for t in expected] == [
        (t.speaker, t.start_s, t.end_s) for t in read
    ]


def test_a_broken_rttm_line_is_named_and_other_kinds_are_passed_over() -> None:
    assert read_rttm(";; comment\nNON-SPEECH x 1 0 1 <NA> noise <NA> <NA>\n") == []
    with pytest.raises(InvalidDocument, match="Line 2"):
        read_rttm("SPEAKER x 1 0 1 <NA> <NA> A <NA>\nSPEAKER x 1 zero 1 <NA> <NA> A <NA>\n")


def test_sums_weigh_by_speech() -> None:
    half = diarization_error([Turn(0, 2, "A")], [Turn(0, 1, "x")], collar_s=0)
    assert (half + diarization_error([Turn(0, 2, "A")], [Turn(0, 2, "x")], collar_s=0) + NO_SPEECH).rate == 0.25
