"""What errors mean, what failures can have in common, and what to do about either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from .frame import Column, Frame
from .quantiles import FEWEST_HITS
from .span import HOUR_S, MINUTE_S
from .usage import wall_clock

_LENGTHS_S = (60, 300, 600, 1200, 1800, 3600, 5400, 7200, 10_800, 14_400)
_WORKER_AGES = (10, 20, 50, 100, 200, 500, 1000)
_MOST_VALUES = 120


@dataclass(frozen=True, slots=True)
class Remedy:
    """What an error usually means, and what the administrator does about it; a sentence each."""

    means: str
    do: str


REMEDIES: Mapping[str, Remedy] = {
    "unsupported_media": Remedy(
        "The files are damaged, empty, silent, or of a kind that libav can't read.",
        "Play an example; convert such files (`ffmpeg -i IN OUT.wav`) or have their sender export them in another way.",
    ),
    "invalid_option": Remedy(
        "Tasks are submitted with options that make no sense together.",
        "Look at the options of the example and correct the program or preset that sends them.",
    ),
    "unknown_name": Remedy(
        "Tasks name an engine, a model or a format that does not exist here.",
        "Compare it with `audapolis models list` and `audapolis formats`; correct the sender, or install the model.",
    ),
    "invalid_document": Remedy(
        "A transcript or document file breaks the rules of its format.",
        "Write the file again with the program that made it.",
    ),
    "invalid_template": Remedy(
        "A template of your own is wrong, or takes more time or memory than it may.",
        "Try the template with `audapolis templates preview` and mend the line that is named.",
    ),
    "invalid_model": Remedy(
        "A speech model is damaged, of no kind we know, or does not work.",
        "Remove the model and import or fetch it again.",
    ),
    "invalid_input": Remedy(
        "Tasks ask for something that can't work.",
        "Look at the message of the example and correct the program that sends such tasks.",
    ),
    "not_found": Remedy(
        "The recording, or something the task needs, was gone when it was its turn.",
        "Keep recordings where they are until their tasks are done, or upload them instead of naming a path.",
    ),
    "conflict": Remedy(
        "Two wishes contradict each other, or something exists already.",
        "Have one program at a time submit such tasks, or give them other names.",
    ),
    "stale": Remedy(
        "Something was changed by two at once.",
        "Read it again and repeat the change; if it keeps happening, two programs edit the same thing.",
    ),
    "unauthorized": Remedy(
        "A token is missing or wrong.",
        "Give the sender the token of this server, or a new one after it was changed.",
    ),
    "too_large": Remedy(
        "The input is over a limit of the settings.",
        "Raise the limit that the message names, or have such recordings cut.",
    ),
    "engine_unavailable": Remedy(
        "An engine can't run on this machine: something it needs is not installed.",
        "Run `audapolis doctor`: it tells what is missing; install that, or choose another engine.",
    ),
    "model_missing": Remedy(
        "The weights of a model are not on this machine.",
        "Fetch the model with `audapolis models pull`, or name one that is here.",
    ),
    "model_broken": Remedy(
        "A file of a model is damaged or was cut short.",
        "Remove the model and fetch it again; check the disk if it happens twice.",
    ),
    "engine_failed": Remedy(
        "An engine broke on these recordings.",
        "Retry the example with another model or engine; if that works, make it the default for such recordings.",
    ),
    "worker_crashed": Remedy(
        "The process that did the work died, most often because the machine ran out of memory.",
        "Look for the out-of-memory killer in the system's log; run fewer workers, or use a smaller model.",
    ),
    "worker_lost": Remedy(
        "A worker died or fell silent while it was at a task.",
        "Look for the out-of-memory killer in the system's log; run fewer workers, or use a smaller model.",
    ),
    "out_of_memory": Remedy(
        "The machine had no memory left.",
        "Run fewer workers, use a smaller model, or add memory; have very long recordings cut.",
    ),
    "out_of_device_memory": Remedy(
        "The device had no memory left for the model and what it works on.",
        "Choose a smaller model, precision or batch, or let fewer workers share the device.",
    ),
    "device_lost": Remedy(
        "A device vanished, or its driver gave up.",
        "Look at the driver's messages (`dmesg`) and the device's temperature; restart, or update the driver.",
    ),
    "storage_full": Remedy(
        "The disk was full.",
        "Free some space, or have results and finished tasks kept for a shorter time; then retry the failed tasks.",
    ),
    "export_failed": Remedy(
        "A transcript could not be written in a format.",
        "Export the example by hand: the message tells what the format can't hold; choose other options.",
    ),
    "internal_error": Remedy(
        "Something broke inside Audapolis.",
        "Look up the example in the log and report it; if it began with an update, go back to the version before.",
    ),
    "audapolis_error": Remedy(
        "Something went wrong that has no kind of its own.",
        "Look up the example in the log: its message says what.",
    ),
}
"""By error code. Whatever can end a job, an attempt or an export is here."""

_UNKNOWN = Remedy("It is not known what this means.", "Look up the example in the log.")


def remedy_of(error: str) -> Remedy:
    """What an error means and what to do; says so where it is not known."""
    return REMEDIES.get(error, _UNKNOWN)


@dataclass(frozen=True, slots=True)
class PatternKind:
    """Something failures can have in common.

    Attributes:
        says: How it is put, with `{value}`.
        do: What the administrator does about it; a sentence.
    """

    says: str
    do: str


PATTERNS: Mapping[str, PatternKind] = {
    "recording": PatternKind(
        "the same recording, again and again",
        "Keep that recording from being submitted again until the cause is known: the others do well.",
    ),
    "change": PatternKind(
        "since {value}",
        "Undo that change, or look at what it says in its notes; see whether the failures stop.",
    ),
    "version": PatternKind(
        "version {value}",
        "Go back to the version before, and report what fails.",
    ),
    "burst": PatternKind(
        "from {value}",
        "See what the machine and its log tell of that time; retry the tasks that failed.",
    ),
    "hour": PatternKind(
        "between {value} o'clock, day after day",
        "See what else runs at that hour (backups, updates), and move it or the tasks.",
    ),
    "worker_age": PatternKind(
        "workers that have done {value} tasks or more",
        "Workers wear out, most often because memory leaks: have them replaced sooner, and report it.",
    ),
    "file_type": PatternKind(
        "recordings of type {value}",
        "Try one by hand; have their sender use another format while such files fail.",
    ),
    "codec": PatternKind(
        "sound coded as {value}",
        "Try one by hand; have their sender use another coding while such files fail.",
    ),
    "model": PatternKind(
        "model {value}",
        "Check the model with `audapolis models verify`, and choose another one meanwhile.",
    ),
    "engine": PatternKind(
        "engine {value}",
        "See with `audapolis doctor` whether the engine is whole, and choose another one meanwhile.",
    ),
    "device": PatternKind(
        "device {value}",
        "Look at the device with `audapolis doctor`, and let another one do the work meanwhile.",
    ),
    "precision": PatternKind(
        "precision {value}",
        "Choose another precision.",
    ),
    "diarizer": PatternKind(
        "speakers told apart by {value}",
        "Choose another engine for the speakers.",
    ),
    "language": PatternKind(
        "language {value}",
        "Choose a model made for that language.",
    ),
    "length": PatternKind(
        "recordings of {value}",
        "Cut recordings before they are sent until such lengths work.",
    ),
    "client": PatternKind(
        "client {value}",
        "Ask that client what is particular about its recordings and options.",
    ),
    "origin": PatternKind(
        "tasks that come in by {value}",
        "See what that door does differently: options, defaults, uploads.",
    ),
}
"""By what it is; of several that say the same, the one that comes first is named."""

SHARED = (
    *("file_type", "codec", "model", "engine", "device", "precision", "diarizer", "language", "client", "origin"),
    "version",
)
"""Fields of `JobFact` that are kinds of `PATTERNS` as they are."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something failures have in common: a kind of `PATTERNS` and its value."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Trait:
    """Something that holds for some jobs, and of which jobs that is known; one of `looks` alternatives."""

    condition: Condition
    holds: Column
    known: Column
    looks: int


