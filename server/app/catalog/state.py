"""Tells whether a model folder is still the one it was."""

from __future__ import annotations

import hashlib
from pathlib import Path


def state_of(folder: Path) -> str:
    """A short word that changes whenever a file in the folder is replaced, added or removed."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            facts = path.stat()
            digest.update(f"{path.relative_to(folder)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
