"""A model hub that speaks Hugging Face's protocol: what a repository holds, and one file of it."""

from __future__ import annotations

import hashlib
import json
import urllib.error
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from ..domain.cancellation import CancelToken
from ..errors import ModelMissing
from .entries import CatalogEntry, Pick
from .http import BROKEN, Interruptible, answers, open_url

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository at one commit.

    Attributes:
        sha256: Checksum of large files; "" for small ones, which have `blob`.
        blob: Checksum as git makes it: SHA-1 over a header and the content.
        target: Where it goes in the model's folder.
    """

    repo: str
    commit: str
    name: str
    size_bytes: int
    sha256: str
    blob: str
    target: str


class Hub:
    """Questions to one hub.

    Args:
        endpoint: Its address.
        token: Access token or None; never shown.
    """

    def __init__(self, endpoint: str, token: str | None) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._token = token

    def files(self, entry: CatalogEntry, cancel: CancelToken) -> list[RemoteFile]:
        """The files of a model, with sizes and checksums.

        Raises:
            ModelMissing: The hub does not have it, does not let us, or does not answer.
        """
        found = [file for pick in entry.picks for file in self._picked(pick, cancel)]
        if not found:
            raise ModelMissing(
                f"The repository of the model '{entry.name}' holds none of the files it should.",
                hint=f"Look at {self.page(entry.picks[0].repo)}.",
            )
        return found

    def open(self, file: RemoteFile, offset: int) -> Any:
        """Begin to read a file at an offset; the answer tells by its status whether the server followed that."""
        url = f"{self.endpoint}/{file.repo}/resolve/{quote(file.commit, safe='')}/{quote(file.name)}"
        return open_url(url, token=self._token, headers={"Range": f"bytes={offset}-"} if offset else {})

    def page(self, repo: str) -> str:
        """Address of a repository for people."""
        return f"{self.endpoint}/{repo}"

    def reachable(self, within_s: float) -> bool:
        """Whether the hub answers in time."""
        return answers(self.endpoint, within_s=within_s)

    def refusal(self, error: urllib.error.HTTPError, repo: str) -> ModelMissing:
        """What an answer that is no success means, without ever showing the token."""
        error.close()
        code = error.headers.get("X-Error-Code", "")
        if code == "GatedRepo" or (error.code == 403 and self._token):
            return ModelMissing(
                f"The publisher of '{repo}' wants conditions accepted first.",
                hint=f"Accept them at {self.page(repo)} with the account of your token, and set the token as "
                "AUDAPOLIS_MODELS__TOKEN.",
            )
        if error.code in {401, 403} and self._token:
            return ModelMissing(
                f"The model hub does not accept the token for '{repo}'.",
                hint=f"Make a token with read access at {self.endpoint}/settings/tokens and set it as "
                f"AUDAPOLIS_MODELS__TOKEN. If the model is gated, accept its conditions at {self.page(repo)}.",
            )
        if error.code in {401, 403, 404}:
            return ModelMissing(
                f"The model hub has no '{repo}' that is open to everybody.",
                hint=f"Check the name at {self.page(repo)}. If it is private or gated, accept its conditions there and "
                "set AUDAPOLIS_MODELS__TOKEN.",
            )
        return ModelMissing(f"The model hub answered '{error.code}' for '{repo}'.", hint="Try again later.")

    def _picked(self, pick: Pick, cancel: CancelToken) -> list[RemoteFile]:
        listing = Interruptible(lambda _work: self._listing(pick.repo)).result(cancel)
        try:
            commit, siblings = str(listing["sha"]), list(listing["siblings"])
            return [
                _remote(pick, commit, sibling)
                for sibling in siblings
                if any(fnmatchcase(str(sibling["rfilename"]), pattern) for pattern in pick.patterns)
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelMissing(
                f"The model hub's description of '{pick.repo}' can't be understood.",
                hint="Check AUDAPOLIS_MODELS__ENDPOINT.",
            ) from error

    def _listing(self, repo: str) -> Any:
        url = f"{self.endpoint}/api/models/{repo}/revision/main?blobs=true"
        try:
            with open_url(url, token=self._token) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise self.refusal(error, repo) from None
        except BROKEN as error:
            raise ModelMissing(
                f"The model hub {self.endpoint} can't be reached: {reason(error)}.",
                hint="Check the connection, or bring the model as a folder: audapolis models import FOLDER.",
            ) from error
        except ValueError as error:
            raise ModelMissing(
                f"{self.endpoint} does not answer like a model hub.", hint="Check AUDAPOLIS_MODELS__ENDPOINT."
            ) from error


def revision_of(files: Sequence[RemoteFile]) -> str:
    """The commit the files are from; for files of several repositories one hash over their commits."""
    commits = sorted({f"{file.repo}@{file.commit}" for file in files})
    if len(commits) == 1:
        return files[0].commit
    return hashlib.sha256("\n".join(commits).encode()).hexdigest()


def reason(error: BaseException) -> str:
    """A network error in a few words."""
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    return " ".join(str(inner).split()).rstrip(".") or type(inner).__name__


def _remote(pick: Pick, commit: str, sibling: dict[str, Any]) -> RemoteFile:
    name = str(sibling["rfilename"])
    into = pick.into
    target = f"{into}{PurePosixPath(name).name}" if into.endswith("/") else into or name
    if PurePosixPath(target).is_absolute() or ".." in PurePosixPath(target).parts or "\\" in target:
        raise ValueError(name)
    large = sibling.get("lfs") or {}
    size = int(large.get("size", sibling.get("size", -1)))
    if size < 0:
        raise ValueError(name)
    return RemoteFile(
        pick.repo, commit, name, size, str(large.get("sha256", "")), str(sibling.get("blobId", "")), target
    )


def intact(path: Path, file: RemoteFile) -> bool:
    """Whether a file on disk is the one that was promised. Reads all of it."""
    if path.stat().st_size != file.size_bytes:
        return False
    if file.sha256:
        digest, wanted = hashlib.sha256(), file.sha256
    elif file.blob:
        digest, wanted = hashlib.sha1(b"blob %d\0" % file.size_bytes, usedforsecurity=False), file.blob
    else:
        return True
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest() == wanted
