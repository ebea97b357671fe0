from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audapolis.audio.decoding import decode
from audapolis.domain.options import Denoise
from bench.manifest import Item
from bench.noise import Heard, excerpt, main, table
from bench.word_error import word_error

from ..audio.making import tone, write_wav


def item(path: Path) -> Item:
    words = (("one", 0.5, 1.0), ("two", 1.5, 2.0), ("three", 2.5, 3.0))
    return Item(f"talks/{path.name}", path, "talks", "en", 4.0, ("one two three",), None, 1, words)


def test_the_table_sums_words_per_set_and_counts_what_was_changed(tmp_path: Path) -> None:
    def heard(denoise: Denoise, text: str, *filters: str) -> Heard:
        return Heard(item(tmp_path / "a.wav"), denoise, filters, 12.0, word_error("one two three four", text))

    results = [heard("off", "one two"), heard("strong", "one two three", "afftdn")]
    assert table(results).splitlines() == [
        "| set | recordings | off | strong |",
        "|---|---|---|---|",
        "| talks | 1 | 50.0% (0) | 25.0% (1) |",
    ]


def test_an_excerpt_ends_with_a_word_and_holds_only_words_before(tmp_path: Path) -> None:
    whole = item(write_wav(tmp_path / "a.wav", tone(4)))
    part = excerpt(whole, 2.2, tmp_path / "b.wav")
    assert part.texts == ("one two",)
    assert decode(part.path, tmp_path / "b.pcm").duration_s == pytest.approx(2.0, abs=0.001)
    assert excerpt(whole, 0.1, tmp_path / "c.wav") is whole
    assert np.isclose(whole.seconds, 4.0)


def test_a_wrong_folder_is_said_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--manifest", str(tmp_path)]) == 2
    assert "no manifest" in capsys.readouterr().err
