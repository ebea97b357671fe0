"""Whether people are content: what they rate and correct, whether they use what was made, and how often they try again.

Nobody is asked anything: most of this is read from what people do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .frame import Column, Frame
from .history.store import History
from .intervals import Estimate, ratio, share
from .quantiles import Spread, spread_of
from .span import DAY_S, Period

STARS = range(1, 6)
PATIENCE_S = DAY_S
"""A transcript that was not exported for so long after it was done is taken to be left unused."""

_WAYS = ("engine", "model", "diarizer", "language")


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Whether people are content. Rates have 95 % intervals; what is not known is None.

    Attributes:
        rating: Mean stars, 1..5; see `mean_stars`.
        ratings: How many gave so many stars; who rates a job again replaces the rating.
        word_error: Words that people corrected by words they kept or wrote, of transcripts that were corrected.
        corrected: Transcripts that were corrected, of jobs that ended well.
        exported: Jobs whose transcript was exported, of those that ended well more than `patience_s` before the end.
        unused: The others of these.
        to_export_s: From done to the first export.
        rerun: Jobs that ended well and whose recording was submitted again in the period, of all that ended well.
        rerun_otherwise: Those that were submitted again with another engine, model or language.
        cancelled: Jobs that somebody stopped, of all that ended.
        patience_s: As it was asked for.
    """

    rating: Estimate | None
    ratings: Mapping[int, int]
    word_error: Estimate | None
    corrected: Estimate | None
    exported: Estimate | None
    unused: Estimate | None
    to_export_s: Spread | None
    rerun: Estimate | None
    rerun_otherwise: Estimate | None
    cancelled: Estimate | None
    patience_s: float


def satisfaction(history: History, period: Period, patience_s: float = PATIENCE_S) -> Satisfaction:
    """How content people were with jobs that ended, and transcripts that were rated or corrected, in a period.

    Args:
        history: What is remembered.
        period: When that was; exports count until its end.
        patience_s: How long a transcript may lie before it is taken to be unused.
    """
    fields = ["at", "job_id", "queued_at", "outcome", "recording", "transcript_id", *_WAYS]
    jobs = history.frame("jobs", period, fields)
    feedback_fields = ["job_id", "kind", "stars", "words", "substitutions", "deletions", "insertions"]
    feedback = history.frame("feedback", period, feedback_fields)
    stars, fixes = _last(feedback.having(kind="rating"))["stars"], _last(feedback.having(kind="correction"))
    counts = {star: int((stars == star).sum()) for star in STARS}
    done = jobs.having(outcome="done")
    waits_s = _to_export_s(history, period, done)
    ripe = (done["transcript_id"] != "") & (done["at"] + patience_s < period.until)
    used = int(np.isfinite(waits_s[ripe]).sum())
    again, otherwise = _reruns(jobs, done)
    return Satisfaction(
        rating=mean_stars(counts),
        ratings=counts,
        word_error=_word_error(fixes),
        corrected=share(len(set(fixes["job_id"]) & set(done["job_id"])), len(set(done["job_id"]))),
        exported=share(used, int(ripe.sum())),
        unused=share(int(ripe.sum()) - used, int(ripe.sum())),
        to_export_s=spread_of(waits_s),
        rerun=share(again, len(done)),
        rerun_otherwise=share(otherwise, len(done)),
        cancelled=share(int((jobs["outcome"] == "cancelled").sum()), len(jobs)),
        patience_s=patience_s,
    )


def mean_stars(counts: Mapping[int, int]) -> Estimate | None:
    """The mean of ratings, with an interval that holds the true mean at least 19 times in 20; None without ratings.

    The mean is 1 and the shares of ratings with at least 2, 3, 4 and 5 stars; the ends of their Wilson intervals are
    added up. That is careful, because the deviation of a sum is at most the sum of deviations, and it is wide where
    all ratings are alike but few, where Student's interval would be nothing.

    Args:
        counts: How many gave so many stars.
    """
    number = sum(counts.values())
    parts = [share(sum(count for star, count in counts.items() if star >= least), number) for least in STARS[1:]]
    shares = [part for part in parts if part is not None]
    if not shares:
        return None
    low, high = (1 + sum(ends) for ends in zip(*((part.low or 0.0, part.high or 0.0) for part in shares), strict=True))
    return Estimate(1 + sum(part.value for part in shares), low, high, number)


def _word_error(fixes: Frame) -> Estimate | None:
    """Edits by words, over transcripts."""
    edits = fixes["substitutions"] + fixes["deletions"] + fixes["insertions"]
    counted = np.isfinite(edits) & np.isfinite(fixes["words"])
    return ratio(edits[counted], fixes["words"][counted])


def _last(feedback: Frame) -> Frame:
    """The last word on each job: who rates or corrects again changes their mind."""
    rows = {job_id: row for row, job_id in enumerate(feedback["job_id"])}
    return feedback.where(np.array(list(rows.values()), int))


def _to_export_s(history: History, period: Period, done: Frame) -> Column:
    """How long after each job its transcript was first exported; NaN where it was not."""
    exports = history.frame("exports", period, ["at", "transcript_id"], {"error": ""})
    first: dict[str, float] = {}
    for transcript_id, at in zip(exports["transcript_id"], exports["at"].tolist(), strict=True):
        first.setdefault(transcript_id, at)
    first.pop("", None)
    exported_at = np.array([first.get(transcript_id, np.nan) for transcript_id in done["transcript_id"]], float)
    waits_s: Column = np.maximum(exported_at - done["at"], 0.0)
    return waits_s


def _reruns(jobs: Frame, done: Frame) -> tuple[int, int]:
    """How many jobs' recordings were submitted again after they were done; and how many with something else."""
    later: dict[str, list[tuple[float, tuple[str, ...]]]] = {}
    for recording, at, *way in zip(*(jobs[name] for name in ("recording", "queued_at", *_WAYS)), strict=True):
        later.setdefault(recording, []).append((at, tuple(way)))
    later.pop("", None)
    again = otherwise = 0
    for recording, at, *way in zip(*(done[name] for name in ("recording", "at", *_WAYS)), strict=True):
        ways = [other for queued_at, other in later.get(recording, ()) if queued_at >= at]
        again += bool(ways)
        otherwise += any(_differs(tuple(way), other) for other in ways)
    return again, otherwise


def _differs(way: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two jobs were done in different ways, as far as both are known."""
    return any(one and two and one != two for one, two in zip(way, other, strict=True))
