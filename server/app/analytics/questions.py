"""Every question the history is asked, in one table: what the API, the report and the benchmark are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property

from ..errors import InvalidOption, UnknownName
from .advice import Site, counsel
from .bottlenecks import Machine, bottlenecks
from .capacity import plan
from .failures import failures, fallbacks, patterns
from .history.store import History
from .models_compared import DIMENSIONS as MODEL_DIMENSIONS
from .models_compared import compare_models
from .processing import DIMENSIONS, processing, stages
from .satisfaction import satisfaction
from .span import Period
from .trends import trends
from .usage import usage

_ALL = tuple(DIMENSIONS)
_OF_JOBS = tuple(name for name, dimension in DIMENSIONS.items() if dimension.job)


@dataclass(frozen=True)
class Asked:
    """What is asked about.

    Attributes:
        look: Tells of the machine and its knobs, for what should be changed here; asked once, and only if need be:
            it means looking at devices and folders.
        by: What to group by; the question's own way when empty.
        zone: Whose hours and weekdays count.
    """

    history: History
    period: Period
    look: Callable[[], Site]
    by: tuple[str, ...] = ()
    zone: tzinfo = UTC

    @cached_property
    def site(self) -> Site:
        """The machine and its knobs."""
        return self.look()

    @property
    def machine(self) -> Machine:
        """The machine alone."""
        memory = self.site.memory_bytes
        return Machine(self.site.cores, None if memory is None else int(memory), gpus=self.site.gpus)


@dataclass(frozen=True, slots=True)
class Question:
    """Something the history can be asked.

    Attributes:
        name: What it is asked by.
        tells: What the answer is about, one sentence.
        answer: Gives a frozen dataclass, or a tuple of them.
        by: What it can be grouped by.
    """

    name: str
    tells: str
    answer: Callable[[Asked], object]
    by: tuple[str, ...] = ()


_QUESTIONS = (
    Question(
        "processing",
        "How fast jobs were done, how long they waited, and what they took.",
        lambda asked: processing(asked.history, asked.period, asked.by),
        _OF_JOBS,
    ),
    Question(
        "stages",
        "What each stage of the pipeline took.",
        lambda asked: stages(asked.history, asked.period, asked.by or ("stage",)),
        _ALL,
    ),
    Question(
        "failures",
        "What failed, how often, and what to do about it.",
        lambda asked: failures(asked.history, asked.period, asked.by or ("error",)),
        ("error", "format", *_ALL),
    ),
    Question(
        "patterns",
        "What failures have in common.",
        lambda asked: patterns(asked.history, asked.period, asked.zone),
    ),
    Question(
        "fallbacks",
        "What else ran than was wanted, and why.",
        lambda asked: fallbacks(asked.history, asked.period),
    ),
    Question(
        "bottlenecks",
        "What keeps jobs from being done sooner, and what would be gained without it.",
        lambda asked: tuple(bottlenecks(asked.history, asked.period, asked.machine)),
    ),
    Question(
        "capacity",
        "How much the workers can take, and what more of them would do.",
        lambda asked: plan(
            asked.history,
            asked.period,
            asked.site.workers,
            asked.site.target_wait_s,
            cores=asked.site.cores,
            gpus=asked.site.gpus,
        ),
    ),
    Question(
        "models",
        "Which speech model serves whom how well: speed against accuracy.",
        lambda asked: compare_models(asked.history, asked.period, asked.by),
        MODEL_DIMENSIONS,
    ),
    Question(
        "usage",
        "Who uses this installation, when, and for what.",
        lambda asked: usage(asked.history, asked.period, asked.zone),
    ),
    Question(
        "satisfaction",
        "What people thought of their transcripts, and did with them.",
        lambda asked: satisfaction(asked.history, asked.period),
    ),
    Question("trends", "What changed for good.", lambda asked: trends(asked.history, asked.period)),
    Question(
        "advice",
        "What to change here, why, and what that is to bring about.",
        lambda asked: counsel(asked.history, asked.period, asked.site, now=asked.period.until),
    ),
)

QUESTIONS: Mapping[str, Question] = {question.name: question for question in _QUESTIONS}
"""Every question by name."""


def ask(name: str, asked: Asked) -> object:
    """The answer to a question.

    Raises:
        UnknownName: There is no such question.
        InvalidOption: It can't be grouped by what was named.
    """
    if name not in QUESTIONS:
        raise UnknownName("question", name, QUESTIONS)
    question = QUESTIONS[name]
    wrong = [dimension for dimension in asked.by if dimension not in question.by]
    if wrong:
        known = ", ".join(question.by) or "nothing"
        raise InvalidOption(f"'{name}' can't be grouped by '{wrong[0]}'.", hint=f"It can be grouped by {known}.")
    return question.answer(asked)


def many(names: Sequence[str], asked: Asked) -> dict[str, object]:
    """The answers to several questions."""
    return {name: ask(name, asked) for name in names}
