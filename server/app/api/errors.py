"""Errors as HTTP sees them: problem details (RFC 9457), one table from error type to status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .. import errors
from . import openai_errors

log = logging.getLogger(__name__)

STATUS: dict[type[errors.AudapolisError], int] = {
    errors.AudapolisError: 500,
    errors.InvalidInput: 400,
    errors.UnsupportedMedia: 415,
    errors.InvalidOption: 422,
    errors.UnknownName: 422,
    errors.InvalidDocument: 422,
    errors.InvalidTemplate: 422,
    errors.InvalidModel: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.Unauthorized: 401,
    errors.TooLarge: 413,
    errors.EngineUnavailable: 503,
    errors.ModelMissing: 503,
    errors.ModelBroken: 503,
    errors.EngineFailed: 500,
    errors.WorkerCrashed: 500,
    errors.OutOfMemory: 503,
    errors.OutOfDeviceMemory: 503,
    errors.DeviceLost: 503,
    errors.StorageFull: 507,
    errors.ExportFailed: 422,
    errors.Cancelled: 409,
}
"""HTTP status of each of our errors; a type that is not listed has its parent's."""

MEDIA_TYPE = "application/problem+json"


def status_of(error: errors.AudapolisError) -> int:
    """The HTTP status of an error: its own, or its nearest ancestor's."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Build a problem-details answer, or one of OpenAI's shape on the routes that imitate OpenAI's.

    Args:
        request: What it answers; its path becomes `instance`.
        status: HTTP status.
        code: Stable identifier for programs; also the end of the `type` URN.
        detail: What happened, one sentence.
        hint: What the reader can do about it.
        headers: Further response headers.
        **more: Extension members.
    """
    if openai_errors.applies_to(request.url.path):
        return openai_errors.answer(status, code, f"{detail} {hint}".strip(), more.get("field"), headers or {})
    body = {
        "type": f"urn:audapolis:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "hint": hint,
        "code": code,
        "instance": request.url.path,
        **more,
    }
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def from_error(request: Request, error: errors.AudapolisError) -> Response:
    """The answer for one of our errors. What it knows (`field`, `known` …) comes along where it is plain text."""
    headers = {"WWW-Authenticate": 'Bearer realm="audapolis"'} if isinstance(error, errors.Unauthorized) else {}
    more = {key: error.data[key] for key in ("field", "known", "errors", "line") if key in error.data}
    return problem(request, status_of(error), error.code, error.message, hint=error.hint, headers=headers, **more)


def install(app: FastAPI) -> None:
    """Make every error of an application a problem-details answer."""
    app.add_exception_handler(errors.AudapolisError, _ours)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> Response:
    return from_error(request, cast(errors.AudapolisError, error))


async def _validation(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    places = [{"field": _place(one["loc"]), "message": str(one["msg"])} for one in found]
    first = places[0] if places else {"field": "request", "message": "invalid"}
    return problem(
        request,
        422,
        "invalid_request",
        f"The value of '{first['field']}' is wrong: {first['message']}.",
        hint="Compare with the description of this route in /docs.",
        field=first["field"],
        errors=places,
    )


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


async def _framework(request: Request, error: Exception) -> Response:
    if isinstance(error.__cause__, errors.AudapolisError):  # raised by us while the framework read the body
        return from_error(request, error.__cause__)
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    path, method = request.url.path, request.method
    details = {
        404: (f"There is nothing at {path}.", "The routes are listed in /docs."),
        405: (f"{path} does not answer {method}.", f"It answers {headers.get('Allow', 'other methods')}."),
    }
    detail, hint = details.get(status, (getattr(error, "detail", str(error)), ""))
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return problem(request, status, code, detail, hint=hint, headers=headers)


async def _gone(_request: Request, _error: Exception) -> Response:
    # Nobody is left to read this; 400 keeps it out of the error log.
    return Response(status_code=400)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    return problem(
        request,
        500,
        "internal_error",
        "Something went wrong inside the server.",
        hint="The server's log says what; please report it.",
    )
