"""Names for people and recordings that tell them apart on this machine, and mean nothing anywhere else.

A digest is keyed with bytes that never leave the folder (HMAC, RFC 2104): without them nobody can find out by trying
which address or which file a digest stands for.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

KEY = "key"
_KEY_BYTES = 32
_DIGITS = 12
"""48 bits: of a hundred thousand names two are alike with a chance of one in fifty thousand."""


class Digests:
    """Makes digests with the key of a folder. Thread-safe, as is the making of the key by several processes at once.

    Args:
        folder: Where the key is kept, readable by its owner only; made with the first digest.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEY
        self._key: bytes | None = None
        self._warned = False

    def of(self, text: str) -> str:
        """Twelve hex digits that stand for a text; "" where the key can be neither read nor kept."""
        try:
            key = self._key = self._key or self._kept()
        except OSError as error:  # nobody's work may suffer
            if not self._warned:
                log.warning("Nothing can be told apart by digests: %s can't be used (%s)", self._path, error.strerror)
            self._warned = True
            return ""
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_DIGITS]

    def _kept(self) -> bytes:
        """The key in the folder, made now if there is none."""
        with suppress(FileNotFoundError):
            return self._read()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._make()
        return self._read()

    def _read(self) -> bytes:
        key = self._path.read_bytes()
        if len(key) != _KEY_BYTES:
            raise OSError(0, "it is damaged")
        return key

    def _make(self) -> None:
        """Put a new key in its place whole, unless somebody else was first."""
        mine = self._path.with_name(f".{KEY}-{os.getpid()}-{threading.get_ident()}")
        mine.unlink(missing_ok=True)
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                self._path.hardlink_to(mine)
        finally:
            mine.unlink(missing_ok=True)
