"""Ratings and corrections become facts that hold no words."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from audapolis.analytics.corrections import compare, corrected
from audapolis.analytics.facts import ExportFact, FeedbackFact
from audapolis.analytics.feedback import (
    FOLLOW_S,
    Said,
    Subject,
    checked_domain,
    corrected_by_hand,
    feedback_on_jobs,
    followed_jobs,
    rated,
    read_bins,
    read_corrected,
    write_bins,
)
from audapolis.analytics.span import DAY_S, Period
from audapolis.domain.codec import to_json
from audapolis.domain.document import Document
from audapolis.domain.document_versions import write_document
from audapolis.errors import InvalidDocument, InvalidOption
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.fact_builders import MONDAY, done, history_of
from tests.builders import conversation, make_transcript

SUBJECT = Subject(job_id="job", engine="whisper", model="small", language="en", audio_s=60.0)
WEEK = Period(MONDAY, MONDAY + 7 * DAY_S)


def test_a_rating_is_kept_with_the_job_it_is_about() -> None:
    fact = rated(SUBJECT, 4, at=1.0, domain=" Phone  Call ")
    assert (fact.kind, fact.stars, fact.domain) == ("rating", 4, "phone call")
    assert (fact.job_id, fact.engine, fact.model, fact.language, fact.audio_s) == ("job", "whisper", "small", "en", 60)


@pytest.mark.parametrize("stars", [0, 6, -1, 4.5, "4", True, None])
def test_only_whole_stars_from_one_to_five_are_taken(stars: Any) -> None:
    with pytest.raises(InvalidOption, match="1 to 5"):
        rated(SUBJECT, stars, at=1.0)


@pytest.mark.parametrize("domain", ["a@b.example", "x" * 33, "what was said: nothing", "-"])
def test_a_domain_is_a_kind_of_speech_and_no_place_for_notes(domain: str) -> None:
    with pytest.raises(InvalidOption, match="short name"):
        checked_domain(domain)


def test_a_domain_may_be_in_any_language_or_missing() -> None:
    assert checked_domain("Vorlesung") == "vorlesung"
    assert checked_domain("講義") == "講義"
    assert checked_domain("") == ""


def test_a_correction_is_kept_as_counts_and_no_word_of_it() -> None:
    transcript = make_transcript(("S1", 0, 4, "the secret plan failed"), names=("Mallory",))
    correction = corrected(transcript, "Mallory: The secret plant failed twice.")
    fact = corrected_by_hand(Subject.of_transcript("job", transcript), correction, at=1.0)
    assert (fact.words, fact.substitutions, fact.deletions, fact.insertions) == (5, 1, 0, 1)
    assert (fact.engine, fact.model, fact.language, fact.audio_s) == ("pocketsphinx", "en-US", "en", 4.5)
    everything = json.dumps(asdict(fact)).lower()
    assert not any(word in everything for word in ("secret", "plan", "failed", "twice", "mallory", "talk"))


def test_a_subject_can_be_had_from_the_history() -> None:
    assert Subject.of(done(1.0, job_id="j")) == Subject(
        job_id="j", engine="whisper", model="base", language="en", audio_s=600.0
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=50))
def test_bins_are_read_as_they_were_written(judged: list[tuple[float, bool]]) -> None:
    from audapolis.analytics.calibration import binned

    bins = binned(judged)
    assert read_bins(write_bins(bins)) == bins


@pytest.mark.parametrize("text", ["", "null", "[]", "[[1,2]]", "{", '[["a",1,1]]', "7"])
def test_bins_that_are_none_are_none(text: str) -> None:
    assert read_bins(text) is None


def test_what_is_sent_is_told_apart_by_content() -> None:
    transcript = conversation()
    document = Document.from_transcript(transcript)
    assert read_corrected(to_json(transcript)) == transcript
    assert read_corrected(write_document(document)) == document
    assert read_corrected("\ufeffGood morning".encode()) == "Good morning"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("document.json", write_document(document))
    assert read_corrected(packed.getvalue()) == document


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"\xff\xfe\x00", b"{", b'{"a": 1}', b'{"version": 99}', b"PK\x03\x04rubbish"]
)
def test_what_is_nothing_we_know_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidDocument):
        read_corrected(data)


def test_the_last_rating_and_the_last_correction_count(tmp_path: Path) -> None:
    first, second = compare([], "a b c"), compare([], "a b")
    history = history_of(
        tmp_path,
        [
            rated(SUBJECT, 2, at=MONDAY, domain="interview"),
            corrected_by_hand(SUBJECT, first, at=MONDAY + 1),
            rated(SUBJECT, 5, at=MONDAY + 2),
            corrected_by_hand(SUBJECT, second, at=MONDAY + 3),
        ],
    )
    said = feedback_on_jobs(history, WEEK)
    assert said == {"job": Said(stars=5, words=2, errors=2, bins=write_bins(second.bins), domain="interview")}


def test_jobs_are_followed_for_a_week(tmp_path: Path) -> None:
    facts = [
        done(MONDAY, job_id="exported"),
        ExportFact(at=MONDAY + DAY_S, format="srt", transcript_id="transcript-exported"),
        done(MONDAY, job_id="exported late"),
        ExportFact(at=MONDAY + 8 * DAY_S, format="srt", transcript_id="transcript-exported late"),
        done(MONDAY, job_id="not exported", recording="r"),
        ExportFact(at=MONDAY + DAY_S, format="srt", transcript_id="transcript-not exported", error="export_failed"),
        done(MONDAY + DAY_S, job_id="again", recording="r", model="large"),
        done(MONDAY + 2 * DAY_S, job_id="the same", recording="r", model="large"),
        done(MONDAY + 2 * DAY_S, job_id="rated", origin="openai"),
        FeedbackFact(at=MONDAY + 30 * DAY_S, job_id="rated", kind="rating", stars=3),
    ]
    history = history_of(tmp_path, facts)
    said = feedback_on_jobs(history, Period(MONDAY, MONDAY + 90 * DAY_S))
    jobs = followed_jobs(history, WEEK, said, now=MONDAY + DAY_S + FOLLOW_S)
    seen = {
        name: tuple(bool(jobs[column][row]) for column in ("used", "again", "followed", "fetched"))
        for row, name in enumerate(jobs["job_id"])
    }
    assert seen == {
        "exported": (True, False, True, True),
        "exported late": (False, False, True, True),
        "not exported": (False, True, True, True),
        "again": (False, False, True, True),
        "the same": (False, False, False, True),
        "rated": (True, False, False, False),
    }


def test_a_job_that_was_tried_again_counts_once_as_it_ended_last(tmp_path: Path) -> None:
    history = history_of(
        tmp_path, [done(MONDAY, job_id="j", outcome="failed"), done(MONDAY + 60, job_id="j", model="tiny")]
    )
    jobs = followed_jobs(history, WEEK, {}, now=MONDAY)
    assert jobs["outcome"].tolist() == ["done"]
    assert jobs["model"].tolist() == ["tiny"]


def test_an_empty_history_has_no_jobs(tmp_path: Path) -> None:
    assert len(followed_jobs(history_of(tmp_path), WEEK, {}, now=MONDAY)) == 0
