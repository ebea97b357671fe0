"""Who may ask: a Bearer token on every route but health and documentation."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..errors import Unauthorized

_bearer = HTTPBearer(auto_error=False, description="The token the server printed when it started.")


def new_token() -> str:
    """A fresh random token, 256 bits."""
    return secrets.token_urlsafe(32)


def token_matches(given: str, wanted: str) -> bool:
    """Compare in constant time, so that the time taken says nothing about the wanted token."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def authorised(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """Let a request pass only with the right token.

    Raises:
        Unauthorized: The token is missing or wrong.
    """
    if credentials is None:
        raise Unauthorized("This needs a token.", hint="Send the header 'Authorization: Bearer TOKEN'.")
    if not token_matches(credentials.credentials, request.app.state.token):
        raise Unauthorized("The token is wrong.", hint="Use the token the server printed when it started.")


def may_scrape(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """Let a scrape pass with the right token, or without any where that is allowed.

    Raises:
        Unauthorized: The token is missing or wrong.
    """
    if not request.app.state.settings.analytics.open_metrics:
        authorised(request, credentials)
