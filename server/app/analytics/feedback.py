"""What people say of transcripts becomes facts: stars, and counts of what they corrected. Never their words.

What they do says something too: giving a recording to another model, or never fetching the result.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..domain.document_versions import read_document
from ..domain.transcript import Transcript
from ..domain.transcript_file import read_transcript
from ..errors import InvalidDocument, InvalidOption
from .calibration import BINS, Bins, ConfidenceBin
from .corrections import Corrected, Correction
from .facts import FeedbackFact, JobFact
from .frame import Column, Frame
from .history.store import History
from .span import DAY_S, Period

MAX_STARS = 5
FOLLOW_S = 7 * DAY_S
"""How long after a job's end it counts whether it was exported, or done again by another model."""

_DOMAIN = re.compile(r"[^\W_][\w -]{0,31}")
_COLUMNS = (
    *("job_id", "kind", "stars", "words", "substitutions", "deletions", "insertions"),
    *("speaker_words", "speaker_changes", "bins", "domain"),
)
_JOB_COLUMNS = (
    *("at", "job_id", "outcome", "origin", "recording", "transcript_id", "audio_s", "run_s"),
    *("language", "engine", "model", "precision", "device"),
)
_HANDED_OVER = ("openai", "desktop", "command")
"""Doors that give the result to whoever asked; nobody has to come back for it."""
_PACKED = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The job that feedback is about.

    Attributes:
        engine, model: What recognised the words.
        language: As the transcript names it.
        audio_s: Length of the recording.
    """

    job_id: str
    engine: str = ""
    model: str = ""
    language: str = ""
    audio_s: float | None = None

    @classmethod
    def of(cls, job: JobFact) -> Subject:
        """The subject, from what the history remembers of the job."""
        return cls(job_id=job.job_id, engine=job.engine, model=job.model, language=job.language, audio_s=job.audio_s)

    @classmethod
    def of_transcript(cls, job_id: str, transcript: Transcript) -> Subject:
        """The subject, from the job's transcript; works for jobs from before there was a history."""
        return cls(
            job_id=job_id,
            engine=transcript.provenance.engine,
            model=transcript.provenance.model,
            language=transcript.language,
            audio_s=transcript.recording.duration_s,
        )


@dataclass(slots=True, kw_only=True)
class Said:
    """What people said of one job: the last rating and the last correction.

    Attributes:
        stars: 1..5; None where nobody rated it.
        words, errors: Words of the corrected text and edits; None where nobody corrected it.
        speaker_words, speaker_changes: As in `FeedbackFact`; 0 where nobody could compare.
        bins: As in `FeedbackFact`.
        domain: The last kind of speech somebody named; may be empty.
    """

    stars: int | None = None
    words: int | None = None
    errors: int | None = None
    speaker_words: int = 0
    speaker_changes: int = 0
    bins: str = ""
    domain: str = ""


def feedback_on_jobs(history: History, period: Period) -> dict[str, Said]:
    """What people said in a period, by job. Of several ratings of a job the last counts, and so of corrections."""
    frame = history.frame("feedback", period, _COLUMNS)
    found: dict[str, Said] = {}
    for row in zip(*(frame[name].tolist() for name in _COLUMNS), strict=True):
        job_id, kind, stars, words, *edits, speaker_words, speaker_changes, bins, domain = row
        said = found.setdefault(job_id, Said())
        said.domain = domain or said.domain
        if kind == "rating":
            said.stars = int(stars)
        else:
            said.words, said.errors, said.bins = int(words), int(sum(edits)), bins
            compared = speaker_words > 0  # NaN where nobody could compare
            said.speaker_words = int(speaker_words) if compared else 0
            said.speaker_changes = int(speaker_changes) if compared else 0
    return found


