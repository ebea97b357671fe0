"""Recommended settings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audapolis.survey.advice import recommend
from audapolis.survey.conflicts import conflicts
from audapolis.survey.machine import Machine
from hypothesis import given
from hypothesis import strategies as st

from .machines import CARD, GIB, KNOWN, machine, plan


def test_a_gpu_gets_the_largest_model_that_fits() -> None:
    good = recommend(machine(gpus=(CARD,)), KNOWN, offline=False)
    assert (good.preset, good.model) == ("advanced", "large-v3")
    small_card = replace(CARD, memory_bytes=2 * GIB)
    assert recommend(machine(gpus=(small_card,)), KNOWN, offline=False).model == "small"


@pytest.mark.parametrize(("cores", "wanted"), [(1, "base"), (2, "small"), (8, "large-v3-turbo"), (16, "large-v3")])
def test_a_processor_gets_the_best_model_that_keeps_up_with_speech(cores: int, wanted: str) -> None:
    good = recommend(machine(cores=cores, memory_gib=64), KNOWN, offline=False)
    assert good.model == wanted
    assert good.preset == "enhanced"
    assert wanted in good.because[0]


def test_offline_only_what_is_here_counts() -> None:
    assert recommend(machine(), KNOWN, offline=True).preset == "basic"
    here = [replace(each, installed=each.name == "base") for each in KNOWN]
    assert recommend(machine(), here, offline=True).model == "base"


def test_with_little_memory_the_embedded_engine_is_better() -> None:
    good = recommend(machine(memory_gib=0.5), KNOWN, offline=False)
    assert good.model is None
    assert "memory" in good.because[0]


@given(st.integers(1, 256), st.floats(0.5, 512), st.sampled_from([(), (CARD,), (CARD, CARD)]))
def test_what_is_recommended_has_no_conflict(cores: int, memory_gib: float, gpus: tuple[type(CARD), ...]) -> None:  # type: ignore[valid-type]
    there: Machine = machine(cores=cores, memory_gib=memory_gib, gpus=gpus)
    good = recommend(there, KNOWN, offline=False)
    chosen = next((each for each in KNOWN if each.name == good.model), None)
    wanted = plan(
        chosen,
        workers=good.settings["jobs.workers"],
        processes=good.settings["transcription.processes"],
        engine="auto" if chosen else "pocketsphinx",
    )
    found = [each for each in conflicts(wanted, there) if each.settings != ("jobs.workers",) or memory_gib >= 1]
    assert found == []
