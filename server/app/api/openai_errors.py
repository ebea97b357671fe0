"""Errors of the shape OpenAI's clients know: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.responses import JSONResponse, Response

PREFIX = "/v1/"

_BAD_REQUEST_CODES = frozenset({"engine_unavailable", "model_missing"})
"""What we answer with 503 elsewhere, but trying again would not help: the request asks for what is not here."""

_CODES = {"unauthorized": "invalid_api_key", "internal_error": "server_error"}
"""Our codes that OpenAI has other words for."""


def applies_to(path: str) -> bool:
    """Whether a path is one whose callers expect OpenAI's errors."""
    return path.startswith(PREFIX)


def answer(status: int, code: str, message: str, field: str | None, headers: Mapping[str, str]) -> Response:
    """Build the answer for an error.

    OpenAI says 400 to everything that is wrong with a request, where we are more particular (415, 422). Its client
    repeats requests that failed with 409 or 5xx, upload and all; the header tells it when that is of no use.

    Args:
        status: HTTP status as our own routes have it.
        code: Our code.
        message: What happened, and what to do.
        field: The parameter at fault; OpenAI calls it `param`.
        headers: Further headers.
    """
    if status in {415, 422} or code in _BAD_REQUEST_CODES:
        status = 400
    error = {
        "message": message,
        "type": "server_error" if status >= 500 else "invalid_request_error",
        "param": field,
        "code": "model_not_found" if status == 404 and field == "model" else _CODES.get(code, code),
    }
    retry = "true" if status in {429, 503} else "false"
    return JSONResponse({"error": error}, status, headers={**headers, "x-should-retry": retry})
