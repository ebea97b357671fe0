"""Words to expect: how they are spoken, and that they are heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audapolis.domain.audio import Chunk, Samples
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecogniseOptions
from audapolis.engines.pocketsphinx import pronunciation
from audapolis.engines.pocketsphinx.engine import PocketSphinxEngine
from audapolis.engines.pocketsphinx.graphones import pair_letters, read_dictionary
from audapolis.engines.pocketsphinx.model import shipped
from audapolis.engines.pocketsphinx.pronunciation import Speller, speller_for
from audapolis.engines.pocketsphinx.vocabulary import MOST_WORDS, prepare
from audapolis.errors import InvalidOption

from ..sound import ArrayAudio, speak


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every 20th word of the shipped dictionary, and the names of letters and digits."""
    lines = shipped().dictionary.read_text("utf-8").splitlines()
    names = {*"abcdefghijklmnopqrstuvwxyz", "a(2)", "zero", "one", "two", "three", "seven", "doctor"}
    kept = [line for n, line in enumerate(lines) if n % 20 == 0 or line.split()[0] in names]
    path = tmp_path_factory.mktemp("words") / "some.dict"
    path.write_text("\n".join(kept), "utf-8")
    return path


@pytest.fixture(scope="module")
def speller(dictionary: Path) -> Speller:
    return speller_for(dictionary)


def test_letters_are_paired_with_the_phones_they_stand_for(dictionary: Path) -> None:
    graphones = pair_letters(read_dictionary(dictionary))
    pairs = set(graphones.pairs)
    assert {("b", ("B",)), ("x", ("K", "S")), ("e", ()), ("a", ("AE",))} <= pairs
    assert ("b", ("Z",)) not in pairs


def test_made_up_words_are_spoken_as_a_reader_would(speller: Speller) -> None:
    assert speller.pronounce("brim")[0] == ("B", "R", "IH", "M")
    assert speller.pronounce("stenlo")[0][:2] == ("S", "T")
    three = speller.pronounce("zelvanik", 3)
    assert len(set(three)) == 3
    assert all(phones[0] == "Z" and phones[-1] == "K" for phones in three)


def test_most_phones_of_words_that_were_not_learnt_are_right(speller: Speller, dictionary: Path) -> None:
    learnt = {word for word, _ in read_dictionary(dictionary)}
    unseen = [entry for entry in read_dictionary(shipped().dictionary) if entry[0] not in learnt][:: len(learnt) // 6]
    wrong = sum(distance(speller.pronounce(word)[0], phones) for word, phones in unseen)
    assert wrong / sum(len(phones) for _, phones in unseen) < 0.2


def distance(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(before + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def test_what_was_learnt_is_kept_and_gives_the_same(dictionary: Path, speller: Speller) -> None:
    [kept] = pronunciation._cache_folder().glob("spelling-*.npz")
    again = Speller(pronunciation._restored(kept))
    assert again.pronounce("kubernetes", 3) == speller.pronounce("kubernetes", 3)


def test_a_damaged_cache_is_made_anew(dictionary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tmp_path / "few.dict"
    few.write_text("\n".join(dictionary.read_text("utf-8").splitlines()[:500]), "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    speller_for(few)
    speller_for.cache_clear()
    [kept] = pronunciation._cache_folder().glob("spelling-*.npz")
    kept.write_bytes(b"no array at all")
    assert speller_for(few).pronounce("ab")
    speller_for.cache_clear()


def test_known_words_numbers_abbreviations_and_accents(dictionary: Path) -> None:
    doctor, seven, abc, accented = prepare(("Doctor", "7", "ABC", "Zoé"), dictionary)
    assert doctor.written == "Doctor"
    assert doctor.pronunciations[0] == "D AA K T ER"
    assert seven.pronunciations == ("S EH V AH N",)
    assert "EY B IY S IY" in abc.pronunciations
    assert accented.pronunciations[0].startswith("Z")
    assert len({each.token for each in (doctor, seven, abc, accented)}) == 4


def test_a_phrase_is_one_word_for_the_recogniser(dictionary: Path) -> None:
    [phrase] = prepare(("  doctor   seven ",), dictionary)
    assert phrase.written == "doctor seven"
    assert phrase.pronunciations[0] == "D AA K T ER S EH V AH N"


def test_words_that_cannot_be_spoken_are_refused(dictionary: Path) -> None:
    for word in ("日本", "--", "x" * 61):
        with pytest.raises(InvalidOption, match="can't be spoken"):
            prepare((word,), dictionary)
    with pytest.raises(InvalidOption, match="can be used"):
        prepare(tuple(f"w{n}" for n in range(MOST_WORDS + 1)), dictionary)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    text = "yesterday we spoke with doctor zelvanik about the brimtaro project"
    return speak(text, tmp_path_factory.mktemp("flite"))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fast", "accurate"])
def test_made_up_names_are_heard_with_the_vocabulary_and_not_without(
    engine: PocketSphinxEngine, spoken: Samples, mode: str
) -> None:
    assert names(engine, spoken, mode, ()) == []
    assert names(engine, spoken, mode, ("Zelvanik", "Brimtaro project")) == ["Zelvanik", "Brimtaro", "project"]


def names(engine: PocketSphinxEngine, spoken: Samples, mode: str, vocabulary: tuple[str, ...]) -> list[str]:
    options = RecogniseOptions(mode=mode, vocabulary=vocabulary)  # type: ignore[arg-type]
    chunk = Chunk(0.0, len(spoken) / 16_000, 0)
    [result] = engine.recognise(ArrayAudio(spoken), [chunk], options, CancelToken())
    assert all(word.start_s < word.end_s for word in result.words)
    found = [word.text for word in result.words]
    return [w for w in found if w in {"Zelvanik", "Brimtaro"} or ("Brimtaro" in found and w == "project")]
