"""sherpa-onnx, with a model that is made here: the real library loads and runs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from audapolis.domain.audio import Window
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Span
from audapolis.engines.base import Diarization, Diarizer, SpeakerCount
from audapolis.engines.sherpa.engine import SherpaDiarizer, is_installed, is_model_folder
from audapolis.engines.sherpa.pipeline import without
from audapolis.engines.speakers.messages import RawTurn
from audapolis.errors import EngineFailed, ModelMissing, WorkerCrashed

from .acoustic.voices import HIGH, LOW
from .listening import TWO, hear, heard, listen


@pytest.fixture(scope="module")
def diarizer(sherpa_model: Path) -> Iterator[SherpaDiarizer]:
    opened = SherpaDiarizer(sherpa_model, threads=1)
    yield opened
    opened.close()


def test_it_says_what_it_is(diarizer: Diarizer) -> None:
    assert (diarizer.info.name, diarizer.info.model, diarizer.info.device) == ("sherpa", "tiny-sherpa", "cpu")


def test_it_is_found_without_being_imported(sherpa_model: Path, tmp_path: Path) -> None:
    assert is_installed()
    assert is_model_folder(sherpa_model)
    assert not is_model_folder(tmp_path)


def test_two_voices_are_two_speakers_and_each_turn_has_its_own(diarizer: Diarizer) -> None:
    result, speech = listen(diarizer)
    assert [heard(result, span) for span in speech] == ["S1" if voice is LOW else "S2" for voice, _ in TWO]
    assert [s.name for s in result.speakers] == ["Speaker 1", "Speaker 2"]
    assert all(s.speech_s > 4 for s in result.speakers)


def test_a_voice_is_known_again_after_a_long_gap(diarizer: Diarizer) -> None:
    result, speech = listen(diarizer, [(LOW, 3.0), *[(HIGH, 3.0)] * 4, (LOW, 3.0)])
    assert heard(result, speech[0]) == heard(result, speech[-1]) == "S1"
    assert {heard(result, span) for span in speech[1:-1]} == {"S2"}


@pytest.mark.parametrize(
    ("count", "speakers"),
    [(SpeakerCount(1, 1), 1), (SpeakerCount(3, 3), 3), (SpeakerCount(3, None), 3), (SpeakerCount(1, 2), 2)],
)
def test_a_given_number_of_speakers_is_found(diarizer: Diarizer, count: SpeakerCount, speakers: int) -> None:
    assert len(listen(diarizer, count=count)[0].speakers) == speakers


def test_vectors_have_unit_length_and_know_a_voice_again(diarizer: Diarizer) -> None:
    first, _ = listen(diarizer)
    again, _ = listen(diarizer, [(HIGH, 4.0), (LOW, 4.0)])
    low, high, high_again, low_again = (np.array(s.embedding) for s in (*first.speakers, *again.speakers))
    assert all(np.linalg.norm(v) == pytest.approx(1.0) for v in (low, high, high_again, low_again))
    assert low @ low_again > 0.7 > low @ high_again
    assert {s.embedding_model for s in (*first.speakers, *again.speakers)} == {first.speakers[0].embedding_model}


def test_times_count_from_the_first_window(diarizer: Diarizer) -> None:
    early, _ = listen(diarizer)
    late, _ = listen(diarizer, start_s=100.0)
    assert [t.start_s for t in late.turns] == [pytest.approx(t.start_s + 100.0) for t in early.turns]


def test_nothing_of_a_recording_has_a_name_that_could_stay_behind(
    diarizer: Diarizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    session = diarizer.open(CancelToken())
    session.feed(Window(0.0, LOW.say(3.0, seed=1)))
    assert list(tmp_path.iterdir()) == []
    assert len(session.flush([Span(0.0, 3.0)], SpeakerCount(1, 1)).speakers) == 1


def test_no_speech_gives_no_turns(diarizer: Diarizer) -> None:
    assert hear(diarizer, np.zeros(80_000, np.float32), []) == Diarization((), ())


def test_silence_called_speech_gives_no_turns(diarizer: Diarizer) -> None:
    assert hear(diarizer, np.zeros(320_000, np.float32), [Span(0.0, 20.0)]) == Diarization((), ())


def test_not_a_number_in_the_sound_is_survived(diarizer: Diarizer) -> None:
    sound = LOW.say(4.0, seed=1)
    sound[100:200] = np.nan
    assert len(hear(diarizer, sound, [Span(0.0, 4.0)]).speakers) == 1


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _without_description(path: Path) -> None:
    model = onnx.load(str(path))
    del model.metadata_props[:]
    onnx.save(model, str(path))


@pytest.mark.slow
@pytest.mark.parametrize("damage", [_cut_short, _without_description, Path.unlink])
@pytest.mark.parametrize("name", ["segmentation.onnx", "embedding.onnx"])
def test_a_damaged_model_is_refused_with_the_file_named(
    sherpa_model: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    folder = shutil.copytree(sherpa_model, tmp_path / "model")
    damage(folder / name)
    broken = SherpaDiarizer(folder, threads=1)
    with pytest.raises(ModelMissing, match=name):
        listen(broken, [(LOW, 2.0)])
    broken.close()


def test_a_model_that_makes_the_library_end_the_process_is_an_error_like_others(
    sherpa_model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(sherpa_model, tmp_path / "model")
    model = onnx.load(str(folder / "embedding.onnx"))
    [framework] = [each for each in model.metadata_props if each.key == "framework"]
    framework.value = "something else"
    onnx.save(model, str(folder / "embedding.onnx"))
    broken = SherpaDiarizer(folder, threads=1)
    with pytest.raises(WorkerCrashed, match="sherpa"):
        listen(broken, [(LOW, 2.0)])
    assert issubclass(WorkerCrashed, EngineFailed)  # so that another engine takes over
    broken.close()


def test_a_turn_is_cut_where_others_talk() -> None:
    others = [RawTurn(2, 3, "b"), RawTurn(2.5, 4, "c"), RawTurn(9, 12, "b"), RawTurn(20, 21, "b")]
    left = without(RawTurn(0, 10, "a"), others)
    assert [(piece.start_s, piece.end_s) for piece in left] == [(0, 2), (4, 9)]