def traits_of(jobs: Frame, failing: Column, changes: Frame, zone: tzinfo) -> Iterator[Trait]:
    """What jobs may have in common, of which enough failed.

    Args:
        jobs: With the columns `SHARED`, `at`, `audio_s` and `worker_age`, in order of time.
        failing: Which of them failed.
        changes: With `at`, `key` and `new`.
        zone: For hours of the day, and times in words.
    """
    for name in SHARED:
        known = jobs[name] != ""
        values, counts = np.unique(jobs[name][known & failing].astype(str), return_counts=True)
        looks = len(set(jobs[name][known]))
        for place in np.argsort(-counts, kind="stable")[:_MOST_VALUES]:
            if counts[place] >= FEWEST_HITS:
                value = str(values[place])
                yield Trait(Condition(name, value), jobs[name] == value, known, looks)
    audio_s, known = jobs["audio_s"], np.isfinite(jobs["audio_s"])
    yield Trait(Condition("length", "less than 1 min"), audio_s < MINUTE_S, known, len(_LENGTHS_S) + 1)
    for least_s in _LENGTHS_S:
        text = f"{least_s / HOUR_S:g} h or more" if least_s >= HOUR_S else f"{least_s / MINUTE_S:g} min or more"
        yield Trait(Condition("length", text), audio_s >= least_s, known, len(_LENGTHS_S) + 1)
    always, shown = np.ones(len(jobs), bool), wall_clock(jobs["at"], zone)
    for hour in range(24):
        holds = shown["hour"] == hour
        days = np.unique(shown["day"][holds & failing], return_counts=True)[1]
        if len(days) >= 3 and days.max() <= days.sum() / 2:  # else it is one bad day
            yield Trait(Condition("hour", f"{hour} and {hour + 1}"), holds, always, 24)
    age, known = jobs["worker_age"], np.isfinite(jobs["worker_age"])
    for done in _WORKER_AGES:
        yield Trait(Condition("worker_age", str(done)), age >= done, known, len(_WORKER_AGES))
    for key, mine in changes.by("key"):
        for since, until, new in zip(mine["at"], [*mine["at"][1:], np.inf], mine["new"], strict=True):
            value = "{} became {} ({})".format(key[0], new.strip('"'), clock(float(since), zone))
            yield Trait(Condition("change", value), (jobs["at"] >= since) & (jobs["at"] < until), always, len(changes))


def worker_ages(pids: Column) -> Column:
    """How many jobs each job's worker had ended before; NaN where the worker is not known."""
    ended: Counter[float] = Counter()
    ages = np.zeros(len(pids))
    for row, pid in enumerate(pids.tolist()):
        ages[row] = ended[pid]
        ended[pid] += 1
    return np.where(np.isnan(pids), np.nan, ages)


def clock(at: float, zone: tzinfo) -> str:
    """A time as people read it."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")
