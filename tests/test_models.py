"""The model library: taking in, trying, choosing, naming and removing models."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audapolis.catalog.entries import InstalledModel
from audapolis.catalog.intake import ImportWish
from audapolis.catalog.known import CATALOG
from audapolis.config import Settings
from audapolis.domain.audio import Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.options import TranscribeOptions
from audapolis.engines.base import RecogniseOptions
from audapolis.engines.pocketsphinx.model import shipped
from audapolis.errors import (
    Cancelled,
    Conflict,
    InvalidModel,
    InvalidOption,
    NotFound,
    UnknownName,
)
from audapolis.models import SAMPLE, ModelLibrary
from audapolis.transcription_bridge import TranscriptionBridge

from .engines.sound import ArrayAudio


def library_in(folder: Path, **models: object) -> ModelLibrary:
    return ModelLibrary(Settings.model_validate({"models": {"dir": folder, "offline": True, **models}}))


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return library_in(tmp_path / "models")


def take(library: ModelLibrary, source: Path, **wish: object) -> InstalledModel:
    model, _ = library.import_model(source, ImportWish(**wish), CancelToken())  # type: ignore[arg-type]
    return model


def put(library: ModelLibrary, source: Path, name: str, *languages: str) -> InstalledModel:
    """Put a model on the shelf without trying it, which takes time."""
    files = copy_of(source, library._shelf.folder / "put" / name)
    model = InstalledModel(name, "whisper", files, 0, languages, multilingual=len(languages) != 1)
    return library._shelf.publish(files, model)


def leftovers(library: ModelLibrary) -> list[Path]:
    return list((library._shelf.folder / "staging").glob("*"))


def test_a_ctranslate2_folder_is_taken_in_and_tried(library: ModelLibrary, tiny_whisper: Path) -> None:
    said: list[str] = []
    model, trial = library.import_model(tiny_whisper, ImportWish(name="mine"), CancelToken(), said.append)
    assert (model.name, model.engine, model.path.name) == ("mine", "whisper", "mine")
    assert model.size_bytes > 1_000_000
    assert len(model.revision) == 64
    assert trial is not None
    assert trial.work_s > 0
    assert trial.sound_s == 3.0
    assert library.find("mine") == model
    assert library.installed() == [model]
    assert said == ["Looking at the files", "Trying it"]
    assert leftovers(library) == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
def test_archives_are_unpacked(library: ModelLibrary, tiny_whisper: Path, tmp_path: Path, ending: str) -> None:
    format_ = {"zip": "zip", "tar": "tar", "tar.gz": "gztar"}[ending]
    archive = shutil.make_archive(str(tmp_path / "my model"), format_, tiny_whisper.parent, tiny_whisper.name)
    assert take(library, Path(archive)).name == "my-model"


def evil_zip(path: Path, add: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        add(archive)
    return path


def test_archives_that_write_elsewhere_are_refused(library: ModelLibrary, tmp_path: Path) -> None:
    for name in ("../evil", "/tmp/evil", "a/../../evil", "a\\..\\evil"):
        source = evil_zip(tmp_path / "evil.zip", lambda archive, name=name: archive.writestr(name, b"x"))  # type: ignore[misc]
        with pytest.raises(InvalidModel, match="leads out"):
            take(library, source)
    assert not (tmp_path / "evil").exists()
    assert leftovers(library) == []


def test_archives_with_links_are_refused(library: ModelLibrary, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("model.bin")
    link.external_attr = 0o120777 << 16
    with pytest.raises(InvalidModel, match="link or a device"):
        take(library, evil_zip(tmp_path / "link.zip", lambda archive: archive.writestr(link, "/etc/passwd")))
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
        info = tarfile.TarInfo("model.bin")
        info.type, info.linkname = kind, "/etc/passwd"
        with tarfile.open(tmp_path / "link.tar", "w") as archive:
            archive.addfile(info)
        with pytest.raises(InvalidModel, match="link or a device"):
            take(library, tmp_path / "link.tar")


def test_archives_that_unpack_to_too_much_are_refused(
    library: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audapolis.catalog.archive.MOST_BYTES", 1_000_000)
    monkeypatch.setattr("audapolis.catalog.archive.MOST_FILES", 5)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.bin", bytes(5_000_000))
    with pytest.raises(Exception, match="more than there is room"):
        take(library, bomb)
    with pytest.raises(Exception, match="more than 5 files"):
        take(library, evil_zip(bomb, lambda archive: [archive.writestr(str(n), b"") for n in range(9)] and None))
    assert leftovers(library) == []


def test_a_damaged_archive_is_refused(library: ModelLibrary, tiny_whisper: Path, tmp_path: Path) -> None:
    whole = Path(shutil.make_archive(str(tmp_path / "whole"), "gztar", tiny_whisper))
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole.read_bytes()[:500_000])
    with pytest.raises(InvalidModel, match="damaged"):
        take(library, cut)


def copy_of(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def test_broken_files_are_named_and_the_version_before_is_kept(
    library: ModelLibrary, tiny_whisper: Path, tmp_path: Path
) -> None:
    before = put(library, tiny_whisper, "mine")
    broken = copy_of(tiny_whisper, tmp_path / "broken")
    weights = (broken / "model.bin").read_bytes()
    (broken / "model.bin").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(InvalidModel, match="'mine' does not work"):
        take(library, broken, name="mine")
    (broken / "model.bin").write_bytes(b"not a model")
    with pytest.raises(InvalidModel, match=r"'model\.bin' is damaged"):
        take(library, broken, name="mine")
    (broken / "model.bin").write_bytes(weights)
    (broken / "config.json").write_text("{")
    with pytest.raises(InvalidModel, match=r"'config\.json' is damaged"):
        take(library, broken, name="mine")
    assert library.find("mine") == before
    assert library._shelf.damaged("mine") == []
    assert leftovers(library) == []


@pytest.mark.slow
def test_a_new_version_takes_the_place_of_the_old(library: ModelLibrary, tiny_whisper: Path) -> None:
    before = put(library, tiny_whisper, "mine")
    after = take(library, tiny_whisper, name="mine", language="de")
    assert after.path != before.path
    assert not before.path.exists()
    assert (after.languages, after.multilingual) == (("de",), False)


def test_what_is_no_model_is_refused_with_what_there_is(library: ModelLibrary, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidModel, match="no model in 'empty'") as caught:
        take(library, tmp_path / "empty")
    assert "PocketSphinx" in caught.value.hint
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InvalidModel, match="neither a folder"):
        take(library, tmp_path / "notes.txt")
    with pytest.raises(NotFound):
        take(library, tmp_path / "nothing")


def test_pickles_need_consent(library: ModelLibrary, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper"}))
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(InvalidOption, match="pickle") as caught:
        take(library, tmp_path, name="mine")
    assert "--allow-pickle" in caught.value.hint


def test_names_are_checked(library: ModelLibrary, tiny_whisper: Path) -> None:
    for name in ("../up", "a b", "", "-x", "versions", "small", "turbo", "pocketsphinx-en-us"):
        if name:
            with pytest.raises(InvalidOption):
                take(library, tiny_whisper, name=name)


def test_importing_can_be_cancelled(library: ModelLibrary, tiny_whisper: Path) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        library.import_model(tiny_whisper, ImportWish(name="mine"), cancel, lambda _: cancel.cancel())
    assert library.installed() == []
    assert leftovers(library) == []


def test_damage_on_the_disk_is_found_and_named(library: ModelLibrary, tiny_whisper: Path) -> None:
    model = put(library, tiny_whisper, "mine")
    (model.path / "tokenizer.json").write_text("{}")
    with pytest.raises(InvalidModel, match=r"damaged: tokenizer\.json"):
        library.verify("mine", CancelToken())


@pytest.mark.slow
def test_a_model_is_verified_with_a_given_recording(
    library: ModelLibrary, tiny_whisper: Path, conversation: Path
) -> None:
    trial = library.verify(str(tiny_whisper), CancelToken(), sample=conversation)
    assert trial is not None
    assert trial.sound_s == pytest.approx(68, abs=1)


@pytest.mark.slow
def test_a_benchmark_is_kept_with_the_model(library: ModelLibrary, tiny_whisper: Path) -> None:
    take(library, tiny_whisper, name="mine")
    trial = library.benchmark("mine", CancelToken())
    assert trial is not None
    model = library.find("mine")
    assert model is not None
    assert model.realtime_factor == pytest.approx(trial.realtime_factor, abs=1e-4)
    assert library.verify("mine", CancelToken()) is not None


def test_models_are_removed(library: ModelLibrary, tiny_whisper: Path) -> None:
    model = put(library, tiny_whisper, "mine")
    library.remove("mine", CancelToken())
    assert library.find("mine") is None
    assert not model.path.exists()
    with pytest.raises(UnknownName):
        library.remove("mine", CancelToken())
    with pytest.raises(NotFound, match="not on this machine"):
        library.remove("small", CancelToken())
    with pytest.raises(Conflict, match="built in"):
        library.remove("pocketsphinx-en-us", CancelToken())
    with pytest.raises(Conflict):
        library.remove(str(tiny_whisper), CancelToken())
    assert tiny_whisper.is_dir()


def test_aliases_and_defaults(library: ModelLibrary, tiny_whisper: Path, tmp_path: Path) -> None:
    german = put(library, tiny_whisper, "german", "de")
    many = put(library, tiny_whisper, "many")
    assert library.default_for("de", "balanced") == german
    assert library.default_for("fr", "balanced") == many
    library.set_default("de", "many")
    assert library.default_for("de-AT", "balanced") == many
    library.set_default("de", None)
    assert library.default_for("de", "balanced") == german
    library.set_alias("daily", "german")
    assert library.find("daily") == german
    assert library_in(tmp_path / "models", aliases={"daily": "many"}).find("daily") == many
    library.set_alias("daily", None)
    assert library.find("daily") is None
    with pytest.raises(UnknownName):
        library.set_alias("x", "nothing-like-it")
    with pytest.raises(InvalidOption):
        library.set_alias("small", "german")


def test_without_models_there_is_no_default(library: ModelLibrary) -> None:
    assert library.default_for(None, "balanced") is None
    assert library.installed() == []


def test_what_is_recommended_fits_the_device(library: ModelLibrary) -> None:
    gib = 2**30
    assert library.recommended(80 * gib, True, "de", "accurate").name == "large-v3"
    assert library.recommended(80 * gib, True, None, "balanced").name == "large-v3-turbo"
    assert library.recommended(2 * gib, True, None, "balanced").name == "small"
    assert library.recommended(16 * gib, False, None, "balanced").name == "small"
    assert library.recommended(16 * gib, False, "en", "fast").name == "base.en"
    assert library.recommended(0, False, None, "accurate").name == "tiny"


def test_figures_of_the_catalogue_have_sources(library: ModelLibrary) -> None:
    for entry in library.entries():
        assert entry.size_bytes > 0
        assert entry.licence
        assert entry.source.startswith("https://")
        assert all(figure.source for figure in entry.figures)
        assert entry.speed_source or entry.relative_speed is None
    assert len(CATALOG) == len(library.entries())


def acoustic_model(to: Path, **changed: str) -> Path:
    copy_of(shipped().acoustic, to)
    text = (to / "feat.params").read_text()
    for name, value in changed.items():
        text = "".join(f"-{name} {value}\n" if line.startswith(f"-{name} ") else line for line in text.splitlines(True))
    (to / "feat.params").write_text(text)
    return to


def test_an_acoustic_model_for_other_features_is_refused(library: ModelLibrary, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="-nfilt 40") as caught:
        take(library, acoustic_model(tmp_path / "other", nfilt="40"))
    assert "feat.params" in caught.value.hint
    lacking = acoustic_model(tmp_path / "lacking")
    (lacking / "sendump").unlink()
    with pytest.raises(InvalidModel, match="lacks sendump"):
        take(library, lacking)


@pytest.mark.slow
def test_an_acoustic_model_with_a_dictionary_and_language_model_works(library: ModelLibrary, tmp_path: Path) -> None:
    folder = acoustic_model(tmp_path / "greeting")
    words = {"good", "morning", "and", "welcome", "to", "the", "program", "<sil>"}
    lines = shipped().dictionary.read_text("utf-8").splitlines()
    (folder / "greeting.dict").write_text("\n".join(line for line in lines if line.split()[0] in words))
    (folder / "greeting.lm").write_text(arpa(sorted(words - {"<sil>"})))
    model, trial = library.import_model(folder, ImportWish(), CancelToken())
    assert (model.engine, model.languages) == ("pocketsphinx", ("en",))
    assert trial is not None
    assert trial.text == "good morning and welcome to the program"
    assert used_by_name(library, "greeting") == ["good", "morning", "and", "welcome", "to", "the", "program"]


def used_by_name(library: ModelLibrary, name: str) -> list[str]:
    """What the embedded engine hears with a model that a user named."""
    settings = Settings.model_validate({"models": {"dir": library._shelf.folder, "offline": True}})
    bridge = TranscriptionBridge(settings)
    with pytest.raises(InvalidOption, match="knows en only"):
        bridge.check(TranscribeOptions(model=name, language="de"))
    with pytest.raises(InvalidOption, match="no Whisper model"):
        bridge.check(TranscribeOptions(model=name, engine="whisper"))
    with wave.open(str(SAMPLE)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float32) / np.float32(32768)
    engine = bridge.choose(TranscribeOptions(model=name)).engine
    try:
        [heard] = engine.recognise(ArrayAudio(samples), [Chunk(0.0, 3.0, 0)], RecogniseOptions(), CancelToken())
        assert engine.info.model == name
        return [word.text for word in heard.words]
    finally:
        bridge.close()


def arpa(words: list[str]) -> str:
    """A language model in which all words are equally likely."""
    text = io.StringIO()
    text.write(f"\\data\\\nngram 1={len(words) + 2}\n\n\\1-grams:\n")
    for word in ("<s>", "</s>", *words):
        text.write(f"-1.0 {word}\n")
    text.write("\n\\end\\\n")
    return text.getvalue()