def followed_jobs(history: History, period: Period, said: Mapping[str, Said], now: float) -> Frame:
    """Jobs that ended in a period, each once and as it ended last, with what became of them.

    Args:
        history: Where they are remembered.
        period: When they ended.
        said: What people said, by job.
        now: Unix time.

    Returns:
        Fields of `JobFact`, and: `domain`; `speed`, the seconds that recognition took for a second of sound without
        loading the model, NaN where words were there already; `load_s` and `peak`, the seconds and bytes of it;
        `followed`, whether 7 days have passed since; `again`, whether another model was given the same recording in
        these; `fetched`, whether the result has to be fetched; `used`, whether it was exported in these, rated or
        corrected.
    """
    frame = history.frame("jobs", Period(period.since, period.until + FOLLOW_S), _JOB_COLUMNS)
    again, within = _done_again(frame), (frame["at"] < period.until).tolist()
    last = {job_id: row for row, job_id in enumerate(frame["job_id"].tolist()) if within[row]}
    rows = np.array(list(last.values()), np.int64)
    jobs = frame.where(rows)
    columns = {name: jobs[name] for name in jobs.names}
    columns |= _recognition(history, period, {job_id: row for row, job_id in enumerate(last)})
    columns["domain"] = np.array([said[job_id].domain if job_id in said else "" for job_id in last], object)
    columns["followed"] = jobs["at"] + FOLLOW_S <= now
    columns["again"] = again[rows]
    columns["fetched"] = np.array([origin not in _HANDED_OVER for origin in jobs["origin"].tolist()], bool)
    columns["used"] = _used(history, period, jobs, said)
    return Frame(columns)


def _done_again(jobs: Frame) -> Column:
    again = np.zeros(len(jobs), bool)
    columns = (jobs[name].tolist() for name in ("recording", "at", "engine", "model"))
    soonest: dict[str, dict[tuple[str, str], float]] = {}
    rows = list(enumerate(zip(*columns, strict=True)))
    for row, (recording, at, engine, model) in reversed(rows):  # from the last, so that what came after is known
        if recording and model:
            later = soonest.setdefault(recording, {})
            again[row] = any(then <= at + FOLLOW_S for other, then in later.items() if other != (engine, model))
            later[engine, model] = at
    return again


def _recognition(history: History, period: Period, index: Mapping[str, int]) -> dict[str, Column]:
    stages = history.frame(
        "stages",
        Period(period.since - FOLLOW_S, period.until),
        ("job_id", "at", "began_at", "load_s", "audio_s", "peak_rss_bytes"),
        {"stage": "transcribe", "outcome": "done", "origin": "computed"},
    )
    found = {name: np.full(len(index), np.nan) for name in ("speed", "load_s", "peak")}
    rows = np.array([index.get(job_id, -1) for job_id in stages["job_id"].tolist()], np.int64)
    rows, stages = rows[rows >= 0], stages.where(rows >= 0)
    audio_s, load_s = stages["audio_s"], np.nan_to_num(stages["load_s"])
    wall_s = stages["at"] - stages["began_at"] - load_s
    found["speed"][rows] = np.divide(wall_s, audio_s, out=np.full(len(rows), np.nan), where=audio_s > 0)
    found["load_s"][rows] = np.where(load_s > 0, load_s, np.nan)
    found["peak"][rows] = stages["peak_rss_bytes"]
    return found


def _used(history: History, period: Period, jobs: Frame, said: Mapping[str, Said]) -> Column:
    span = Period(period.since, period.until + FOLLOW_S)
    exports = history.frame("exports", span, ("transcript_id", "at"), {"error": ""})
    first: dict[str, float] = {}
    for transcript_id, at in zip(exports["transcript_id"].tolist(), exports["at"].tolist(), strict=True):
        if transcript_id:
            first.setdefault(transcript_id, at)
    rows = zip(jobs["job_id"].tolist(), jobs["transcript_id"].tolist(), jobs["at"].tolist(), strict=True)
    return np.array([job in said or first.get(made, np.inf) <= at + FOLLOW_S for job, made, at in rows], bool)


