"""Every error Audapolis raises on purpose.

    AudapolisError                      what happened, and a hint what to do about it
    ├── InvalidInput                    the caller's fault: CLI exit 2, HTTP 4xx
    │   ├── UnsupportedMedia            not a recording we can read (empty, no audio, damaged, too short …)
    │   ├── InvalidOption               an option's value or combination makes no sense
    │   ├── UnknownName                 no such format, engine, model …; names the nearest that exist
    │   ├── InvalidDocument             a transcript or document file that breaks its rules
    │   ├── InvalidTemplate             a template of the user's own that is wrong, or takes more than it may
    │   ├── InvalidModel                a speech model that is damaged, of no kind we know, or does not work
    │   ├── NotFound                    no such file, task or transcript
    │   ├── Conflict                    the thing exists already, or its state forbids this
    │   │   └── Stale                   it was changed since the caller looked
    │   ├── Unauthorized                missing or wrong token
    │   └── TooLarge                    over a configured limit
    ├── EngineUnavailable               an engine can't run here; the hint says how to make it
    │   ├── ModelMissing                its weights are not on this machine
    │   └── ModelBroken                 its files are there but damaged; the message names the file
    ├── EngineFailed                    an engine broke on this input
    │   ├── WorkerCrashed               the process that ran it died
    │   ├── OutOfMemory                 no memory left on this machine
    │   ├── OutOfDeviceMemory           no memory left on the device: something smaller may still fit
    │   └── DeviceLost                  the device vanished or its driver gave up: only another one helps
    ├── StorageFull                     the disk refused a write
    ├── ExportFailed                    a transcript could not be written in a format
    └── Cancelled                       somebody asked to stop; nothing is wrong

Foreign errors are mapped to these once, where the foreign library is called. All survive pickling, because
they cross process borders.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class AudapolisError(Exception):
    """Base of all errors here.

    Attributes:
        message: What happened, one sentence.
        hint: What the reader can do about it; may be empty.
        code: Stable identifier for programs, derived from the class name (`unsupported_media`).
    """

    def __init__(self, message: str, *, hint: str = "", **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.data = data

    @property
    def code(self) -> str:
        """Stable snake-case identifier of the error's kind, as programs see it."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.hint, self.data)


def _rebuild(kind: type[AudapolisError], message: str, hint: str, data: dict[str, Any]) -> AudapolisError:
    error = kind.__new__(kind)
    AudapolisError.__init__(error, message, hint=hint, **data)
    return error


class InvalidInput(AudapolisError):
    """The caller gave something that can't work."""


class UnsupportedMedia(InvalidInput):
    """The file is not a recording we can read, or holds nothing to hear."""


class InvalidOption(InvalidInput):
    """An option's value, or a combination of options, makes no sense."""


class UnknownName(InvalidInput):
    """Something was named that does not exist.

    The message names the nearest match when there is one, and the hint lists what exists.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        choices = sorted(known)
        near = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.5)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        super().__init__(
            f"Unknown {kind} '{name}'.{guess}",
            hint=f"Known: {', '.join(choices) or 'none'}.",
            kind=kind,
            name=name,
            known=choices,
        )


class InvalidDocument(InvalidInput):
    """A transcript or document file breaks the rules of its format."""


class InvalidTemplate(InvalidInput):
    """A template of the user's own is wrong, or takes more than it may; the message names the line where it can.

    Its data has `kind` (syntax, undefined, forbidden, limit, failed) and `line`.
    """


class InvalidModel(InvalidInput):
    """A model that is damaged, of no kind we know, or does not work when tried; the message names the file."""


class NotFound(InvalidInput):
    """No such file, task, transcript or model."""


class Conflict(InvalidInput):
    """The thing exists already, or its present state forbids the request."""


class Stale(Conflict):
    """The thing was changed since the caller looked at it."""


class Unauthorized(InvalidInput):
    """The token is missing or wrong."""


class TooLarge(InvalidInput):
    """The input is over a configured limit."""


class EngineUnavailable(AudapolisError):
    """An engine can't run on this machine; the hint says what would change that."""


class ModelMissing(EngineUnavailable):
    """The engine's weights are not on this machine."""


class ModelBroken(EngineUnavailable):
    """A file of the engine's model is damaged, cut short or of another kind; the message names it."""


class EngineFailed(AudapolisError):
    """An engine broke while working on this input."""


class WorkerCrashed(EngineFailed):
    """The process that ran the work died (killed, crashed or out of memory)."""


class OutOfMemory(EngineFailed):
    """This machine had no memory left."""


class OutOfDeviceMemory(EngineFailed):
    """The device an engine runs on had no memory left; something smaller may still fit."""


class DeviceLost(EngineFailed):
    """The device an engine ran on vanished or its driver gave up; only another device helps."""


class StorageFull(AudapolisError):
    """The disk refused a write."""


class ExportFailed(AudapolisError):
    """A transcript could not be written in the wanted format."""


class Cancelled(AudapolisError):
    """Somebody asked to stop; nothing is wrong."""

    def __init__(self, message: str = "Cancelled.", **data: Any) -> None:
        super().__init__(message, **data)
