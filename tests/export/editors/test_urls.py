"""Where files lie: paths of every system as URLs."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from audapolis.export.editors.xml import url
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/media/a b/ä#1%.mov", "file://localhost/media/a%20b/%C3%A4%231%25.mov"),
        ("D:\\Films\\a b.mov", "file://localhost/D%3A/Films/a%20b.mov"),
        ("D:/Films/a.mov", "file://localhost/D%3A/Films/a.mov"),
        ("\\\\server\\share\\a b.mov", "file://server/share/a%20b.mov"),
        ("only a name.wav", "only%20a%20name.wav"),
        ("https://example.org/a.mov", "https://example.org/a.mov"),
    ],
)
def test_paths_as_final_cut_pro_7_wrote_them(path: str, expected: str) -> None:
    assert url(path, host="localhost") == expected


def test_without_a_host_there_are_three_strokes() -> None:
    assert url("/media/a.mov") == "file:///media/a.mov"
    assert url("C:\\a.mov") == "file:///C%3A/a.mov"


@given(name=st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\\/\ufffe\uffff"), min_size=1))
def test_any_name_comes_back(name: str) -> None:
    assert unquote(urlsplit(url(f"/media/{name}")).path) == f"/media/{name}"
