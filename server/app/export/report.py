"""What an export tells of itself: what it left out, what to look out for, and which checks it passed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from .material import Material

Check = Callable[[BinaryIO, Material], Iterable[str]]
"""Reads a finished file from its start and yields what is wrong with it, one sentence each."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What a writer knows of the file it wrote.

    Attributes:
        losses: What of this material the file does not carry.
        warnings: What the reader of the file should know: media that is offline, captions too fast to read.
    """

    losses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found. No problems: passed."""

    check: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The facts of one exported file."""

    format: str
    size_bytes: int
    sha256: str
    losses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    checks: tuple[Verdict, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What all checks found."""
        return tuple(problem for verdict in self.checks for problem in verdict.problems)
