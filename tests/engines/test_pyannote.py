"""pyannote.audio, with a pipeline that is fitted here: the real library loads and runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from audapolis.config import load_settings
from audapolis.diarization_bridge import DiarizationBridge
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Span
from audapolis.engines.base import Diarization, SpeakerCount
from audapolis.engines.pyannote.engine import PyannoteDiarizer, is_installed, is_model_folder
from audapolis.errors import Cancelled, DeviceLost, EngineFailed, ModelMissing

from .acoustic.voices import HIGH, LOW
from .listening import TWO, StopAfter, hear, heard, listen

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The minimal pipeline. Made in a process of its own: importing pyannote.audio warns of what it does not need."""
    folder = tmp_path_factory.mktemp("pyannote") / "tiny-pyannote"
    python("-m", "tests.models.speakers_pyannote", str(folder))
    return folder


def python(*arguments: str, **environment: str) -> str:
    command = [sys.executable, "-W", "ignore", *arguments]
    root = Path(__file__).parents[2]
    return subprocess.run(
        command, cwd=root, env={**os.environ, **environment}, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def diarizer(pipeline: Path) -> Iterator[PyannoteDiarizer]:
    opened = PyannoteDiarizer(pipeline, threads=1)
    yield opened
    opened.close()


def test_it_is_found_without_being_imported(pipeline: Path, tmp_path: Path) -> None:
    assert is_installed()
    assert is_model_folder(pipeline)
    assert not is_model_folder(tmp_path)


def test_two_voices_are_two_speakers_and_each_turn_has_its_own(diarizer: PyannoteDiarizer) -> None:
    result, speech = listen(diarizer)
    assert [heard(result, span) for span in speech] == ["S1" if voice is LOW else "S2" for voice, _ in TWO]
    assert all(s.speech_s > 4 for s in result.speakers)


def test_small_batches_hear_the_same(pipeline: Path, diarizer: PyannoteDiarizer) -> None:
    one_by_one = PyannoteDiarizer(pipeline, threads=1, batch_size=1)
    try:
        assert [t.speaker for t in listen(one_by_one)[0].turns] == [t.speaker for t in listen(diarizer)[0].turns]
    finally:
        one_by_one.close()


def test_a_voice_is_known_again_after_a_long_gap(diarizer: PyannoteDiarizer) -> None:
    result, speech = listen(diarizer, [(LOW, 4.0), *[(HIGH, 4.0)] * 4, (LOW, 4.0)])
    assert heard(result, speech[0]) == heard(result, speech[-1]) == "S1"
    assert {heard(result, span) for span in speech[1:-1]} == {"S2"}


def test_people_who_talk_at_once_have_turns_that_overlap(diarizer: PyannoteDiarizer) -> None:
    low, high = LOW.say(10.0, seed=1), HIGH.say(10.0, seed=2)
    low[96_000:] = 0
    high[:64_000] = 0
    sound = low + high + np.random.default_rng(0).standard_normal(160_000).astype(np.float32) * 1e-3
    turns = hear(diarizer, sound, [Span(0.0, 10.0)], count=SpeakerCount(2, 2)).turns
    both_s = sum(a.overlap_s(b) for a in turns for b in turns if a.speaker < b.speaker)
    assert both_s == pytest.approx(2.0, abs=1.0)


@pytest.mark.parametrize(("count", "speakers"), [(SpeakerCount(1, 1), 1), (SpeakerCount(3, None), 3)])
def test_a_given_number_of_speakers_is_found(diarizer: PyannoteDiarizer, count: SpeakerCount, speakers: int) -> None:
    assert len(listen(diarizer, count=count)[0].speakers) == speakers


def test_vectors_have_unit_length_and_know_a_voice_again(diarizer: PyannoteDiarizer) -> None:
    first, _ = listen(diarizer)
    again, _ = listen(diarizer, [(HIGH, 4.0), (LOW, 4.0)])
    low, high, high_again, low_again = (np.array(s.embedding) for s in (*first.speakers, *again.speakers))
    assert all(np.linalg.norm(v) == pytest.approx(1.0) for v in (low, high, high_again, low_again))
    assert low @ low_again > low @ high_again
    assert {s.embedding_model for s in (*first.speakers, *again.speakers)} == {first.speakers[0].embedding_model}


def test_silence_called_speech_gives_no_turns(diarizer: PyannoteDiarizer) -> None:
    assert hear(diarizer, np.zeros(160_000, np.float32), [Span(0.0, 10.0)]) == Diarization((), ())


def test_very_little_speech_is_no_error(diarizer: PyannoteDiarizer) -> None:
    assert len(hear(diarizer, LOW.say(0.3, seed=1), [Span(0.0, 0.3)]).speakers) <= 1


def test_telemetry_is_off_where_the_library_looks_for_it(diarizer: PyannoteDiarizer) -> None:
    listen(diarizer, [(LOW, 2.0)])
    environment = psutil.Process(diarizer._host.pid).environ()
    assert environment["PYANNOTE_METRICS_ENABLED"] == "0"
    asked = "from pyannote.audio.telemetry.metrics import is_metrics_enabled; print(is_metrics_enabled())"
    assert python("-c", asked, PYANNOTE_METRICS_ENABLED=environment["PYANNOTE_METRICS_ENABLED"]).split() == ["False"]


def test_no_connection_is_made(diarizer: PyannoteDiarizer) -> None:
    listen(diarizer, [(LOW, 2.0)])
    assert psutil.Process(diarizer._host.pid).net_connections("inet") == []


def test_cancelling_ends_the_process_and_the_next_recording_gets_a_new_one(diarizer: PyannoteDiarizer) -> None:
    diarizer.close()
    with pytest.raises(Cancelled):
        listen(diarizer, [(LOW, 2.0)], cancel=StopAfter(3))
    assert diarizer._host.pid is None
    assert len(listen(diarizer, [(LOW, 3.0)])[0].speakers) == 1


def _older_style(folder: Path) -> None:
    """Names repositories of the hub for parts that lie in the folder, as pipelines of version 3.1 do."""
    text = (folder / "config.yaml").read_text()
    text = text.replace("$model/segmentation", "pyannote/segmentation-3.0")
    text = text.replace("$model/embedding", "pyannote/wespeaker-voxceleb-resnet34-LM")
    (folder / "config.yaml").write_text(text)


def test_parts_in_the_folder_are_used_instead_of_those_on_the_hub(pipeline: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pipeline, tmp_path / "older")
    _older_style(folder)
    older = PyannoteDiarizer(folder, threads=1)
    assert len(listen(older, [(LOW, 3.0), (HIGH, 3.0)], count=SpeakerCount(2, 2))[0].speakers) == 2
    older.close()


def _on_the_hub(folder: Path) -> None:
    _older_style(folder)
    shutil.rmtree(folder / "segmentation")


def _cut_short(folder: Path) -> None:
    path = folder / "segmentation" / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:20_000])


