"""Storage: every file whole or not there, whatever fails, and no password in any message."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from audapolis.errors import AudapolisError, ExportFailed, InvalidOption, NotFound, StorageFull
from audapolis.export.storage.places import SCHEMES, masked, place_of, secrets_of
from audapolis.export.storage.store import Store
from fsspec.implementations.memory import MemoryFileSystem


class Flaky(MemoryFileSystem):  # type: ignore[misc]
    """Storage in memory that fails when it is told to."""

    cachable = False
    store: dict[str, Any] = {}  # noqa: RUF012 - fsspec's own
    failures: list[tuple[str, Exception | None]] = []  # noqa: RUF012

    def _maybe_fail(self, method: str) -> bool:
        if self.failures and self.failures[0][0] == method:
            error = self.failures.pop(0)[1]
            if error is not None:
                raise error
            return True
        return False

    def put_file(self, lpath: str, rpath: str, **kwargs: Any) -> None:
        if self._maybe_fail("put"):  # the line breaks after half of it
            content = Path(lpath).read_bytes()
            self.pipe_file(rpath, content[: len(content) // 2])
            raise ConnectionError("the line broke")
        if self._maybe_fail("short"):
            self.pipe_file(rpath, b"x")
            return
        super().put_file(lpath, rpath, **kwargs)

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        self._maybe_fail("mv")
        super().mv(path1, path2, **kwargs)


@pytest.fixture
def flaky() -> Flaky:
    Flaky.store, Flaky.pseudo_dirs, Flaky.failures = {}, [""], []
    return Flaky()


def store_on(system: Flaky, slept: list[float] | None = None) -> Store:
    place = place_of("memory://results", schemes={"memory"})
    return Store(place, sleep=(slept if slept is not None else []).append, driver=(system, "/results"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "talk.srt"
    path.write_bytes(b"0123456789")
    return path


def test_a_file_is_published_and_found_again(flaky: Flaky, file: Path) -> None:
    store = store_on(flaky)
    put = store.put("a/talk.srt", file)
    assert flaky.cat_file("/results/a/talk.srt") == b"0123456789"
    assert store.look("a/talk.srt") == put
    assert store.read("a/talk.srt") == b"0123456789"
    assert list(flaky.store) == ["/results/a/talk.srt"]


def test_what_is_not_there_is_nothing(flaky: Flaky) -> None:
    assert store_on(flaky).look("no.srt") is None
    assert store_on(flaky).read("no.srt") is None


def test_a_broken_line_is_tried_again_and_leaves_nothing_half_there(flaky: Flaky, file: Path) -> None:
    Flaky.failures = [("put", None), ("short", None), ("mv", TimeoutError("slow"))]
    slept: list[float] = []
    store_on(flaky, slept).put("talk.srt", file)
    assert slept == [0.5, 2.0, 8.0]
    assert {path: flaky.cat_file(path) for path in flaky.store} == {"/results/talk.srt": b"0123456789"}


@pytest.mark.parametrize("failure", ["put", "short", "mv"])
def test_what_fails_for_good_leaves_the_former_file_as_it_was(flaky: Flaky, file: Path, failure: str) -> None:
    store = store_on(flaky)
    store.write("talk.srt", b"former")
    Flaky.failures = [(failure, TimeoutError("slow") if failure == "mv" else None)] * 4
    with pytest.raises(ExportFailed, match=r"write talk.srt in memory://results"):
        store.put("talk.srt", file)
    assert {path: flaky.cat_file(path) for path in flaky.store} == {"/results/talk.srt": b"former"}


def test_what_trying_again_would_not_help_is_not_tried_again(flaky: Flaky, file: Path) -> None:
    slept: list[float] = []
    for error, kind in (
        (PermissionError("no"), ExportFailed),
        (OSError(28, "full"), StorageFull),
        (FileNotFoundError("no bucket"), NotFound),
    ):
        Flaky.failures = [("mv", error)]
        with pytest.raises(kind):
            store_on(flaky, slept).put("talk.srt", file)
    assert slept == []


def test_a_file_that_changed_has_another_mark(tmp_path: Path) -> None:
    store = Store(place_of(str(tmp_path / "made" / "here")))
    first = store.write("talk.srt", b"one")
    assert store.look("talk.srt") == first
    (tmp_path / "made" / "here" / "talk.srt").write_bytes(b"two")
    assert store.look("talk.srt") != first
    assert [path.name for path in (tmp_path / "made" / "here").iterdir()] == ["talk.srt"]


def test_a_place_that_is_no_folder_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AudapolisError, match="file"):
        Store(place_of(str(tmp_path / "file"))).write("x.srt", b"x")


@pytest.mark.parametrize(
    "url",
    ["http://x/y", "ftp://x/y", "memory://x", "zip://a::s3://b", "file://host/x", "s3://b/x?y=1", "sftp://h:x/y"],
)
def test_addresses_that_are_not_allowed_are_refused(url: str) -> None:
    with pytest.raises(InvalidOption):
        place_of(url)


def test_paths_are_places_too(tmp_path: Path) -> None:
    place = place_of(f"{tmp_path}/with space & ünï #1")
    assert place.scheme == "file"
    Store(place).write("x.txt", b"x")
    assert (tmp_path / "with space & ünï #1" / "x.txt").read_bytes() == b"x"


def test_missing_drivers_are_named_with_what_to_install() -> None:
    pytest.importorskip("fsspec")
    try:
        import paramiko  # noqa: F401
    except ImportError:
        with pytest.raises(InvalidOption, match=r"audapolis\[storage\]"):
            Store(place_of("sftp://user:pass@127.0.0.1/x"))
    else:
        pytest.skip("the driver for sftp is installed")


def test_passwords_are_never_shown(flaky: Flaky, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = "sftp://ann:p%40ssword@host:22/x?token=abc"
    assert masked(url) == "sftp://ann:(hidden)@host:22/x"
    place = place_of("sftp://ann:p%40ssword@host/x")
    options = {"key": "AKIAEXAMPLE", "client_kwargs": {"endpoint_url": "http://minio:9000", "secret": "hunter22"}}
    assert set(secrets_of(place, options)) == {"p%40ssword", "p@ssword", "AKIAEXAMPLE", "hunter22"}
    Flaky.failures = [("mv", ConnectionError("refused p@ssword for hunter22 at AKIAEXAMPLE"))] * 4
    store = Store(place, options, sleep=lambda _: None, driver=(flaky, "/x"))
    with caplog.at_level(logging.DEBUG), pytest.raises(ExportFailed) as caught:
        store.put("talk.srt", file)
    for secret in ("p@ssword", "p%40ssword", "hunter22", "AKIAEXAMPLE"):
        assert secret not in str(caught.value) + caplog.text + repr(caught.value.__cause__)
    assert caught.value.__suppress_context__


def test_every_allowed_scheme_has_a_driver_that_fsspec_knows() -> None:
    from fsspec.registry import known_implementations

    assert SCHEMES - {"webdavs"} <= set(known_implementations)
