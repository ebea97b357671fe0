"""S3, against a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audapolis.errors import AudapolisError, NotFound
from audapolis.export.storage.places import place_of
from audapolis.export.storage.store import Store

moto_server = pytest.importorskip("moto.server")
s3fs = pytest.importorskip("s3fs")


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, Any]]:
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "key": "AKIAEXAMPLE",
        "secret": "not-to-be-shown",
        "client_kwargs": {"endpoint_url": f"http://{host}:{port}"},
    }
    s3fs.S3FileSystem(**given, skip_instance_cache=True).mkdir("results")
    yield given
    server.stop()


def names(options: dict[str, Any], folder: str) -> list[str]:
    found = s3fs.S3FileSystem(**options, skip_instance_cache=True, use_listings_cache=False).find(folder)
    return sorted(found)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_are_published_whole_and_known_again(options: dict[str, Any], tmp_path: Path) -> None:
    store = Store(place_of("s3://results/talks"), options)
    (tmp_path / "a.srt").write_bytes(b"x" * 100_000)
    put = store.put("a.srt", tmp_path / "a.srt")
    assert put.size_bytes == 100_000
    assert Store(place_of("s3://results/talks"), options).look("a.srt") == put
    assert store.read("a.srt") == b"x" * 100_000
    assert store.write("a.srt", b"y" * 100_000) != put
    assert names(options, "results/talks") == ["results/talks/a.srt"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_bucket_that_does_not_exist_is_named_and_not_made(options: dict[str, Any]) -> None:
    store = Store(place_of("s3://nobody-has-this/x"), options, pauses_s=())
    with pytest.raises(AudapolisError, match="s3://nobody-has-this/x") as caught:
        store.write("a.srt", b"x")
    assert isinstance(caught.value, NotFound) or "bucket" in str(caught.value)
    assert "not-to-be-shown" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        names(options, "nobody-has-this")
