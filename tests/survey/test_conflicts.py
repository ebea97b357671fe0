"""What is said of settings that do not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audapolis.survey.conflicts import Misfit, conflicts
from audapolis.survey.machine import Machine
from audapolis.survey.plan import Plan, speed
from hypothesis import given
from hypothesis import strategies as st

from .machines import CARD, ENGINES, GIB, KNOWN, machine, model, plan


def only(found: list[Misfit]) -> Misfit:
    assert len(found) == 1, found
    return found[0]


def test_nothing_is_said_of_settings_that_fit() -> None:
    assert conflicts(plan(model("small")), machine()) == []
    assert conflicts(plan(), machine(cores=1, memory_gib=1)) == []
    assert conflicts(plan(model("large-v3")), machine(gpus=(CARD,))) == []


def test_a_large_model_on_a_processor_is_slow_and_a_smaller_one_is_named() -> None:
    found = only(conflicts(plan(model("large-v3")), machine(cores=2)))
    assert found.severity == "warning"
    assert found.message.startswith("large-v3 on this CPU: about 0.3x real time")
    assert found.remedy == "Use small, about 2x real time."


def test_what_was_measured_here_counts_more_than_the_estimate() -> None:
    assert conflicts(plan(model("large-v3", speed=1.5)), machine(cores=2)) == []
    assert "measured 0.5x" in only(conflicts(plan(model("tiny", speed=0.5)), machine())).message


def test_without_modern_vector_instructions_a_processor_is_slower() -> None:
    fast, slow = machine(instructions="AVX2"), machine(instructions="SSE 4.1")
    assert (speed(model("small"), slow, on_gpu=False) or 0) < (speed(model("small"), fast, on_gpu=False) or 0) / 2


def test_more_threads_than_cores_are_told_with_better_numbers() -> None:
    found = only(conflicts(plan(workers=4), machine(cores=8)))
    assert "4 workers with 8 processes each share 8 cores" in found.message
    assert found.remedy == "Set transcription.processes to 2."
    assert "jobs.workers to 2" in only(conflicts(plan(workers=5, processes=1), machine(cores=2))).remedy


def test_a_gpu_is_asked_for_where_there_is_none() -> None:
    found = only(conflicts(plan(device="cuda"), machine()))
    assert found.severity == "error"
    assert "no NVIDIA driver is at hand" in found.message
    assert "cuda:0" in only(conflicts(plan(device="cuda:3"), machine(gpus=(CARD,)))).remedy


def test_an_engine_that_can_not_run_is_told_with_its_remedy_and_what_auto_takes() -> None:
    found = only(conflicts(plan(diarizer="pyannote"), machine()))
    assert found.severity == "error"
    assert found.settings == ("diarization.engine",)
    assert "not installed" in found.message
    assert "Install it;" in found.remedy
    assert "acoustic" in found.remedy


def test_a_whisper_that_can_be_fetched_is_no_conflict() -> None:
    bare = (replace(ENGINES[0], available=False, reason="No model is here.", remedy="Fetch one."), *ENGINES[1:])
    assert conflicts(plan(model("small", installed=False), engine="whisper", capabilities=bare), machine()) == []
    assert "No model is here" in only(conflicts(plan(engine="whisper", capabilities=bare), machine())).message


def test_an_unknown_engine_is_told_with_those_there_are() -> None:
    assert "auto, whisper, pocketsphinx" in only(conflicts(plan(engine="whispr"), machine())).remedy


def test_nothing_may_be_fetched_and_the_model_is_not_here() -> None:
    found = only(conflicts(plan(model("small", installed=False), offline=True), machine()))
    assert found.severity == "warning"
    assert "embedded engine is used" in found.remedy
    found = only(conflicts(plan(model("small", installed=False), offline=True, engine="whisper"), machine()))
    assert found.severity == "error"


def test_a_gated_model_wants_a_token() -> None:
    wanted = plan(model("small", installed=False, gated=True))
    assert "token" in only(conflicts(wanted, machine())).message
    assert conflicts(plan(model("small", installed=False, gated=True), has_token=True), machine()) == []


def test_chunks_longer_than_whisper_hears_are_told() -> None:
    assert "30" in only(conflicts(plan(max_chunk_s=45.0), machine())).remedy
    assert conflicts(plan(max_chunk_s=45.0, engine="pocketsphinx"), machine()) == []


def test_too_little_memory_is_told_with_how_many_workers_fit() -> None:
    found = only(conflicts(plan(model("small"), workers=4, processes=1), machine(cores=8, memory_gib=4)))
    assert "4 workers with small" in found.message
    assert "jobs.workers to 2" in found.remedy
    assert "smaller model" in only(conflicts(plan(model("medium", speed=2)), machine(memory_gib=2))).remedy


def test_a_model_too_large_for_the_gpu_is_told() -> None:
    small_card = type(CARD)("cuda:0", "Small", 2 * GIB, 0, None, (7, 5))
    assert "GPU memory" in only(conflicts(plan(model("large-v3")), machine(gpus=(small_card,)))).message


def test_full_disks_are_told() -> None:
    found = conflicts(plan(model("small", installed=False)), machine(free_gib=0.1))
    assert [each.settings for each in found] == [("server.min_free_bytes",), ("models.dir",)]


plans = st.builds(
    plan,
    st.none() | st.sampled_from(KNOWN),
    engine=st.sampled_from(["auto", "whisper", "pocketsphinx", "other"]),
    diarizer=st.sampled_from(["auto", "acoustic", "pyannote"]),
    device=st.sampled_from(["auto", "cpu", "cuda", "cuda:1"]),
    workers=st.integers(1, 64),
    processes=st.integers(0, 64),
    offline=st.booleans(),
)
machines = st.builds(
    machine,
    cores=st.integers(1, 128),
    memory_gib=st.floats(0.25, 1024),
    gpus=st.sampled_from([(), (CARD,)]),
    free_gib=st.floats(0, 1000),
    instructions=st.sampled_from([None, "AVX2", "SSE 4.1"]),
)


@given(plans, machines)
def test_whatever_is_wrong_is_a_sentence_with_a_remedy_and_errors_come_first(wanted: Plan, there: Machine) -> None:
    found = conflicts(wanted, there)
    for each in found:
        assert each.message.endswith((".", "?"))
        assert each.remedy.endswith((".", "?"))
        assert each.settings
    severities = [each.severity for each in found]
    assert severities == sorted(severities, key=lambda severity: severity != "error")


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_the_numbers_advised_are_no_conflict_themselves(workers: int) -> None:
    found = only(conflicts(plan(workers=workers, processes=99), machine(cores=8)))
    share = int(found.remedy.removeprefix("Set transcription.processes to ").rstrip("."))
    assert conflicts(plan(workers=workers, processes=share), machine(cores=8)) == []
