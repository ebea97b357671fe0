"""What an export format is.

To add one: write `formats/<id>.py` with a class derived from `Format` (or `TextFormat`) and its options, put the
class into the table in `formats/__init__.py`, its row into `docs/formats.md`, and a golden file into
`tests/export/golden/`. A test fails until all four agree.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar, Generic, TypeVar

from pydantic import Field

from ..domain.transcript import Transcript
from .losses import Loss, actual_losses
from .options import OptionInfo, describe_options
from .text import Newline, encode

O = TypeVar("O")  # noqa: E741 - reads well as "options"


@dataclass(frozen=True, slots=True)
class FormatInfo:
    """A format as users see it. `losses` are all that it may leave out."""

    id: str
    name: str
    extension: str
    media_type: str
    description: str
    losses: tuple[str, ...]
    options: tuple[OptionInfo, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """A rendered file, and what of this transcript it does not carry."""

    content: bytes
    losses: tuple[str, ...]
    extension: str = ""
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written, and what of the transcript it does not carry."""

    path: Path
    size_bytes: int
    losses: tuple[str, ...]


class Format(ABC, Generic[O]):
    """One export format. The same transcript and options always give the same bytes.

    Attributes:
        id: What users name it by; also the name of its module.
        extension: Without the dot.
        losses: All it can't carry.
        options_type: A frozen dataclass with a default for every field.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    extension: ClassVar[str]
    media_type: ClassVar[str]
    description: ClassVar[str]
    losses: ClassVar[tuple[Loss, ...]]
    options_type: ClassVar[type[Any]]

    def __init__(self, options: O) -> None:
        self.options = options

    @abstractmethod
    def write(self, transcript: Transcript, out: BinaryIO, *, media: Path | None = None) -> tuple[str, ...]:
        """Write the file to a seekable stream; large media is copied through, never held.

        Args:
            transcript: What to write.
            out: Where to.
            media: The recording itself, for formats that carry it.

        Returns:
            What of this transcript was left out.
        """

    def render(self, transcript: Transcript, *, media: Path | None = None) -> Exported:
        """The whole file in memory."""
        out = io.BytesIO()
        losses = self.write(transcript, out, media=media)
        return Exported(out.getvalue(), losses, self.extension, self.media_type)

    @classmethod
    def info(cls) -> FormatInfo:
        """What users see of it."""
        losses = tuple(str(loss) for loss in cls.losses)
        options = describe_options(cls.options_type)
        return FormatInfo(cls.id, cls.name, cls.extension, cls.media_type, cls.description, losses, options)


@dataclass(frozen=True, slots=True)
class TextFileOptions:
    """Options of every text format."""

    newline: Annotated[Newline, Field(description="Line ends.")] = "lf"
    bom: Annotated[bool, Field(description="Begin with a byte order mark, for old Windows programs.")] = False


T = TypeVar("T", bound=TextFileOptions)


class TextFormat(Format[T], Generic[T]):
    """A format that is UTF-8 text."""

    @abstractmethod
    def text(self, transcript: Transcript) -> str:
        r"""The whole file as text, lines ended by `\n`."""

    def write(self, transcript: Transcript, out: BinaryIO, *, media: Path | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """Write the text in the wanted encoding."""
        out.write(encode(self.text(transcript), newline=self.options.newline, bom=self.options.bom))
        return self.left_out(transcript)

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Of the declared losses, those that this transcript and these options suffer."""
        return actual_losses(self.losses, transcript)
