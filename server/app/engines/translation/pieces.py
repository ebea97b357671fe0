"""SentencePiece models, read and used without the library of that name.

A model file is a Protocol Buffers message; of it the pieces with their scores, the kind of model and the table that
normalises text matter. The `tokenizers` library, which Whisper needs anyway, does the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ModelBroken

SPACE = "▁"
_NORMAL, _UNKNOWN, _USER_DEFINED = 1, 2, 4
_UNIGRAM = 1
_NEVER = -1e4
"""Score of pieces that stand for no text."""


@dataclass(frozen=True, slots=True)
class PieceModel:
    """What a model file says.

    Attributes:
        pieces: Every piece with its score.
        unknown: Number of the piece that stands for what is in no other.
        charsmap: The compiled table of how characters are normalised; may be empty.
        dummy_prefix: Whether text begins with a space of its own.
    """

    pieces: Sequence[tuple[str, float]]
    unknown: int
    charsmap: bytes
    dummy_prefix: bool


class Pieces:
    """Cuts text into pieces and puts it together again."""

    def __init__(self, data: bytes) -> None:
        """Prepare.

        Args:
            data: The model file.

        Raises:
            ModelBroken: It is damaged, or no unigram model.
        """
        model = read_pieces(data)
        try:
            self._tokenizer = _tokenizer(model)
        except Exception as error:  # noqa: BLE001 - the library raises bare Exception
            raise ModelBroken(f"The tokenizer of the translation model is damaged: {error}.") from None

    def cut(self, text: str) -> list[str]:
        """The pieces of a text."""
        tokens: list[str] = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return tokens

    @staticmethod
    def joined(pieces: Sequence[str]) -> str:
        """The text of pieces."""
        return " ".join("".join(pieces).replace(SPACE, " ").split())


def read_pieces(data: bytes) -> PieceModel:
    """Read a model file.

    Raises:
        ModelBroken: It is damaged, or of a kind we don't use.
    """
    pieces: list[tuple[str, float]] = []
    unknown, kind, charsmap, dummy_prefix = 0, _UNIGRAM, b"", True
    try:
        for number, value in _fields(data):
            if number == 1:
                text, score, type_ = _piece(value)
                if type_ == _UNKNOWN:
                    unknown = len(pieces)
                pieces.append((text, score if type_ in {_NORMAL, _USER_DEFINED} else _NEVER))
            elif number == 2:
                kind = dict(_fields(value)).get(3, _UNIGRAM)
            elif number == 3:
                normalizer = dict(_fields(value))
                charsmap = bytes(normalizer.get(2, b""))
                dummy_prefix = bool(normalizer.get(3, 1))
    except (ValueError, IndexError, TypeError, struct.error) as error:
        raise ModelBroken(f"The tokenizer of the translation model is damaged: {error}.") from None
    if kind != _UNIGRAM or not pieces:
        raise ModelBroken("The translation model's tokenizer is no SentencePiece unigram model.")
    return PieceModel(pieces, unknown, charsmap, dummy_prefix)


def _piece(data: bytes) -> tuple[str, float, int]:
    fields = dict(_fields(data))
    (score,) = struct.unpack("<f", fields.get(2, b"\0\0\0\0"))
    return bytes(fields.get(1, b"")).decode("utf-8"), score, int(fields.get(3, _NORMAL))


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: numbers as such, everything else as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value: Any
            value, at = _varint(data, at)
        elif wire in {1, 5}:
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(f"a field of the unknown kind {wire}")
        if at > len(data):
            raise ValueError("it ends too early")
        yield key >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number that never ends")


def _tokenizer(model: PieceModel) -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer: Any = Tokenizer(models.Unigram(list(model.pieces), model.unknown, byte_fallback=False))
    steps: list[Any] = [normalizers.Precompiled(model.charsmap)] if model.charsmap else []
    steps += [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(steps)
    scheme = "always" if model.dummy_prefix else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme=scheme)
    return tokenizer
