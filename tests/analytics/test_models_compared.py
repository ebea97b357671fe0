"""Models compared, on sites whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audapolis.analytics.calibration import binned
from audapolis.analytics.facts import ExportFact, Fact, FeedbackFact, StageFact
from audapolis.analytics.feedback import write_bins
from audapolis.analytics.models_compared import ENOUGH, Comparison, ModelFigures, ModelsCompared, compare_models
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.domain.codec import to_plain
from audapolis.errors import UnknownName

from tests.analytics.fact_builders import MONDAY, done, history_of

MONTH = Period(MONDAY, MONDAY + 30 * DAY_S)
LATER = MONDAY + 365 * DAY_S


@dataclass(frozen=True)
class Truth:
    """A model: the share of words it gets wrong, and its seconds for a second of sound (median)."""

    model: str
    error: float
    speed: float


SMALL, TINY, SLOW = Truth("small", 0.06, 0.2), Truth("tiny", 0.15, 0.05), Truth("slow", 0.2, 0.5)


def use(
    truth: Truth, recordings: Iterable[str], rng: np.random.Generator, *, language: str = "en", hardness: float = 1.0
) -> Iterator[Fact]:
    """Recordings done by a model and then corrected; every recording is as hard as chance will have it."""
    error = truth.error * hardness
    for number, recording in enumerate(recordings):
        at, job_id = MONDAY + HOUR_S * (number + 1), f"{truth.model}-{language}-{recording}"
        audio_s = float(rng.lognormal(6, 0.7))
        recognition_s = truth.speed * audio_s * float(rng.lognormal(0, 0.3))
        words = max(30, int(2.5 * audio_s))
        wrong = int(rng.binomial(words, rng.beta(30 * error, 30 * (1 - error))))
        facts: dict[str, Any] = {"model": truth.model, "language": language, "recording": recording}
        yield done(at, job_id=job_id, audio_s=audio_s, run_s=recognition_s + 5, **facts)
        yield recognition(job_id, at, recognition_s, audio_s)
        yield corrected(job_id, at + 60, words, wrong)


def recognition(job_id: str, at: float, wall_s: float, audio_s: float, **facts: Any) -> StageFact:
    return StageFact(at=at, began_at=at - wall_s, job_id=job_id, stage="transcribe", audio_s=audio_s, **facts)


def corrected(job_id: str, at: float, words: int, wrong: int, **facts: Any) -> FeedbackFact:
    counts = {"substitutions": wrong - 2 * (wrong // 3), "deletions": wrong // 3, "insertions": wrong // 3}
    return FeedbackFact(at=at, job_id=job_id, kind="correction", words=words, **counts, **facts)


def named(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def compared(folder: Path, facts: Iterable[Fact], *by: str, now: float = LATER) -> ModelsCompared:
    history = history_of(folder, list(facts))
    try:
        return compare_models(history, MONTH, by, now=now)
    finally:
        history.close()


def figures_of(found: ModelsCompared, model: str, **group: str) -> ModelFigures:
    (figures,) = (each for each in found.models if each.model == model and each.group == group)
    return figures


def comparison_of(found: ModelsCompared, respect: str, **group: str) -> Comparison:
    (comparison,) = (each for each in found.comparisons if each.respect == respect and each.group == group)
    return comparison


def winner(comparison: Comparison) -> str:
    names = {"first": comparison.first, "second": comparison.second}
    return names.get(comparison.outcome, comparison.outcome)


@pytest.mark.slow
def test_intervals_hold_the_truth_and_the_front_is_right(tmp_path: Path) -> None:
    held = {(truth.model, respect): 0 for truth in (SMALL, TINY, SLOW) for respect in ("error", "speed")}
    fronts = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        site = [fact for truth in (SMALL, TINY, SLOW) for fact in use(truth, named(truth.model, 40), rng)]
        found = compared(tmp_path / str(seed), site)
        for truth in (SMALL, TINY, SLOW):
            figures = figures_of(found, truth.model)
            for respect, estimate, value in (
                ("error", figures.word_error, truth.error),
                ("speed", figures.speed, truth.speed),
            ):
                assert estimate is not None
                assert estimate.low is not None
                assert estimate.high is not None
                held[truth.model, respect] += estimate.low <= value <= estimate.high
        fronts += {each.model for each in found.models if each.on_front} == {"small", "tiny"}
    assert all(180 <= count <= 198 for count in held.values()), held
    assert fronts >= 198


def test_a_model_that_is_slower_and_worse_is_not_on_the_front(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    site = [fact for truth in (SMALL, TINY, SLOW) for fact in use(truth, named(truth.model, 40), rng)]
    found = compared(tmp_path, site)
    slow = figures_of(found, "slow")
    assert slow.on_front is False
    assert "whisper small (int8 on cpu)" in slow.beaten_by
    assert "no worse in the other: whisper small (int8 on cpu)" in slow.sentence
    assert figures_of(found, "tiny").on_front
    assert "No other model seen here" in figures_of(found, "small").sentence


def test_who_was_used_for_the_hard_language_only_is_not_the_worse_model(tmp_path: Path) -> None:
    """Large is better than base in both languages; nearly all it was given is hard."""
    large, base = Truth("large", 0.08, 0.3), Truth("base", 0.12, 0.1)
    rng = np.random.default_rng(2)
    site = [
        *use(large, named("easy", 15), rng, language="en", hardness=0.5),
        *use(large, named("hard", 60), rng, language="cy", hardness=3),
        *use(base, named("other easy", 60), rng, language="en", hardness=0.5),
        *use(base, named("other hard", 15), rng, language="cy", hardness=3),
    ]
    found = compared(tmp_path / "1", site)
    worse, better = figures_of(found, "large").word_error, figures_of(found, "base").word_error
    assert worse is not None
    assert better is not None
    assert worse.value > better.value  # what a look at the means alone would say
    comparison = comparison_of(found, "word_error")
    assert comparison.first_value is not None
    assert comparison.second_value is not None
    values = {comparison.first: comparison.first_value.value, comparison.second: comparison.second_value.value}
    assert values["whisper large (int8 on cpu)"] < values["whisper base (int8 on cpu)"]
    assert winner(comparison) != "whisper base (int8 on cpu)"
    assert figures_of(found, "large").on_front
    by_language = compared(tmp_path / "2", site, "language")
    for language in ("en", "cy"):
        assert winner(comparison_of(by_language, "word_error", language=language)) != "whisper base (int8 on cpu)"
        assert figures_of(by_language, "large", language=language).on_front


def test_models_without_a_common_language_are_not_compared(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    site = [
        *use(Truth("large", 0.3, 0.5), named("hard", 30), rng, language="cy"),
        *use(Truth("base", 0.1, 0.1), named("easy", 30), rng, language="en"),
    ]
    found = compared(tmp_path / "1", site)
    assert comparison_of(found, "word_error").outcome == "nothing_in_common"
    assert winner(comparison_of(found, "speed")) == "whisper base (int8 on cpu)"
    assert figures_of(found, "large").on_front
    assert "for want of a common language, with whisper base" in figures_of(found, "large").sentence
    by_language = compared(tmp_path / "2", site, "language")
    assert by_language.comparisons == ()
    assert figures_of(by_language, "large", language="cy").on_front


def test_models_that_are_equally_good_are_not_told_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    site = [
        fact
        for model in ("one", "two")
        for fact in use(Truth(model, 0.1, 0.1), named(model, 40), rng)
    ]  # fmt: skip
    found = compared(tmp_path, site)
    assert {each.outcome for each in found.comparisons} == {"not_told_apart"}
    assert all(each.on_front for each in found.models)
    assert "Not told apart in accuracy from whisper two" in figures_of(found, "one").sentence


def test_the_same_recordings_tell_models_apart_that_others_would_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    site: list[Fact] = []
    for number in range(20):
        hardness, at = float(rng.beta(2, 12)), MONDAY + (number + 1) * HOUR_S
        for model, factor, speed in (("one", 1.0, 1.0), ("two", 0.8, 1.3)):
            job_id, size = f"{model}-{number}", float(rng.uniform(0.1, 0.9))
            site += [
                done(at, job_id=job_id, model=model, recording=f"r-{number}"),
                recognition(job_id, at, 600 * speed * (0.05 + number / 100) * (1 + size / 50), 600),
                corrected(job_id, at, 1000, int(1000 * hardness * factor)),
            ]
    found = compared(tmp_path, site)
    error, speed = comparison_of(found, "word_error"), comparison_of(found, "speed")
    assert error.paired
    assert speed.paired
    assert winner(error) == "whisper two (int8 on cpu)"
    assert winner(speed) == "whisper one (int8 on cpu)"
    one, two = figures_of(found, "one"), figures_of(found, "two")
    assert one.word_error is not None
    assert two.word_error is not None
    assert one.word_error.overlaps(two.word_error)
    assert one.on_front
    assert two.on_front


def test_of_few_recordings_figures_are_given_and_nothing_is_concluded(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    site = [
        *use(Truth("few", 0.5, 0.5), named("a", ENOUGH - 1), rng),
        *use(Truth("many", 0.05, 0.1), named("b", 40), rng),
    ]
    found = compared(tmp_path, site)
    few = figures_of(found, "few")
    assert few.word_error is not None
    assert few.word_error.n == ENOUGH - 1
    assert few.on_front is None
    assert few.beaten_by == ()
    assert "not enough corrections to judge by, 9 of 10 recordings" in few.sentence
    assert "Not enough jobs to judge its speed, 9 of 10" in few.sentence
    assert {each.outcome for each in found.comparisons} == {"not_enough"}
    assert figures_of(found, "many").on_front


def test_many_corrections_of_one_recording_are_one_recording(tmp_path: Path) -> None:
    site: list[Fact] = []
    for number in range(30):
        site += [
            done(MONDAY + number, job_id=f"j{number}", recording="r"),
            corrected(f"j{number}", MONDAY + 99, 100, 9),
        ]
    (figures,) = compared(tmp_path, site).models
    assert figures.word_error is not None
    assert (figures.word_error.n, figures.word_error.low, figures.words) == (1, None, 3000)


def test_what_people_do_with_results_is_told(tmp_path: Path) -> None:
    site: list[Fact] = [
        *(done(MONDAY + n, job_id=f"used-{n}", recording=f"u{n}") for n in range(6)),
        *(ExportFact(at=MONDAY + DAY_S, format="srt", transcript_id=f"transcript-used-{n}") for n in range(6)),
        *(done(MONDAY + n, job_id=f"left-{n}", recording=f"l{n}") for n in range(2)),
        *(done(MONDAY + n, job_id=f"openai-{n}", origin="openai", recording="") for n in range(4)),
        done(MONDAY, job_id="stopped", outcome="cancelled", language=""),
        done(MONDAY, job_id="broken", outcome="failed", language="", recording="b"),
        done(MONDAY + DAY_S, job_id="again", recording="l0", model="large"),
        done(MONDAY + 29 * DAY_S, job_id="too new to tell", recording="n"),
        FeedbackFact(at=MONDAY, job_id="openai-1", kind="rating", stars=2),
        FeedbackFact(at=MONDAY, job_id="openai-2", kind="rating", stars=4),
    ]
    now = MONDAY + 30 * DAY_S
    found = figures_of(compared(tmp_path / "1", site, now=now), "base")
    assert found.jobs == 15
    assert found.rerun is not None
    assert (found.rerun.value, found.rerun.n) == (1 / 8, 8)
    assert found.abandoned is not None
    assert (found.abandoned.value, found.abandoned.n) == (3 / 9, 9)
    assert found.failed is not None
    assert (found.failed.value, found.failed.n) == (1 / 14, 14)
    assert found.rating is not None
    assert (found.rating.value, found.rating.n) == (3, 2)
    assert found.audio_h == pytest.approx(13 * 600 / 3600)
    by_language = figures_of(compared(tmp_path / "2", site, "language", now=now), "base", language="en")
    assert by_language.failed is None
    assert by_language.abandoned is not None
    assert (by_language.abandoned.value, by_language.abandoned.n) == (2 / 8, 8)


def test_speed_is_that_of_recognition_alone_and_not_of_words_that_were_there(tmp_path: Path) -> None:
    site: list[Fact] = []
    for number in range(10):
        at, job_id = MONDAY + number, f"j{number}"
        site += [
            done(at, job_id=job_id, run_s=240.0),
            recognition(job_id, at, 130.0 if number else 190.0, 600.0, load_s=10.0 if number else 70.0),
            done(at, job_id=f"c{number}", run_s=1.0),
            recognition(f"c{number}", at, 0.1, 600.0, origin="cache"),
        ]
    site.append(recognition("j0", MONDAY - 9, 1.0, 600.0, outcome="failed", peak_rss_bytes=9_000))
    site.append(recognition("j3", MONDAY + 3, 130.0, 600.0, load_s=10.0, peak_rss_bytes=7_000))
    (found,) = compared(tmp_path, site).models
    assert found.speed is not None
    assert found.job_speed is not None
    assert (found.speed.value, found.speed.n) == (pytest.approx(0.2), 10)
    assert found.job_speed.value == pytest.approx(0.4)
    assert found.load_s == pytest.approx(10.0)
    assert found.peak_rss_bytes == 7_000
    assert "An hour is recognised in 12.0 minutes" in found.sentence
    assert "nobody has corrected it yet" in found.sentence


def test_confidences_and_speakers_are_judged_by_corrections(tmp_path: Path) -> None:
    bins = write_bins(binned([(0.95, True)] * 80 + [(0.95, False)] * 20))
    site: list[Fact] = []
    for number in range(12):
        at, job_id = MONDAY + number, f"j{number}"
        more = {"bins": bins, "speaker_words": 100, "speaker_changes": number}
        site += [done(at, job_id=job_id), corrected(job_id, at, 100, 20, **more)]
    (found,) = compared(tmp_path, site).models
    assert found.calibration is not None
    assert found.calibration.error == pytest.approx(0.15)
    assert (found.calibration.words, found.calibration.recordings) == (1200, 12)
    assert found.speaker_error is not None
    assert found.speaker_error.value == pytest.approx(66 / 1200)


def test_kinds_of_speech_that_people_named_are_compared_alone(tmp_path: Path) -> None:
    site: list[Fact] = []
    for number, domain in enumerate(["lecture"] * 12 + ["interview"] * 11 + [""] * 5):
        at, job_id = MONDAY + number, f"j{number}"
        site += [done(at, job_id=job_id), corrected(job_id, at, 100, 10 if domain == "lecture" else 30, domain=domain)]
    found = compared(tmp_path, site, "domain")
    assert [(each.group, each.jobs) for each in found.models] == [
        ({"domain": "lecture"}, 12),
        ({"domain": "interview"}, 11),
    ]
    lecture = figures_of(found, "base", domain="lecture").word_error
    assert lecture is not None
    assert lecture.value == pytest.approx(0.1)


def test_devices_and_precisions_are_told_apart_and_jobs_without_a_model_left_out(tmp_path: Path) -> None:
    site = [
        done(MONDAY, job_id="1"),
        done(MONDAY, job_id="2", device="cuda:0", precision="float16"),
        done(MONDAY, job_id="3", device="", precision=""),
        done(MONDAY, job_id="4", engine="", model="", outcome="failed"),
    ]
    assert {each.name for each in compared(tmp_path, site).models} == {
        "whisper base (int8 on cpu)",
        "whisper base (float16 on cuda:0)",
        "whisper base",
    }


def test_an_empty_history_compares_nothing(tmp_path: Path) -> None:
    assert compared(tmp_path / "1", []) == ModelsCompared((), ())
    assert compared(tmp_path / "2", [done(MONDAY - 1, job_id="before")]) == ModelsCompared((), ())


def test_models_are_compared_by_language_and_domain_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="dimension"):
        compared(tmp_path, [], "client")


def test_a_comparison_becomes_json(tmp_path: Path) -> None:
    site = list(use(SMALL, named("a", 12), np.random.default_rng(0)))
    plain = to_plain(compared(tmp_path, site))
    assert json.loads(json.dumps(plain, allow_nan=False))["models"][0]["word_error"]["n"] == 12
