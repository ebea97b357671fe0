from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from audapolis.engines.whisper.engine import WhisperEngine
from audapolis.engines.whisper.files import ModelFacts, is_model_folder, read_facts
from audapolis.errors import ModelBroken, ModelMissing, UnknownName


@pytest.fixture
def copy(tiny_whisper: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(tiny_whisper, folder)
    for file in [folder, *folder.iterdir()]:
        file.chmod(0o700)
    return folder


def test_a_whole_model_tells_its_size_and_kind(tiny_whisper: Path) -> None:
    facts = read_facts(tiny_whisper)
    assert facts.name == tiny_whisper.name
    assert facts.size_bytes == (tiny_whisper / "model.bin").stat().st_size
    assert (facts.mels, facts.quality) == (80, "draft")
    assert facts.decoder_layers == 2
    assert is_model_folder(tiny_whisper)


def cut_weights(folder: Path) -> None:
    weights = folder / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-100_000])


def other_weights(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"not a model at all")


def spoil(name: str) -> Callable[[Path], None]:
    return lambda folder: [(folder / name).write_text("{"), None][1]


@pytest.mark.parametrize(
    ("damage", "file"),
    [
        (cut_weights, "model.bin: it ends too early"),
        (other_weights, "model.bin"),
        (spoil("config.json"), "config.json: it is no JSON"),
        (spoil("tokenizer.json"), "tokenizer.json: it is no JSON"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json: it is missing"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "tokenizer.json"),
    ],
)
def test_a_damaged_model_is_refused_with_the_file_named(copy: Path, damage: Callable[[Path], None], file: str) -> None:
    damage(copy)
    with pytest.raises(ModelBroken, match=file):
        WhisperEngine(copy)


def test_a_folder_without_a_model_is_not_one(tmp_path: Path) -> None:
    assert not is_model_folder(tmp_path)
    with pytest.raises(ModelMissing, match="no Whisper model"):
        WhisperEngine(tmp_path)


def test_a_precision_the_device_lacks_is_answered_with_those_it_has(tiny_whisper: Path) -> None:
    with pytest.raises(UnknownName, match="precision 'int7'") as caught:
        WhisperEngine(tiny_whisper, precision="int7")
    assert "int8" in caught.value.hint


@pytest.mark.parametrize(("width", "quality"), [(384, "draft"), (512, "draft"), (768, "good"), (1280, "best")])
def test_larger_models_are_trusted_more(width: int, quality: str) -> None:
    assert ModelFacts("m", width, 4, 1, 80, 30.0).quality == quality
