"""Who says what where: results on stdout, everything else on stderr, nothing in each other's way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from .problems import explain, trace
from .progress import Progress, make_progress
from .text import shown
from .writing import storage_error


class OutputClosed(Exception):
    """Whoever read our stdout has gone, as `head` does when it has seen enough."""


class Console:
    """The terminal, or what stands in for it.

    Attributes:
        quiet: Say nothing but problems.
        verbose: Say where problems come from.
        progress: Shows how far the work is; a bar on a terminal, now and then a line elsewhere.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose or bool(os.environ.get("AUDAPOLIS_DEBUG"))
        self.progress: Progress = make_progress(sys.stderr, quiet=quiet)

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.close()

    def note(self, text: str) -> None:
        """Tell something worth knowing, on stderr."""
        if not self.quiet:
            self.progress.line(text)

    def problem(self, subject: str, error: BaseException) -> None:
        """Tell what went wrong with the subject (a file's name, or "" for the whole command), on stderr."""
        told = explain(error)
        where = f"{subject}: " if subject and subject not in told else ""
        self.progress.line(f"audapolis: {where}{told}")
        if self.verbose:
            self.progress.line(trace(error).rstrip())

    def result(self, content: bytes) -> None:
        """Put a result on stdout, unchanged, and make sure it got there.

        Raises:
            OutputClosed: Nobody reads any more.
            StorageFull: stdout is a file on a full disk.
        """
        try:
            self.progress.apart(lambda: _put(content))
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            drop_stdout()
            raise storage_error(Path("standard output"), error) from None

    @property
    def ask(self) -> Callable[[str], str] | None:
        """Puts a question to the user; None where nobody can answer."""
        return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


def _put(content: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()


def drop_stdout() -> None:
    """Let what is still buffered for a stdout that takes no more disappear quietly, instead of failing at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def label(path: Path) -> str:
    """How messages name a file."""
    return shown(path.name)
