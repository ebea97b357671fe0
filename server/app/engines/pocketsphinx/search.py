"""PocketSphinx's search: cepstra to words, and words to model states. One search has one set of beams."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import EngineUnavailable
from .adaptation import Alignment
from .confidence import Evidence
from .frontend import FRAME_S, Floats
from .model import PocketSphinxModel
from .vocabulary import Expected

_ALTERNATIVE = re.compile(r"\(\d+\)$")
_FILLER = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")
_STATES = 3
_COMMON: dict[str, Any] = {
    "loglevel": "FATAL",
    # The model folder's front end settings are not read, since the front end is ours. What remains of them:
    "featparams": "/dev/null",
    "feat": "1s_c_d_dd",
    "svspec": "0-12/13-25/26-38",
    "cmn": "none",
    "agc": "none",
    "varnorm": False,
}
THOROUGH: dict[str, Any] = {"wbeam": 1e-25, "maxhmmpf": 10_000}
"""As accurate as PocketSphinx's defaults, which search wider for nothing; anything narrower costs words."""
QUICK: dict[str, Any] = {"wbeam": 1e-22, "maxhmmpf": 5_000}
"""Nearly twice as fast for a few more wrong words, none once adapted. Cutting other beams costs far more."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with what was observed about it, before it is judged. Times from the chunk's start."""

    text: str
    start_s: float
    end_s: float
    evidence: Evidence


EXPECTED_WEIGHT = 10.0
"""How much likelier than an average word of the dictionary an expected one is: as likely as `doctor`. Of 20 synthetic
sentences with made-up names all were heard right with 1, 10 and 100 alike, and no name where there was none."""


class Search:
    """A PocketSphinx decoder that is given cepstra. It remembers nothing from one chunk to the next.

    Args:
        beams: PocketSphinx parameters, such as `THOROUGH`.
        model: What it recognises with.
        expected: Words that are added to those of the model.

    Raises:
        EngineUnavailable: PocketSphinx or its model can't be loaded.
    """

    def __init__(self, beams: dict[str, Any], model: PocketSphinxModel, expected: Sequence[Expected] = ()) -> None:
        files = {"hmm": str(model.acoustic), "lm": str(model.language_model), "dict": str(model.dictionary)}
        try:
            from pocketsphinx import Decoder

            self._decoder = Decoder(**_COMMON, **beams, **files)
        except (ImportError, RuntimeError) as error:
            raise _unavailable(error) from error
        self._words_search: str = self._decoder.current_search()
        self._written = {word.token: word.written for word in expected}
        self._expect(expected)

    def words(self, cepstra: Floats) -> list[HeardWord]:
        """The words in cepstra of shape (frames, 13)."""
        self._run(cepstra)
        segments = self._decoder.seg()
        return list(_words(segments, self._written)) if segments else []

    def align(self, cepstra: Floats, phones: dict[str, int]) -> Alignment:
        """Model states of the words that `words` just found in the same cepstra.

        Args:
            cepstra: What `words` was given.
            phones: Codebook number of each phone.
        """
        codebooks = np.full(len(cepstra), phones["SIL"])
        senones = np.full(len(cepstra), _STATES * phones["SIL"] + _STATES - 1)
        self._decoder.set_alignment()
        try:
            self._run(cepstra)
            for word in self._decoder.get_alignment():
                for phone in word:
                    for state in phone:
                        place = slice(state.start, state.start + state.duration)
                        codebooks[place] = phones[phone.name]
                        senones[place] = int(state.name)
        finally:
            self._decoder.activate_search(self._words_search)
        return Alignment(codebooks, senones)

    def _expect(self, expected: Sequence[Expected]) -> None:
        """Put words into the dictionary and, before that, as single words into the language model."""
        names = [
            (word.token if n == 1 else f"{word.token}({n})", phones)
            for word in expected
            for n, phones in enumerate(word.pronunciations, start=1)
        ]
        language_model = self._decoder.get_lm(self._words_search)
        for number, (name, phones) in enumerate(names, start=1):
            language_model.add_word(name, EXPECTED_WEIGHT)
            self._decoder.add_word(name, phones, number == len(names))  # the last one makes the search take them in

    def _run(self, cepstra: Floats) -> None:
        self._decoder.start_utt()
        self._decoder.process_cep(np.ascontiguousarray(cepstra, np.float32).tobytes(), full_utt=True)
        self._decoder.end_utt()


def _words(segments: Any, written: Mapping[str, str]) -> Iterator[HeardWord]:
    for segment in segments:
        if _FILLER.match(segment.word):
            continue
        text = _ALTERNATIVE.sub("", segment.word)
        frames = segment.end_frame - segment.start_frame + 1
        evidence = Evidence(
            posterior=segment.prob,
            frames=frames,
            acoustic=_log(segment.ascore) / frames,
            language=_log(segment.lscore),
            order=segment.lback,
            letters=len(text),
        )
        yield HeardWord(
            written.get(text, text), segment.start_frame * FRAME_S, (segment.end_frame + 1) * FRAME_S, evidence
        )


def _log(probability: float) -> float:
    return math.log(max(probability, 1e-300))


def _unavailable(error: Exception) -> EngineUnavailable:
    return EngineUnavailable(
        f"The embedded recogniser can't run: PocketSphinx could not load its model ({error}).",
        hint="Install it again: pip install --force-reinstall 'pocketsphinx>=5.1'.",
    )
