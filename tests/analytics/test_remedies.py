"""Whatever can go wrong with a job has a remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from audapolis.analytics.remedies import PATTERNS, REMEDIES, SHARED, remedy_of
from audapolis.cli import build_parser
from audapolis.errors import AudapolisError, Cancelled
from audapolis.jobs.queue import quarantine_error
from audapolis.jobs.record import JobError


def kinds(base: type[AudapolisError] = AudapolisError) -> Iterator[type[AudapolisError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


OURS = sorted(
    {kind for kind in kinds() if kind.__module__ == "audapolis.errors" and kind is not Cancelled},
    key=lambda kind: kind.__name__,
)
"""Every error but the one after which nothing is wrong."""


def code_of(kind: type[AudapolisError]) -> str:
    error = kind.__new__(kind)
    AudapolisError.__init__(error, "It went wrong.")
    return error.code


@pytest.mark.parametrize("kind", OURS)
def test_every_error_that_can_end_a_job_has_a_remedy(kind: type[AudapolisError]) -> None:
    assert code_of(kind) in REMEDIES


@pytest.mark.parametrize("error", [ValueError("?"), MemoryError(), OSError(28, "No space left on device")])
def test_foreign_errors_have_one_too(error: Exception) -> None:
    assert JobError.of(error).code in REMEDIES


def test_lost_workers_and_quarantined_jobs_have_one() -> None:
    assert quarantine_error(3, "killed").code in REMEDIES
    assert "worker_lost" in REMEDIES


def test_no_remedy_is_for_an_error_that_does_not_exist() -> None:
    assert set(REMEDIES) == {*map(code_of, OURS), "internal_error", "worker_lost"}


def test_remedies_are_whole_sentences() -> None:
    for remedy in (*REMEDIES.values(), remedy_of("something new")):
        assert remedy.means.endswith(".")
        assert remedy.do.endswith((".", "`."))


def test_commands_that_remedies_name_exist() -> None:
    texts = " ".join([*(remedy.do for remedy in REMEDIES.values()), *(kind.do for kind in PATTERNS.values())])
    commands = build_parser().commands
    named = re.findall(r"`audapolis (\w+)(?: (\w+))?", texts)
    assert named
    for command, verb in named:
        choices = [action.choices for action in commands[command]._actions if action.choices]
        assert not verb or any(verb in some for some in choices)


def test_every_field_that_failures_can_share_is_a_kind_of_pattern() -> None:
    assert set(SHARED) <= set(PATTERNS)
