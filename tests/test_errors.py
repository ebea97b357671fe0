from __future__ import annotations

import inspect
import pickle

import pytest
from audapolis import errors
from audapolis.errors import AudapolisError, Cancelled, UnknownName, UnsupportedMedia

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, AudapolisError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_survives_the_way_between_processes(kind: type[AudapolisError]) -> None:
    error = kind("format", "srtt", ["srt"]) if kind is UnknownName else kind("What happened.", path="a.wav")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.message, copy.hint, copy.data) == (error.message, error.hint, error.data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_in_the_drawn_tree(kind: type[AudapolisError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


def test_an_unknown_name_comes_with_its_nearest_match_and_the_choices() -> None:
    error = UnknownName("format", "srtt", ["txt", "srt", "vtt"])
    assert "Did you mean 'srt'?" in error.message
    assert "srt, txt, vtt" in error.hint


def test_a_code_is_the_name_in_snake_case() -> None:
    assert UnsupportedMedia("x").code == "unsupported_media"
    assert Cancelled().code == "cancelled"
