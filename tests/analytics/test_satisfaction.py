"""What people rate, correct, use and try again tells whether they are content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audapolis.analytics.facts import ExportFact, Fact, FeedbackFact
from audapolis.analytics.satisfaction import STARS, Satisfaction, mean_stars, satisfaction
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.domain.codec import to_plain
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.fact_builders import MONDAY, done, failed, history_of

WEEK = Period(MONDAY, MONDAY + 7 * DAY_S)


def asked(folder: Path, *facts: Fact) -> Satisfaction:
    return satisfaction(history_of(folder, facts), WEEK)


def rated(job_id: str, stars: int, at: float = MONDAY + 1) -> FeedbackFact:
    return FeedbackFact(at=at, job_id=job_id, kind="rating", stars=stars)


def corrected(job_id: str, words: int, edits: int, **more: Any) -> FeedbackFact:
    counts = {"substitutions": edits, "deletions": 0, "insertions": 0} | more
    return FeedbackFact(at=MONDAY + 1, job_id=job_id, kind="correction", words=words, **counts)


def test_nothing_is_known_where_nothing_happened(tmp_path: Path) -> None:
    told = asked(tmp_path)
    assert told.ratings == dict.fromkeys(STARS, 0)
    unknown = ("rating", "word_error", "corrected", "exported", "unused", "to_export_s", "rerun", "cancelled")
    assert [getattr(told, name) for name in unknown] == [None] * len(unknown)


def test_the_mean_rating_has_an_interval_and_a_later_rating_replaces_an_earlier(tmp_path: Path) -> None:
    told = asked(tmp_path, rated("a", 1), rated("b", 4), rated("c", 5), rated("a", 3, MONDAY + 9))
    assert told.ratings == {1: 0, 2: 0, 3: 1, 4: 1, 5: 1}
    assert told.rating is not None
    assert (told.rating.value, told.rating.n) == (pytest.approx(4.0), 3)
    assert told.rating.low is not None
    assert told.rating.low < 4.0


def test_few_ratings_that_are_all_alike_are_not_taken_for_certainty() -> None:
    mean = mean_stars({5: 3})
    assert mean is not None
    assert mean.low is not None
    assert (mean.value, mean.high) == (5.0, 5.0)
    assert mean.low < 4.0


@pytest.mark.parametrize("chances", [(0.1, 0.1, 0.2, 0.3, 0.3), (0.02, 0.02, 0.03, 0.13, 0.8), (0.5, 0, 0, 0, 0.5)])
@pytest.mark.parametrize("number", [5, 20, 100])
def test_the_interval_of_the_mean_holds_the_truth_at_least_19_times_in_20(
    chances: tuple[float, ...], number: int
) -> None:
    dice, held = np.random.default_rng(6), 0
    truth = sum(star * chance for star, chance in zip(STARS, chances, strict=True))
    for _ in range(400):
        mean = mean_stars(dict(zip(STARS, dice.multinomial(number, chances).tolist(), strict=True)))
        assert mean is not None
        held += (mean.low or 0) <= truth <= (mean.high or 0)
    assert held / 400 >= 0.93


@given(st.dictionaries(st.sampled_from(list(STARS)), st.integers(1, 50), min_size=1))
def test_the_interval_holds_the_mean_and_stays_within_the_stars(counts: dict[int, int]) -> None:
    mean = mean_stars(counts)
    assert mean is not None
    assert mean.low is not None
    assert mean.high is not None
    assert 1 <= mean.low <= mean.value + 1e-9
    assert mean.value <= mean.high + 1e-9 <= 5 + 2e-9


def test_word_error_is_edits_by_words_over_all_corrected_transcripts(tmp_path: Path) -> None:
    told = asked(
        tmp_path,
        *(done(MONDAY + n, job_id=f"{n}") for n in range(10)),
        corrected("1", 100, 4, deletions=3, insertions=3),
        corrected("2", 300, 30),
        corrected("3", 200, 20),
    )
    assert told.word_error is not None
    assert (told.word_error.value, told.word_error.n) == (pytest.approx(60 / 600), 3)
    assert told.corrected is not None
    assert told.corrected.value == pytest.approx(0.3)


def test_what_is_exported_is_used_and_what_lies_is_not_and_the_newest_has_time_left(tmp_path: Path) -> None:
    jobs = [done(MONDAY + n, job_id=f"{n}") for n in range(4)]
    fresh = [done(WEEK.until - HOUR_S, job_id="fresh"), done(WEEK.until - 60, job_id="fresher")]
    told = asked(
        tmp_path,
        *jobs,
        *fresh,
        ExportFact(at=MONDAY + 100, format="srt", transcript_id="transcript-0"),
        ExportFact(at=MONDAY + 900, format="aaf", transcript_id="transcript-0"),
        ExportFact(at=MONDAY + 301, format="srt", transcript_id="transcript-1"),
        ExportFact(at=MONDAY + 400, format="srt", transcript_id="transcript-2", error="export_failed"),
        ExportFact(at=WEEK.until - 30, format="srt", transcript_id="transcript-fresher"),
        ExportFact(at=MONDAY + 500, format="srt"),
    )
    assert told.exported is not None
    assert told.unused is not None
    assert (told.exported.value, told.exported.n, told.unused.value) == (0.5, 4, 0.5)
    assert told.to_export_s is not None
    assert (told.to_export_s.count, told.to_export_s.p50, told.to_export_s.most) == (3, 100.0, 300.0)


def test_recordings_that_are_submitted_again_tell_of_discontent(tmp_path: Path) -> None:
    told = asked(
        tmp_path,
        done(MONDAY + 1000, job_id="a", recording="x", model="tiny"),
        done(MONDAY + 2000, job_id="b", recording="x", model="small"),
        done(MONDAY + 1000, job_id="c", recording="y"),
        failed(MONDAY + 3000, job_id="d", recording="y"),
        done(MONDAY + 1000, job_id="e", recording="z"),
        done(MONDAY + 1010, job_id="f", recording="z", model="small"),  # submitted before the other was done
        done(MONDAY + 1000, job_id="g", recording=""),
        done(MONDAY + 9000, job_id="h", recording=""),
    )
    assert told.rerun is not None
    assert told.rerun_otherwise is not None
    assert (round(told.rerun.value * 7), told.rerun.n) == (2, 7)
    assert round(told.rerun_otherwise.value * 7) == 1


def test_cancelled_jobs_are_a_share_of_all(tmp_path: Path) -> None:
    told = asked(tmp_path, done(MONDAY + 1), done(MONDAY + 2, outcome="cancelled"), failed(MONDAY + 3))
    assert told.cancelled is not None
    assert told.cancelled.value == pytest.approx(1 / 3)
    assert to_plain(told)["cancelled"]["n"] == 3
