"""Errors for people and scripts."""

import errno

import pytest
from audapolis.errors import AudapolisError, Cancelled, NotFound, StorageFull, UnsupportedMedia, WorkerCrashed
from audapolis.terminal.problems import error_named, exit_code, explain, overall


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x"), 2),
        (UnsupportedMedia("x"), 2),
        (StorageFull("x"), 2),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
        (WorkerCrashed("x"), 1),
        (MemoryError(), 1),
        (ValueError("x"), 1),
        (Cancelled(), 130),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_exit_code_tells_whose_fault_it_was(error: BaseException, code: int) -> None:
    assert exit_code(error) == code


@pytest.mark.parametrize(("codes", "code"), [([], 0), ([0, 0], 0), ([0, 2], 2), ([2, 1, 0], 1), ([2, 130, 1], 130)])
def test_of_several_codes_the_gravest_counts(codes: list[int], code: int) -> None:
    assert overall(codes) == code


def test_a_known_error_is_told_with_its_hint_and_a_fault_with_how_to_report_it() -> None:
    assert explain(NotFound("No file.", hint="Look again.")) == "No file.\n  Look again."
    assert explain(NotFound("No file.")) == "No file."
    fault = explain(KeyError("a\nb"))
    assert fault.startswith("Unexpected KeyError")
    assert "report" in fault
    assert fault.count("\n") == 1


@pytest.mark.parametrize("error", [NotFound("x", hint="y"), WorkerCrashed("x"), UnsupportedMedia("x")])
def test_an_error_survives_being_kept_in_a_record(error: AudapolisError) -> None:
    again = error_named(error.code, error.message, error.hint)
    assert (type(again), again.message, again.hint) == (type(error), error.message, error.hint)


def test_an_unknown_kind_of_error_counts_as_a_failure() -> None:
    assert exit_code(error_named("internal_error", "x", "")) == 1
