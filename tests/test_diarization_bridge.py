"""Which diarizer runs, and what is said when it is not the best one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from audapolis.config import load_settings
from audapolis.diarization_bridge import DiarizationBridge
from audapolis.domain.audio import Chunk
from audapolis.domain.events import EngineChosen, Event, FellBack, ModelLoaded, ModelReleased
from audapolis.domain.options import TranscribeOptions
from audapolis.engines.base import Chosen, Diarizer
from audapolis.engines.pyannote.engine import is_installed as pyannote_is_installed
from audapolis.errors import DeviceLost, EngineFailed, EngineUnavailable, OutOfDeviceMemory, UnknownName
from audapolis.stages.base import StageContext
from audapolis.stages.diarize import DiarizeStage
from audapolis.stages.work import Diarized

from .engines.acoustic.voices import HIGH, LOW, conversation
from .engines.listening import listen
from .engines.machines import TestProbe, gpu
from .engines.sound import ArrayAudio

without_pyannote = pytest.mark.skipif(pyannote_is_installed(), reason="pyannote.audio is installed here")


@contextmanager
def opened(tmp_path: Path, probe: Any = None, **diarization: object) -> Iterator[DiarizationBridge]:
    settings = load_settings(data_dir=tmp_path, diarization=diarization, models={"offline": True})
    bridge = DiarizationBridge(settings, probe)
    try:
        yield bridge
    finally:
        bridge.close()


def told(chosen: Chosen[Diarizer]) -> list[tuple[str, str]]:
    return [(fallback.wanted, fallback.used) for fallback in chosen.fallbacks]


@without_pyannote
def test_auto_takes_the_embedded_one_where_nothing_else_can_run_and_says_why(tmp_path: Path) -> None:
    with opened(tmp_path) as bridge:
        chosen = bridge.choose(TranscribeOptions())
        assert chosen.engine.info.name == "acoustic"
        assert told(chosen) == [("pyannote", "acoustic"), ("sherpa", "acoustic")]
        assert "pyannote.audio is not installed" in chosen.fallbacks[0].reason
        assert "'sherpa-titanet-small' is not on this machine" in chosen.fallbacks[1].reason


@without_pyannote
def test_auto_takes_sherpa_once_its_model_is_here(tmp_path: Path, sherpa_model: Path) -> None:
    with opened(tmp_path, sherpa_model=str(sherpa_model)) as bridge:
        chosen = bridge.choose(TranscribeOptions())
        assert told(chosen) == [("pyannote", "sherpa")]
        result, _ = listen(chosen.engine, [(LOW, 3.0), (HIGH, 3.0)])
        assert len(result.speakers) == 2


def test_the_engine_is_the_same_for_the_next_recording(tmp_path: Path, sherpa_model: Path) -> None:
    options = TranscribeOptions(diarizer="sherpa")
    with opened(tmp_path, sherpa_model=str(sherpa_model)) as bridge:
        assert bridge.choose(options).engine is bridge.choose(options).engine


def test_the_embedded_one_stands_in_for_nobody_when_it_was_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path) as bridge:
        chosen = bridge.choose(TranscribeOptions(diarizer="acoustic"))
        assert (chosen.engine.info.name, chosen.fallbacks, chosen.instead) == ("acoustic", (), None)


def test_the_settings_name_what_auto_means(tmp_path: Path) -> None:
    with opened(tmp_path, engine="acoustic") as bridge:
        assert told(bridge.choose(TranscribeOptions())) == []


def test_an_unknown_diarizer_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with opened(tmp_path) as bridge, pytest.raises(UnknownName, match="'pyannote'"):
        bridge.check(TranscribeOptions(diarizer="pyanote"))


@without_pyannote
def test_a_diarizer_that_is_not_installed_says_how_to_install_it(tmp_path: Path) -> None:
    with opened(tmp_path) as bridge, pytest.raises(EngineUnavailable, match=r"audapolis\[pyannote\]"):
        bridge.check(TranscribeOptions(diarizer="pyannote"))


def test_a_diarizer_without_its_model_says_how_to_get_it(tmp_path: Path) -> None:
    with opened(tmp_path) as bridge, pytest.raises(EngineUnavailable, match="models pull sherpa-titanet-small"):
        bridge.check(TranscribeOptions(diarizer="sherpa"))


def test_a_model_nobody_knows_is_answered_with_those_there_are(tmp_path: Path) -> None:
    nearest = pytest.raises(EngineUnavailable, match="'sherpa-titanet-small'")
    with opened(tmp_path, sherpa_model="sherpa-titanet-smal") as bridge, nearest:
        bridge.check(TranscribeOptions(diarizer="sherpa"))


def test_a_model_of_another_engine_is_not_taken(tmp_path: Path) -> None:
    with opened(tmp_path, sherpa_model="tiny") as bridge, pytest.raises(EngineUnavailable, match="no model of sherpa"):
        bridge.check(TranscribeOptions(diarizer="sherpa"))


def test_everything_that_can_not_run_has_a_reason_and_a_remedy(tmp_path: Path) -> None:
    with opened(tmp_path) as bridge:
        found = bridge.capabilities()
    assert [c.name for c in found] == ["pyannote", "sherpa", "acoustic"]
    assert all(c.available or (c.reason and c.remedy) for c in found)
    assert found[-1].available


def test_an_unknown_device_is_refused_before_any_work(tmp_path: Path) -> None:
    with opened(tmp_path, TestProbe()) as bridge, pytest.raises(UnknownName, match="cuda:7"):
        bridge.check(TranscribeOptions(diarizer="pyannote", device="cuda:7"))


def broken_model(sherpa_model: Path, tmp_path: Path) -> str:
    folder = shutil.copytree(sherpa_model, tmp_path / "broken")
    (folder / "embedding.onnx").write_bytes(b"this was a network once")
    return str(folder)


class Recording:
    """What the stage reads of a `Work`."""

    def __init__(self, options: TranscribeOptions) -> None:
        sound, speech = conversation([(LOW, 4.0), (HIGH, 4.0)])
        self.options = options
        self.audio = self.original = _Windowed(sound)
        self.duration_s = self.audio.duration_s
        self.chunks = (Chunk(0.0, self.duration_s, 0, tuple(speech)),)


class _Windowed(ArrayAudio):
    def windows(self, window_s: float = 10.0, channel: int = 0) -> Iterator[Any]:
        from audapolis.domain.audio import Window

        yield Window(0.0, self.read(0.0, self.duration_s, channel))


def diarized(bridge: DiarizationBridge, options: TranscribeOptions, folder: Path) -> tuple[Diarized, list[Event]]:
    events: list[Event] = []
    context = StageContext(folder, emit=events.append)
    return DiarizeStage(bridge.choose).run(Recording(options), context), events  # type: ignore[arg-type]


@without_pyannote
def test_when_an_engine_breaks_auto_goes_on_with_the_next_and_says_so(tmp_path: Path, sherpa_model: Path) -> None:
    with opened(tmp_path, sherpa_model=broken_model(sherpa_model, tmp_path)) as bridge:
        result, events = diarized(bridge, TranscribeOptions(), tmp_path)
    assert result.engine is not None
    assert result.engine.name == "acoustic"
    assert len(result.diarization.speakers) == 2
    assert [(f.wanted, f.used) for f in result.fallbacks] == [("pyannote", "sherpa"), ("sherpa", "acoustic")]
    assert "embedding.onnx" in result.fallbacks[1].reason
    assert [(e.wanted, e.used) for e in events if isinstance(e, FellBack)] == [
        ("pyannote", "sherpa"),
        ("sherpa", "acoustic"),
    ]
    chosen = [(e.stage, e.engine, e.device) for e in events if isinstance(e, EngineChosen)]
    assert chosen == [("diarize", "sherpa", "cpu"), ("diarize", "acoustic", "cpu")]


def test_loads_are_told_to_whom_a_diarizer_works_for_and_its_end_to_whom_it_may_concern(
    tmp_path: Path, sherpa_model: Path
) -> None:
    between: list[Event] = []
    with opened(tmp_path, sherpa_model=str(sherpa_model)) as bridge:
        bridge.tell(between.append)
        loads = []
        for _ in range(2):
            _, events = diarized(bridge, TranscribeOptions(diarizer="sherpa"), tmp_path)
            loads += [(e.stage, e.model, e.warm) for e in events if isinstance(e, ModelLoaded)]
        assert between == []
    assert loads == [("diarize", "tiny-sherpa", False), ("diarize", "tiny-sherpa", True)]
    assert [type(event) for event in between] == [ModelReleased]


def test_an_engine_that_was_asked_for_and_breaks_is_an_error(tmp_path: Path, sherpa_model: Path) -> None:
    named = pytest.raises(EngineUnavailable, match=r"embedding\.onnx")
    with opened(tmp_path, sherpa_model=broken_model(sherpa_model, tmp_path)) as bridge, named:
        diarized(bridge, TranscribeOptions(diarizer="sherpa"), tmp_path)


FULL, GONE = OutOfDeviceMemory("It is full."), DeviceLost("It is gone.")
ON_GPU, IN_SMALL_BATCHES, ON_CPU = "pyannote on a GPU", "pyannote on a GPU in small batches", "pyannote on the CPU"


@pytest.mark.parametrize(
    ("errors", "steps"),
    [
        ([GONE], [(ON_GPU, ON_CPU)]),
        ([FULL, FULL], [(ON_GPU, IN_SMALL_BATCHES), (IN_SMALL_BATCHES, ON_CPU)]),
        ([FULL, GONE], [(ON_GPU, IN_SMALL_BATCHES), (IN_SMALL_BATCHES, ON_CPU)]),
    ],
    ids=["gone", "full, and full again", "full, then gone"],
)
def test_when_a_gpu_fails_the_same_engine_goes_on_with_less_of_it_then_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: list[EngineFailed], steps: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr("audapolis.engines.pyannote.engine.is_installed", lambda: True)
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "config.yaml").write_text("pipeline: {name: pyannote.audio.pipelines.SpeakerDiarization}")
    with opened(tmp_path, TestProbe([gpu()]), pyannote_model=str(tmp_path / "pipeline")) as bridge:
        chosen = bridge.choose(TranscribeOptions())
        assert chosen.engine.info.device == "cuda:0"
        for error in errors:
            assert chosen.instead is not None
            chosen = chosen.instead(error)
        assert (chosen.engine.info.name, chosen.engine.info.device) == ("pyannote", "cpu")
        assert told(chosen) == steps
        assert chosen.instead is not None
        last = chosen.instead(EngineFailed("It broke."))
        assert last.engine.info.name == "acoustic"
        assert told(last)[: len(steps)] == steps
        assert ("pyannote", "acoustic") in told(last)
