"""Log lines: for people or for programs, and whose work each is about."""

from .context import Work, WorkFilter, bound, carry, trace_id_of
from .formats import JsonFormatter, TextFormatter
from .setup import LogFormat, configure

__all__ = [
    "JsonFormatter",
    "LogFormat",
    "TextFormatter",
    "Work",
    "WorkFilter",
    "bound",
    "carry",
    "configure",
    "trace_id_of",
]
