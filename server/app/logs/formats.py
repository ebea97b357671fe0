"""How log lines are written. None holds content: messages tell of work, never of what was said."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from ..errors import AudapolisError


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII, so that no character of a message can break a line or a stream.

    Always there: `time` (ISO 8601, UTC), `level`, `logger`, `message`. Where known: `job_id`, `trace_id`, `stage`;
    `error` and `hint` of one of our errors; `exception`, the traceback as text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, str] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("job_id", "trace_id", "stage"):
            line[name] = getattr(record, name, "")
        line |= self._of_exception(record)
        return json.dumps({name: value for name, value in line.items() if value or name == "message"})

    def _of_exception(self, record: logging.LogRecord) -> dict[str, str]:
        if not record.exc_info or record.exc_info[1] is None:
            return {}
        told = {"exception": self.formatException(record.exc_info)}
        error = record.exc_info[1]
        if isinstance(error, AudapolisError):
            told = {"error": error.code, "hint": error.hint} | told
        return told


class TextFormatter(logging.Formatter):
    """For people: time, level, the job and stage in brackets where there are any, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(about)s%(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the standard library's name
        """Put the job before the message."""
        job_id, stage = getattr(record, "job_id", ""), getattr(record, "stage", "")
        about = " ".join(part for part in (f"job {job_id}" if job_id else "", stage) if part)
        record.about = f"[{about}] " if about else ""
        return super().formatMessage(record)