def rated(subject: Subject, stars: int, *, at: float, domain: str = "") -> FeedbackFact:
    """The fact of a rating. The last one of a job counts.

    Args:
        subject: The job that is rated.
        stars: 1 (useless) to 5 (nothing to correct).
        at: Now, Unix time in seconds.
        domain: What kind of speech it was, such as `interview`; see `checked_domain`.

    Raises:
        InvalidOption: Not 1 to 5 whole stars, or a domain that is a sentence rather than a kind.
    """
    if isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= MAX_STARS:
        raise InvalidOption(
            f"A rating is a whole number of stars from 1 to {MAX_STARS}.", hint='For example {"stars": 4}.'
        )
    return FeedbackFact(
        at=at,
        job_id=subject.job_id,
        kind="rating",
        stars=stars,
        engine=subject.engine,
        model=subject.model,
        language=subject.language,
        domain=checked_domain(domain),
        audio_s=subject.audio_s,
    )


def corrected_by_hand(subject: Subject, correction: Correction, *, at: float, domain: str = "") -> FeedbackFact:
    """The fact of a correction. The last one of a job counts: who saves twice corrected more the second time.

    Args:
        subject: The job whose transcript was corrected.
        correction: What `corrections.corrected` counted.
        at: Now, Unix time in seconds.
        domain: What kind of speech it was; see `checked_domain`.

    Raises:
        InvalidOption: A domain that is a sentence rather than a kind.
    """
    return FeedbackFact(
        at=at,
        job_id=subject.job_id,
        kind="correction",
        words=correction.words,
        substitutions=correction.substitutions,
        deletions=correction.deletions,
        insertions=correction.insertions,
        bins=write_bins(correction.bins),
        speaker_words=correction.speaker_words,
        speaker_changes=correction.speaker_changes,
        engine=subject.engine,
        model=subject.model,
        language=subject.language,
        domain=checked_domain(domain),
        audio_s=subject.audio_s,
    )


def read_corrected(data: bytes) -> Corrected:
    """Understand what somebody sends as corrected; told apart by content.

    Args:
        data: Transcript JSON, a document (`document.json` or the whole `.audapolis` file) or UTF-8 text. All of it:
            what is missing from a text counts as removed.

    Raises:
        InvalidDocument: None of these, damaged, or an empty text.
        TooLarge: A packed document over the limits.
    """
    if data[:4] in _PACKED:
        from ..export.reading import open_archive  # it brings what reads media along

        with tempfile.NamedTemporaryFile(suffix=".audapolis") as file:
            file.write(data)
            file.flush()
            return open_archive(Path(file.name)).document
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidDocument("The corrected text is not UTF-8.", hint="Save it as UTF-8 and send it again.") from None
    if text.lstrip().startswith("{"):
        return read_document(text) if _names_version(text) else read_transcript(text)
    if not text.strip():
        raise InvalidDocument("The corrected text is empty.", hint="Send all of the text, not only what changed.")
    return text


def checked_domain(domain: str) -> str:
    """The name of a kind of speech as it is counted: lower case, single spaces, at most 32 characters.

    Raises:
        InvalidOption: It holds anything but letters, digits, spaces, hyphens and underscores, or is longer.
    """
    name = " ".join(domain.casefold().split())
    if name and not _DOMAIN.fullmatch(name):
        raise InvalidOption(
            "A domain is a short name for a kind of speech.", hint="For example interview, lecture or phone call."
        )
    return name


def write_bins(bins: Bins) -> str:
    """Bins as `FeedbackFact.bins` keeps them: a JSON list of ten `[confidence, words, right]`."""
    return json.dumps([[each.confidence, each.words, each.right] for each in bins], separators=(",", ":"))


def read_bins(text: str) -> Bins | None:
    """The bins of a fact; None where it has none, or none that can be read."""
    try:
        bins = tuple(ConfidenceBin(float(stated), int(words), int(right)) for stated, words, right in json.loads(text))
    except (ValueError, TypeError):
        return None
    return bins if len(bins) == BINS else None


def _names_version(text: str) -> bool:
    """Whether it is JSON that says which version of the document format it has; transcripts don't."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(plain, dict) and "version" in plain
