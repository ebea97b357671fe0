"""Result names: never two alike, always the same for the same inputs, short enough for any file system."""

import os
import unicodedata
from pathlib import Path
from random import Random

import pytest
from audapolis.export.naming import plan_names
from hypothesis import given
from hypothesis import strategies as st

_PARTS = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda part: part not in {".", ".."})
_LONG = [f"{long}{ending}" for long in ("x" * 251, "\U0001f399" * 62) for ending in (".wav", ".mp3")]
_TWINS = ["talk.wav", "talk.mp3", "Talk.WAV", "talk.wav.mp3", "talk", "talk.srt", "a-talk.wav"]
_ACCENTS = ["caf\u00e9.wav", "cafe\u0301.wav", "-rf.wav", ".hidden"]
_AWKWARD = st.sampled_from([*_LONG, *_TWINS, *_ACCENTS])
_PATHS = st.lists(st.one_of(_PARTS, _AWKWARD), min_size=1, max_size=3).map(lambda parts: Path("/", *parts))
_FORMATS = st.dictionaries(
    st.sampled_from(["txt", "json", "srt", "words", "lines"]),
    st.sampled_from(["txt", "json", "srt"]),
    min_size=1,
)


def _all_names(plan: dict[Path, dict[str, str]]) -> list[str]:
    return [name for names in plan.values() for name in names.values()]


@given(st.lists(_PATHS, unique=True, max_size=12), _FORMATS)
def test_no_two_results_share_a_name_even_where_case_and_accents_do_not_count(
    paths: list[Path], formats: dict[str, str]
) -> None:
    names = _all_names(plan_names(paths, formats))
    folded = {unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()) for name in names}
    assert len(folded) == len(names) == len(paths) * len(formats)


@given(st.lists(_PATHS, unique=True, max_size=12), _FORMATS, st.randoms())
def test_the_order_of_the_inputs_does_not_matter(paths: list[Path], formats: dict[str, str], random: Random) -> None:
    shuffled = list(paths)
    random.shuffle(shuffled)
    assert plan_names(shuffled, formats) == plan_names(paths, formats)


@given(st.lists(_PATHS, unique=True, max_size=8), _FORMATS)
def test_every_name_is_one_the_file_system_takes(paths: list[Path], formats: dict[str, str]) -> None:
    for path, names in plan_names(paths, formats).items():
        for format_id, name in names.items():
            assert 0 < len(os.fsencode(name)) <= 255
            assert "/" not in name
            assert name.endswith(f".{formats[format_id]}"), path


@given(_PATHS.filter(lambda path: len(os.fsencode(path.name)) < 200))
def test_a_single_input_gives_its_stem_and_the_extension(path: Path) -> None:
    assert plan_names([path], {"srt": "srt"}) == {path: {"srt": f"{path.stem}.srt"}}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["/a/talk.wav", "/a/other.mp3"], ["talk.txt", "other.txt"]),
        (["/a/talk.wav", "/a/talk.mp3"], ["talk.wav.txt", "talk.mp3.txt"]),
        (["/x/mon/talk.wav", "/x/tue/talk.wav"], ["mon-talk.wav.txt", "tue-talk.wav.txt"]),
        (["/x/mon/talk.wav", "/y/mon/talk.wav"], ["x-mon-talk.wav.txt", "y-mon-talk.wav.txt"]),
        (["/a/Talk.wav", "/a/talk.mp3", "/a/x.ogg"], ["Talk.wav.txt", "talk.mp3.txt", "x.txt"]),
        (["/a/talk.wav.mp3", "/a/talk.wav", "/a/talk.mp3"], ["talk.wav.mp3.txt", "a-talk.wav.txt", "talk.mp3.txt"]),
    ],
)
def test_inputs_that_would_meet_keep_more_of_their_own_name(inputs: list[str], expected: list[str]) -> None:
    plan = plan_names([Path(name) for name in inputs], {"txt": "txt"})
    assert [plan[Path(name)]["txt"] for name in inputs] == expected


def test_formats_with_the_same_extension_are_told_apart_by_their_ids() -> None:
    plan = plan_names([Path("/a/talk.wav")], {"words": "csv", "lines": "csv", "txt": "txt"})
    assert _all_names(plan) == ["talk.words.csv", "talk.lines.csv", "talk.txt"]
