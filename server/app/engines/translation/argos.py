"""Translates with a package of Argos Translate: sentence by sentence, as its models were trained."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...domain.arrangement import ends_sentence
from ...domain.languages import matching_language
from ...errors import EngineFailed, EngineUnavailable, InvalidOption, ModelBroken
from .package import Package, read_package
from .pieces import Pieces

_BATCH = 32
_BEAM = 4
_LENGTH_PENALTY = 0.2
_MOST_PIECES = 256


class ArgosTranslator:
    """One package, loaded. Thread-safe: one batch is translated at a time."""

    def __init__(self, package: Package, model: Any) -> None:
        self._package, self._model, self._pieces = package, model, Pieces(package.pieces)
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> ArgosTranslator:
        """Load a package.

        Args:
            path: Its folder or archive.

        Raises:
            NotFound, ModelBroken, TooLarge: It can't be used.
            EngineUnavailable: A library it needs is not installed.
        """
        package = read_package(path)
        return cls(package, _loaded(package))

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate texts, each by itself.

        Raises:
            InvalidOption: The package is for other languages.
            EngineFailed: The model broke.
        """
        self._check(source, target)
        sentences = [_sentences(text) for text in texts]
        answers = iter(self._translated([sentence for found in sentences for sentence in found]))
        return [" ".join(filter(None, (next(answers) for _ in found))) for found in sentences]

    def _check(self, source: str, target: str) -> None:
        package = self._package
        knows_source = source == "und" or matching_language(source, [package.source])
        if not knows_source or not matching_language(target, [package.target]):
            raise InvalidOption(
                f"'{package.name}' translates from '{package.source}' into '{package.target}', "
                f"not from '{source}' into '{target}'.",
                hint="Give another package, or another language.",
            )

    def _translated(self, sentences: Sequence[str]) -> list[str]:
        if not sentences:
            return []
        prefix = [[self._package.target_prefix]] * len(sentences) if self._package.target_prefix else None
        with self._lock:
            try:
                results = self._model.translate_batch(
                    [self._pieces.cut(sentence)[:_MOST_PIECES] for sentence in sentences],
                    target_prefix=prefix,
                    beam_size=_BEAM,
                    length_penalty=_LENGTH_PENALTY,
                    max_batch_size=_BATCH,
                    max_decoding_length=_MOST_PIECES,
                    replace_unknowns=True,
                )
            except (RuntimeError, ValueError, MemoryError) as error:
                raise EngineFailed(f"The translation model '{self._package.name}' failed: {error}.") from None
        skipped = len(prefix[0]) if prefix else 0
        return [self._pieces.joined(result.hypotheses[0][skipped:]) for result in results]


def _loaded(package: Package) -> Any:
    try:
        import ctranslate2
    except ImportError as error:
        raise EngineUnavailable(
            f"Translating on this machine needs CTranslate2, which can't be loaded: {error}.",
            hint="Install it: pip install ctranslate2.",
        ) from None
    threads = len(os.sched_getaffinity(0))
    try:
        if package.folder is not None:
            return ctranslate2.Translator(str(package.folder), device="cpu", intra_threads=threads)
        return ctranslate2.Translator(package.name, device="cpu", intra_threads=threads, files=package.files)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise ModelBroken(f"The translation model '{package.name}' can't be loaded: {error}.") from None


def _sentences(text: str) -> list[str]:
    """A text's sentences; models translate one at a time, and forget the second of two."""
    sentences: list[str] = []
    words: list[str] = []
    for word in text.split():
        words.append(word)
        if ends_sentence(word):
            sentences.append(" ".join(words))
            words = []
    return [*sentences, " ".join(words)] if words else sentences
