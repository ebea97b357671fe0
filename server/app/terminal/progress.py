"""How far the work is: bars on a terminal, a quiet line now and then elsewhere."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from .text import clipped, duration

_LINE_EVERY_S = 15.0
_USUAL_COLUMNS, _USUAL_ROWS = 80, 24
_STAGES = {
    "probe": "looking",
    "decode": "reading",
    "enhance": "cleaning up",
    "speech": "finding speech",
    "diarize": "telling speakers apart",
    "transcribe": "transcribing",
    "merge": "putting together",
    "refine": "finishing",
    "assess": "checking",
}


class Progress(Protocol):
    """Shows any number of pieces of work, each under a key of the caller's choice. Used from one thread."""

    def update(self, key: str, label: str, stage: str, fraction: float, eta_s: float | None) -> None:
        """Show a piece of work to be so far (0..1); the first call for a key begins it."""
        ...

    def finish(self, key: str) -> None:
        """The piece of work is over, well or badly."""
        ...

    def line(self, text: str) -> None:
        """Say something between the bars."""
        ...

    def apart(self, write: Callable[[], None]) -> None:
        """Do some writing of one's own with the bars out of the way."""
        ...

    def close(self) -> None:
        """Remove what is still shown."""
        ...


def make_progress(stream: TextIO, *, quiet: bool) -> Progress:
    """Bars where somebody watches, lines where a log is written, messages only when `quiet`."""
    if quiet or not stream.isatty():
        return Lines(stream, every_s=float("inf") if quiet else _LINE_EVERY_S)
    return Bars(stream)


class Lines:
    """Says at most every `every_s` seconds how far each piece of work is."""

    def __init__(self, stream: TextIO, *, every_s: float) -> None:
        self._stream = stream
        self._every_s = every_s
        self._next: dict[str, float] = {}

    def update(self, key: str, label: str, stage: str, fraction: float, eta_s: float | None) -> None:
        """Say how far it is, if it is time to."""
        now = time.monotonic()
        if now < self._next.setdefault(key, now + self._every_s):
            return
        self._next[key] = now + self._every_s
        left = f", {duration(eta_s)} left" if eta_s is not None else ""
        self.line(f"{label}: {_STAGES.get(stage, stage)}, {fraction:.0%}{left}")

    def finish(self, key: str) -> None:
        """Forget it."""
        self._next.pop(key, None)

    def line(self, text: str) -> None:
        """Say it."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def apart(self, write: Callable[[], None]) -> None:
        """Just write: there are no bars."""
        write()

    def close(self) -> None:
        """Nothing is shown."""


class Bars:
    """One bar for each piece of work, drawn by tqdm."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bars: dict[str, Any] = {}

    def update(self, key: str, label: str, stage: str, fraction: float, eta_s: float | None) -> None:
        """Move the bar of this piece of work."""
        bar = self._bars.get(key) or self._open(key, label)
        left = f", {duration(eta_s)} left" if eta_s is not None else ""
        bar.set_postfix_str(f"{_STAGES.get(stage, stage)}{left}", refresh=False)
        bar.n = max(bar.n, min(1.0, fraction) * 100)
        bar.refresh()

    def _open(self, key: str, label: str) -> Any:
        from tqdm import tqdm  # not before there is something to show: start-up is to be quick

        known_size = os.get_terminal_size(self._stream.fileno()).columns > 0  # bare pseudo-terminals have none
        room = max(12, shutil.get_terminal_size().columns // 4)
        bar = tqdm(
            total=100,
            desc=clipped(label, room),
            file=self._stream,
            leave=False,
            dynamic_ncols=known_size,
            ncols=None if known_size else _USUAL_COLUMNS,
            nrows=None if known_size else _USUAL_ROWS,
            bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed}{postfix}",
        )
        self._bars[key] = bar
        return bar

    def finish(self, key: str) -> None:
        """Remove its bar."""
        bar = self._bars.pop(key, None)
        if bar is not None:
            bar.close()

    def line(self, text: str) -> None:
        """Say it above the bars."""
        self.apart(lambda: self._say(text))

    def _say(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def apart(self, write: Callable[[], None]) -> None:
        """Clear the bars, write, draw them again."""
        for bar in self._bars.values():
            bar.clear()
        try:
            write()
        finally:
            for bar in self._bars.values():
                bar.refresh()

    def close(self) -> None:
        """Remove all bars."""
        for key in list(self._bars):
            self.finish(key)
