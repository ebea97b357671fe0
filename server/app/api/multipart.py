"""Reads a multipart form (RFC 7578) as it arrives, without ever holding the file it carries.

Starlette would collect the whole body first; recordings are too large for that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from ..errors import InvalidInput, TooLarge

LONGEST_NAME = 255
_MAX_FIELDS = 64
_MAX_FIELD_BYTES = 64 * 1024
_QUOTED = {"%22": '"', "%0D": " ", "%0A": " ", "%0d": " ", "%0a": " "}  # how browsers write these in names
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, direction overrides, half surrogates, line separators
_JOINERS = "\u200c\u200d"  # part of how emoji and several scripts are written


def clean_name(raw: str) -> str:
    """A name fit to be shown and to name a download: one line, no folders, at most 255 characters.

    It is never used as a path on this machine. Empty names become `recording`.
    """
    name = PurePosixPath(raw.replace("\\", "/")).name
    kept = "".join(" " if c.isspace() else c for c in name if c.isspace() or not _is_invisible(c))
    short = " ".join(kept.split())
    if len(short) > LONGEST_NAME:
        suffix = PurePosixPath(short).suffix[:16]
        short = short[: LONGEST_NAME - len(suffix)] + suffix
    return short if short.strip(". ") else "recording"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE and character not in _JOINERS


class FormReader:
    """Takes a form's bytes piece by piece: text fields are collected, the file's bytes are handed on.

    Args:
        content_type: The request's header, which holds the boundary.
        file_field: Name of the one field that carries a file.
        check_field: Called with the name of every other field before its value is read; refuses it by raising.

    Attributes:
        fields: Text fields read so far; of those that came several times, the last.
        pairs: All of them, in order.
        file_name: The uploaded file's name as the client gave it; None until the file began.
        finished: Whether the form's end was seen. A body that stops before was cut.

    Raises:
        InvalidInput: The request is not a multipart form.
    """

    def __init__(
        self, content_type: str, file_field: str = "file", *, check_field: Callable[[str], None] | None = None
    ) -> None:
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise InvalidInput(
                "The request is not a form with a file.",
                hint=f"Send multipart/form-data with a field '{file_field}', as 'curl -F {file_field}=@…' does.",
            )
        self.fields: dict[str, str] = {}
        self.pairs: list[tuple[str, str]] = []
        self.file_name: str | None = None
        self.finished = False
        self._file_field = file_field
        self._check_field = check_field
        self._parser = self._make_parser(boundary)
        self._header = b""
        self._value = b""
        self._field: str | None = None
        self._in_file = False
        self._text = bytearray()
        self._file = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Take the next piece of the body and return the file's bytes in it.

        Raises:
            InvalidInput: The form is malformed.
            TooLarge: Too many or too long text fields.
        """
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise InvalidInput(f"The form is malformed: {error}.") from None
        content = bytes(self._file)
        self._file.clear()
        return content

    def _make_parser(self, boundary: bytes) -> MultipartParser:
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_ends,
                    "on_end": self._form_ends,
                },
            )
        except ValueError as error:
            raise InvalidInput(f"The form's boundary is not usable: {error}.") from None

    def _part_begins(self) -> None:
        self._field, self._in_file = None, False
        self._text.clear()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, parameters = parse_options_header(self._value.decode("latin-1"))
            self._field = _text(parameters.get(b"name", b""))
            if self._field == self._file_field:
                self._file_begins(_text(parameters.get(b"filename", b"")))
        self._header = self._value = b""

    def _file_begins(self, name: str) -> None:
        if self.file_name is not None:
            raise InvalidInput("The form holds more than one file.", hint="Send one recording per request.")
        self._in_file = True
        self.file_name = re.sub("%22|%0[DdAa]", lambda found: _QUOTED[found[0]], name)

    def _headers_end(self) -> None:
        if not self._field:
            raise InvalidInput("A part of the form has no name.")
        if len(self.pairs) >= _MAX_FIELDS:
            raise TooLarge(f"The form has more than {_MAX_FIELDS} fields.")
        if self._check_field is not None and not self._in_file:
            self._check_field(self._field)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._file += data[start:end]
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD_BYTES:
            raise TooLarge(f"The field '{self._field}' is longer than {_MAX_FIELD_BYTES} bytes.")

    def _part_ends(self) -> None:
        if self._field and not self._in_file:
            value = _text(bytes(self._text))
            self.fields[self._field] = value
            self.pairs.append((self._field, value))

    def _form_ends(self) -> None:
        self.finished = True


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
