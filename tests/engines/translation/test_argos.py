"""Argos Translate's packages: folder or archive, their tokenizer, and a real CTranslate2 model in them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import ctranslate2
import pytest
from audapolis.engines.translation.argos import ArgosTranslator
from audapolis.engines.translation.package import read_package
from audapolis.engines.translation.pieces import Pieces, read_pieces
from audapolis.errors import EngineUnavailable, InvalidOption, ModelBroken, NotFound

from .making import PIECES, archived, package, piece_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package(tmp_path_factory.mktemp("argos") / "en_de")


def test_text_is_cut_into_the_likeliest_pieces() -> None:
    pieces = Pieces(piece_model())
    assert pieces.cut("hello  world, goes") == ["▁hello", "▁world", ",", "▁goes"]
    assert pieces.cut("hell") == ["▁", "h", "e", "l", "l"]
    assert pieces.cut("Ж") == ["▁", "Ж"]  # unknown; kept, so that it can be copied
    assert Pieces.joined(["▁hello", "▁wor", "ld", ","]) == "hello world,"


def test_a_piece_model_is_read_field_by_field() -> None:
    model = read_pieces(piece_model())
    assert [piece for piece, _ in model.pieces] == PIECES
    assert (model.unknown, model.charsmap, model.dummy_prefix) == (0, b"", True)


@pytest.mark.parametrize(
    "data", [b"", b"\x0a", piece_model()[:-7] + b"\xff" * 20, piece_model(kind=2), b"\x0a\x02\xff\xff"]
)
def test_damaged_and_other_tokenizers_are_refused(data: bytes) -> None:
    with pytest.raises(ModelBroken):
        Pieces(data)


def test_sentences_are_translated_each_by_itself(folder: Path) -> None:
    model = ctranslate2.Translator(str(folder / "model"))
    pieces = Pieces(piece_model())
    sources = [pieces.cut("hello world."), pieces.cut("good morning")]
    results = model.translate_batch(
        sources, beam_size=4, length_penalty=0.2, max_decoding_length=256, replace_unknowns=True
    )
    one, two = (Pieces.joined(result.hypotheses[0]) for result in results)
    assert one or two
    translator = ArgosTranslator.open(folder)
    answers = translator.translate(["hello world. good morning", "good morning", "hello world."], "en", "de")
    assert answers == [" ".join(filter(None, (one, two))), two, one]


def test_an_archive_translates_as_its_folder_does(folder: Path, tmp_path: Path) -> None:
    archive = archived(folder, tmp_path / "translate-en_de-1_0.argosmodel")
    texts = ["hello world", "it goes."]
    there = ArgosTranslator.open(archive).translate(texts, "en", "de")
    assert there == ArgosTranslator.open(folder).translate(texts, "en", "de")
    assert there == ArgosTranslator.open(folder.parent).translate(texts, "en", "de")


def test_languages_match_by_their_beginning_and_others_are_refused(folder: Path) -> None:
    translator = ArgosTranslator.open(folder)
    assert translator.translate([], "en-GB", "de-AT") == []
    for source, target in (("fr", "de"), ("en", "fr")):
        with pytest.raises(InvalidOption, match="from 'en' into 'de'"):
            translator.translate(["hello"], source, target)


def test_a_prefix_the_model_wants_is_not_part_of_the_text(tmp_path: Path) -> None:
    made = package(tmp_path / "p", target_prefix="▁good")
    assert not ArgosTranslator.open(made).translate(["hello"], "en", "de")[0].startswith("good good")


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_package(tmp_path / "nothing")
    (tmp_path / "sentencepiece.model").write_bytes(b"")
    with pytest.raises(ModelBroken, match=r"metadata\.json is missing"):
        read_package(tmp_path)
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(ModelBroken, match=r"model/model\.bin is missing"):
        read_package(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.bin").write_bytes(b"rubbish")
    with pytest.raises(ModelBroken, match="does not name its languages"):
        read_package(tmp_path)
    (tmp_path / "metadata.json").write_text(json.dumps({"from_code": "en", "to_code": "de"}))
    with pytest.raises(ModelBroken, match="can't be loaded"):
        ArgosTranslator.open(tmp_path)


def test_a_package_with_another_tokenizer_says_what_to_take(tmp_path: Path) -> None:
    (tmp_path / "bpe.model").write_bytes(b"#version: 0.2\n")
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(EngineUnavailable, match=r"bpe\.model"):
        read_package(tmp_path)


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.argosmodel").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ModelBroken, match="no Argos Translate package"):
        read_package(tmp_path / "x.argosmodel")


def test_without_ctranslate2_the_hint_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(EngineUnavailable) as caught:
        ArgosTranslator.open(folder)
    assert "pip install" in caught.value.hint
