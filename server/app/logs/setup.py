"""Where log lines go, set up once for each process."""

from __future__ import annotations

import logging
import sys
from typing import Literal, TextIO

from ..errors import UnknownName
from .context import WorkFilter
from .formats import JsonFormatter, TextFormatter

LogFormat = Literal["text", "json"]

OURS = __name__.partition(".")[0]
"""Parent of all our loggers."""

_FORMATTERS: dict[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}
_LEVELS = ("debug", "info", "warning", "error", "critical")


class _OurHandler(logging.StreamHandler[TextIO]):
    """Told apart from others' handlers, so that a second `configure` replaces the first."""


def configure(format: LogFormat = "text", level: str = "info", stream: TextIO | None = None) -> logging.Handler:
    """Write this process's log from now on. May be called again, to change it.

    Other people's libraries are written from `warning` up and in the same format, or their lines would break a
    program's reading of ours.

    Args:
        format: For people, or for programs.
        level: The least severe line of ours that is written: `debug`, `info`, `warning`, `error` or `critical`.
        stream: Where to; standard error when not given.

    Returns:
        What writes; who wants it gone removes it from the root logger.

    Raises:
        UnknownName: No such format or level.
    """
    if format not in _FORMATTERS:
        raise UnknownName("log format", format, _FORMATTERS)
    if level.lower() not in _LEVELS:
        raise UnknownName("log level", level, _LEVELS)
    handler = _OurHandler(stream or sys.stderr)
    handler.setFormatter(_FORMATTERS[format]())
    handler.addFilter(WorkFilter())
    root = logging.getLogger()
    for earlier in [known for known in root.handlers if isinstance(known, _OurHandler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    logging.getLogger(OURS).setLevel(level.upper())
    logging.captureWarnings(format == "json")
    return handler
