"""The doctor's report on a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audapolis.domain.capability import Capability, used_instead
from audapolis.survey.conflicts import Misfit
from audapolis.survey.report import Report
from audapolis.terminal.doctor import as_text
from audapolis.terminal.style import Style
from audapolis.terminal.text import width

from ..survey.machines import CARD, machine
from ..survey.test_report import ENGINES, report_of

LONG = Capability(
    "far-away-engine",
    "speech",
    False,
    "a detail that goes on and on, with a path like /a/very/long/path/that/can/not/be/broken/anywhere",
    reason="It is not here, " + "and " * 30 + "so on.",
    remedy="Get it. " * 20,
)
MISFITS = (
    Misfit("error", ("transcription.engine",), "There is no engine 'whispr'.", "Known: auto, whisper."),
    Misfit("warning", ("models.defaults",), "large-v3 on this CPU: about 0.3x real time.", "Use small."),
)


@pytest.fixture
def found() -> Report:
    return replace(report_of(*ENGINES, LONG), conflicts=MISFITS)


def test_what_is_missing_is_told_with_reason_substitute_and_remedy(found: Report) -> None:
    text = as_text(found, Style())
    for said in ("Its weights are missing.", "Used instead: draft.", "Pull them.", "no NVIDIA driver is at hand"):
        assert said in text


def test_conflicts_and_good_settings_are_told(found: Report) -> None:
    text = as_text(found, Style())
    for said in (*(misfit.message for misfit in MISFITS), "(transcription.engine)", "Good settings here", "enhanced"):
        assert said in text


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_it_fits_the_terminal(found: Report, columns: int) -> None:
    # Paths that can't be broken may stand out; nothing else does.
    lines = as_text(found, Style(columns=columns)).splitlines()
    assert [line for line in lines if width(line) > columns and "/very/long/" not in line] == []


def test_it_says_whether_work_can_be_done(found: Report) -> None:
    assert "Not ready" in as_text(found, Style())
    fine = replace(found, healthy=True, conflicts=())
    assert as_text(fine, Style()).splitlines()[-1].startswith("Ready")
    assert "but some settings" in as_text(replace(fine, conflicts=MISFITS), Style()).splitlines()[-1]


def test_gpus_are_told_with_memory_and_driver(found: Report) -> None:
    text = as_text(replace(found, machine=machine(gpus=(CARD,))), Style())
    assert "cuda:0" in text
    assert "24.0 GiB, 1.0 GiB in use, driver 550.54" in text


def test_colours_and_signs_are_used_only_where_they_may_be(found: Report) -> None:
    assert "\x1b[" in as_text(found, Style(colour=True))
    plain = as_text(found, Style(colour=False, signs=False))
    assert "\x1b" not in plain
    assert plain.isascii()


def test_names_can_not_garble_the_terminal(found: Report) -> None:
    nasty = Capability("bad", "speakers", False, "\x1b[2J", reason="\x1b]0;gone\x07", remedy="\x1b[31m")
    assert "\x1b" not in as_text(replace(found, capabilities=(nasty,)), Style())


def test_the_best_available_of_the_same_kind_is_used_instead() -> None:
    assert used_instead(ENGINES[0], ENGINES) == ENGINES[1]
    assert used_instead(ENGINES[1], ENGINES) is None
    assert used_instead(ENGINES[2], ENGINES) is None
