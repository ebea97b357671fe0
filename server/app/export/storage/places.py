"""Addresses of storage: which are allowed, what they hide, and how their drivers are opened."""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ...errors import ExportFailed, InvalidOption

SCHEMES = frozenset({"file", "s3", "gs", "gcs", "az", "abfs", "sftp", "webdav", "webdavs"})
"""Kinds of storage. Others that fsspec knows (http, ftp, zip, github …) can't be written to, or not whole."""

FOLDERS = frozenset({"file", "sftp", "webdav", "webdavs", "memory"})
"""Kinds with folders that have to be made; object stores have only names with slashes, and making one of those may
make a bucket."""

HIDDEN = "(hidden)"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in some storage.

    Attributes:
        url: Its address, maybe with a password.
        scheme: Its kind.
        shown: The address as it may be shown.
    """

    url: str
    scheme: str
    shown: str

    def below(self, folder: str) -> Place:
        """A folder in it."""
        added = quote(folder) if self.scheme == "file" else folder
        return Place(f"{self.url.rstrip('/')}/{added}", self.scheme, f"{self.shown.rstrip('/')}/{folder}")


def is_url(text: str) -> bool:
    """Whether a target is an address and no path."""
    return bool(_URL.match(text))


def place_of(target: str, *, schemes: Collection[str] = SCHEMES) -> Place:
    """Read an address, or a path of this machine.

    Raises:
        InvalidOption: It is of no kind that is allowed, or can't be understood.
    """
    if not is_url(target):
        path = Path(target).expanduser().absolute()
        return Place(path.as_uri(), "file", str(path))
    try:
        parts = urlsplit(target)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        raise InvalidOption("A storage address can't be understood.", hint=_HINT, field="target") from None
    scheme = parts.scheme.lower()
    if scheme not in schemes:
        raise InvalidOption(
            f"Results can't go to '{scheme}' addresses.", hint=f"Allowed: {', '.join(sorted(schemes))}.", field="target"
        )
    if (scheme == "file") is bool(parts.netloc) or parts.query or parts.fragment:
        raise InvalidOption(f"The storage address {masked(target)} makes no sense.", hint=_HINT, field="target")
    return Place(target, scheme, masked(target))


_HINT = "For example: s3://bucket/folder, sftp://user@host/folder, webdavs://host/folder, file:///folder."


def masked(url: str) -> str:
    """An address without password, query and fragment."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return HIDDEN
    login, at, host = parts.netloc.rpartition("@")
    netloc = f"{login.partition(':')[0]}:{HIDDEN}{at}{host}" if password is not None else parts.netloc
    return parts._replace(netloc=netloc, query="", fragment="").geturl()


def secrets_of(place: Place, options: Mapping[str, Any]) -> tuple[str, ...]:
    """What no message may show: the address's password, and every text among the driver's options."""
    password = urlsplit(place.url).password
    found = [password, unquote(password)] if password else []
    return tuple(sorted({*found, *_texts(options)}, key=len, reverse=True))


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    return [value] if isinstance(value, str) and len(value) >= _SHORTEST_SECRET and not is_url(value) else []


def open_driver(place: Place, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Open fsspec's driver for a place.

    Args:
        place: Where.
        options: What the driver is given, credentials above all; without any it looks where such programs usually do.

    Returns:
        The file system, and the place's path in it.

    Raises:
        InvalidOption: The driver is not installed, or does not take the options.
        ExportFailed: It can't be opened.
    """
    import fsspec  # slow to import, and rarely needed

    try:
        if place.scheme == "file":
            return fsspec.filesystem("file", **{"skip_instance_cache": True, **options}), unquote(
                urlsplit(place.url).path
            )
        if place.scheme in {"webdav", "webdavs"}:
            return _webdav(place, options)
        system, path = fsspec.core.url_to_fs(
            place.url, **{"skip_instance_cache": True, "use_listings_cache": False, **options}
        )
    except ImportError:
        raise InvalidOption(
            f"The driver for '{place.scheme}' addresses is not installed.",
            hint="Install it with: pip install 'audapolis[storage]'",
        ) from None
    except TypeError:
        raise InvalidOption(
            f"The driver for '{place.scheme}' addresses does not take these options.",
            hint="Check AUDAPOLIS_EXPORTS__STORAGE_OPTIONS.",
        ) from None
    except Exception as error:  # noqa: BLE001 - drivers raise what they like, and it may show what is secret
        raise ExportFailed(
            f"{place.shown} can't be opened ({type(error).__name__}).", hint="Check the address."
        ) from None
    return system, str(path)


def _webdav(place: Place, options: Mapping[str, Any]) -> tuple[Any, str]:
    parts = urlsplit(place.url)
    base = f"{'https' if place.scheme == 'webdavs' else 'http'}://{parts.netloc.rpartition('@')[2]}/"
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    kind = importlib.import_module("webdav4.fsspec").WebdavFileSystem  # without types, and rarely installed
    given = {"auth": login, "skip_instance_cache": True, **options}
    return kind(base, **given), unquote(parts.path).strip("/")