def _another_program(folder: Path) -> None:
    text = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(text.replace("pyannote.audio.pipelines.SpeakerDiarization", "os.system"))


def _no_yaml(folder: Path) -> None:
    (folder / "config.yaml").write_text("pipeline: [")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_on_the_hub, r"huggingface\.co/pyannote/segmentation-3\.0"),
        (_cut_short, "can't be loaded"),
        (_another_program, "'os.system'"),
        (_no_yaml, r"config\.yaml"),
    ],
)
def test_a_model_that_is_not_whole_is_refused_with_the_reason(
    pipeline: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    folder = shutil.copytree(pipeline, tmp_path / "broken")
    damage(folder)
    broken = PyannoteDiarizer(folder, threads=1)
    with pytest.raises(ModelMissing, match=said):
        listen(broken, [(LOW, 2.0)])
    broken.close()


def test_a_device_that_is_not_there_is_lost_and_auto_goes_on_without_it(pipeline: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    elsewhere = PyannoteDiarizer(pipeline, device="cuda:0", threads=1)
    with pytest.raises(DeviceLost) as lost:
        listen(elsewhere, [(LOW, 2.0)])
    elsewhere.close()
    assert isinstance(lost.value, EngineFailed)


def test_auto_takes_it_before_all_others(pipeline: Path, tmp_path: Path) -> None:
    bridge = DiarizationBridge(load_settings(data_dir=tmp_path, diarization={"pyannote_model": str(pipeline)}))
    chosen = bridge.choose(TranscribeOptions(device="cpu"))
    assert (chosen.engine.info.name, chosen.fallbacks) == ("pyannote", ())
    assert bridge.capabilities()[0].available
    bridge.close()


@pytest.mark.gpu
def test_a_gpu_gives_the_same_turns_as_the_processor(pipeline: Path, diarizer: PyannoteDiarizer) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no GPU that torch can use here")
    on_gpu = PyannoteDiarizer(pipeline, device="cuda", threads=1)
    result, speech = listen(on_gpu)
    on_gpu.close()
    expected, _ = listen(diarizer)
    assert [heard(result, span) for span in speech] == [heard(expected, span) for span in speech]
