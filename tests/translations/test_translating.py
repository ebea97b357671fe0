"""A transcript through a translator."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from audapolis.errors import EngineFailed
from audapolis.translations.translating import translated

from tests.builders import make_transcript


class Shouting:
    """Translates by capitals, and remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        self.given.append(list(texts))
        return [text.upper() for text in texts]


def test_a_sentence_in_pieces_is_translated_as_one_and_shared_out_again() -> None:
    transcript = make_transcript(
        ("S1", 0.0, 2.0, "What I wanted to say,"),
        ("S1", 2.1, 4.0, "is that it works."),
        ("S2", 4.1, 5.0, "And it"),
        ("S1", 5.0, 6.0, "does. Really."),
        ("S1", 9.0, 9.5, " "),
    )
    translator = Shouting()
    assert translated(transcript, "de", translator) == {
        "seg-1": "WHAT I WANTED TO SAY,",
        "seg-2": "IS THAT IT WORKS.",
        "seg-3": "AND IT",
        "seg-4": "DOES. REALLY.",
    }
    assert translator.given == [["What I wanted to say, is that it works.", "And it", "does. Really."]]


def test_long_work_tells_how_far_it_is() -> None:
    transcript = make_transcript(*[("S1", n * 1.0, n + 0.9, f"Sentence {n}.") for n in range(150)])
    told: list[float] = []
    translator = Shouting()
    texts = translated(transcript, "de", translator, told.append)
    assert len(texts) == 150
    assert [len(batch) for batch in translator.given] == [64, 64, 22]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_translator_that_loses_texts_is_not_believed() -> None:
    class Forgetful(Shouting):
        def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
            return super().translate(texts, source, target)[1:]

    with pytest.raises(EngineFailed, match="0 texts for 1"):
        translated(make_transcript(("S1", 0, 1, "Hello.")), "de", Forgetful())
