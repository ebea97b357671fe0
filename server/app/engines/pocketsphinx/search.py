"""PocketSphinx's search: cepstra to words, and words to model states. One search has one set of beams."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import EngineUnavailable
from .adaptation import Alignment
from .confidence import Evidence
from .frontend import FRAME_S, Floats

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


class Search:
    """A PocketSphinx decoder that is given cepstra. It remembers nothing from one chunk to the next.

    Args:
        beams: PocketSphinx parameters, such as `THOROUGH`.

    Raises:
        EngineUnavailable: PocketSphinx or its model can't be loaded.
    """

    def __init__(self, beams: dict[str, Any]) -> None:
        try:
            from pocketsphinx import Decoder

            self._decoder = Decoder(**_COMMON, **beams)
        except (ImportError, RuntimeError) as error:
            raise _unavailable(error) from error
        self._words_search: str = self._decoder.current_search()

    def words(self, cepstra: Floats) -> list[HeardWord]:
        """The words in cepstra of shape (frames, 13)."""
        self._run(cepstra)
        segments = self._decoder.seg()
        return list(_words(segments)) if segments else []

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

    def _run(self, cepstra: Floats) -> None:
        self._decoder.start_utt()
        self._decoder.process_cep(np.ascontiguousarray(cepstra, np.float32).tobytes(), full_utt=True)
        self._decoder.end_utt()


def model_folder() -> Path:
    """Where the acoustic model of the PocketSphinx wheel is.

    Raises:
        EngineUnavailable: PocketSphinx can't be loaded.
    """
    try:
        from pocketsphinx import get_model_path
    except ImportError as error:
        raise _unavailable(error) from error
    return Path(get_model_path("en-us/en-us"))


def _words(segments: Any) -> Iterator[HeardWord]:
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
        yield HeardWord(text, segment.start_frame * FRAME_S, (segment.end_frame + 1) * FRAME_S, evidence)


def _log(probability: float) -> float:
    return math.log(max(probability, 1e-300))


def _unavailable(error: Exception) -> EngineUnavailable:
    return EngineUnavailable(
        f"The embedded recogniser can't run: PocketSphinx could not load its model ({error}).",
        hint="Install it again: pip install --force-reinstall 'pocketsphinx>=5.1'.",
    )
