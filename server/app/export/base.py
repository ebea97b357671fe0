"""What an export format is.

To add one: write `formats/<id>.py` with a class derived from `Format` (or `TextFormat`, or `timeline.format`'s
`TimelineFormat`) and its options, put the class into the table in `formats/__init__.py`, its row and section into
`docs/formats.md`, and a golden file into `tests/export/golden/`. A test fails until all four agree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar, Generic, Literal, TypeVar

from pydantic import Field

from ..domain.transcript import Transcript
from .losses import Loss, actual_losses
from .material import Material
from .options import OptionInfo, describe_options
from .report import Check, Notes, Report
from .text import Newline, encode
from .wording import WordingOptions, reworded

O = TypeVar("O")  # noqa: E741 - reads well as "options"

Family = Literal["text", "captions", "data", "editors"]
"""How formats are grouped where users see them."""


@dataclass(frozen=True, slots=True)
class FormatInfo:
    """A format as users see it.

    Attributes:
        losses: All that it may leave out.
        checks: Names of the checks every file of it goes through.
    """

    id: str
    name: str
    family: Family
    extension: str
    media_type: str
    description: str
    losses: tuple[str, ...]
    checks: tuple[str, ...]
    options: tuple[OptionInfo, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """A rendered file and its report."""

    content: bytes
    report: Report
    extension: str = ""
    media_type: str = "application/octet-stream"

    @property
    def losses(self) -> tuple[str, ...]:
        """What the file does not carry."""
        return self.report.losses


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written and its report."""

    path: Path
    report: Report

    @property
    def size_bytes(self) -> int:
        """The file's size."""
        return self.report.size_bytes

    @property
    def losses(self) -> tuple[str, ...]:
        """What the file does not carry."""
        return self.report.losses


class Format(ABC, Generic[O]):
    """One export format. The same material and options always give the same bytes.

    Attributes:
        id: What users name it by; also the name of its module.
        family: Which group it is shown in.
        extension: Without the dot.
        losses: All it can't carry.
        checks: What every finished file is held against, by name.
        options_type: A frozen dataclass with a default for every field.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    family: ClassVar[Family]
    extension: ClassVar[str]
    media_type: ClassVar[str]
    description: ClassVar[str]
    losses: ClassVar[tuple[Loss, ...]]
    checks: ClassVar[Mapping[str, Check]] = {}
    options_type: ClassVar[type[Any]]

    def __init__(self, options: O) -> None:
        self.options = options

    @abstractmethod
    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the file to a seekable stream; large media is copied through, never held.

        Args:
            material: What to write.
            out: Where to.

        Returns:
            What was left out, and what to look out for.
        """

    @classmethod
    def info(cls) -> FormatInfo:
        """What users see of it."""
        return FormatInfo(
            id=cls.id,
            name=cls.name,
            family=cls.family,
            extension=cls.extension,
            media_type=cls.media_type,
            description=cls.description,
            losses=tuple(str(loss) for loss in cls.losses),
            checks=tuple(cls.checks),
            options=describe_options(cls.options_type),
        )


OffsetOption = Annotated[float, Field(ge=-360_000, le=360_000, description="Added to all times, in seconds.")]
NewlineOption = Annotated[Newline, Field(description="Line ends.")]
BomOption = Annotated[bool, Field(description="Begin with a byte order mark, for old Windows programs.")]


@dataclass(frozen=True, slots=True)
class TextFileOptions:
    """Options of every text format."""

    newline: NewlineOption = "lf"
    bom: BomOption = False


@dataclass(frozen=True, slots=True)
class WordedFileOptions(WordingOptions):
    """Options of every text format that holds words."""

    offset_s: OffsetOption = 0.0
    newline: NewlineOption = "lf"
    bom: BomOption = False


T = TypeVar("T", bound=TextFileOptions | WordedFileOptions)


class TextFormat(Format[T], Generic[T]):
    """A format that is UTF-8 text, made from the transcript alone."""

    @abstractmethod
    def text(self, transcript: Transcript) -> str:
        r"""The whole file as text, lines ended by `\n`. The transcript's words are as the options want them."""

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the text in the wanted encoding."""
        transcript = material.transcript
        warnings: tuple[str, ...] = ()
        if isinstance(self.options, WordedFileOptions):
            transcript, warnings = reworded(transcript, self.options, offset_s=self.options.offset_s)
        out.write(encode(self.text(transcript), newline=self.options.newline, bom=self.options.bom))
        return Notes(self.left_out(transcript), (*warnings, *self.warnings(transcript)))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Of the declared losses, those that this transcript and these options suffer."""
        return actual_losses(self.losses, transcript)

    def warnings(self, transcript: Transcript) -> tuple[str, ...]:  # noqa: ARG002
        """What to look out for in this file."""
        return ()
