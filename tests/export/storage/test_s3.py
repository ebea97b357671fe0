"""S3, against a server that speaks its protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import moto.server as moto_server
import pytest
import s3fs
from audapolis.cli import main
from audapolis.domain.codec import to_json
from audapolis.errors import AudapolisError, NotFound
from audapolis.export.storage.places import place_of
from audapolis.export.storage.store import Store

from tests.builders import conversation


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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_batch_goes_to_a_bucket_and_repeats_nothing(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDAPOLIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AUDAPOLIS_EXPORTS__STORAGE_OPTIONS", json.dumps({"s3": options}))
    (tmp_path / "talk.json").write_bytes(to_json(conversation()))
    command = ["export", str(tmp_path / "talk.json"), "-f", "srt", "vtt", "otioz", "-o", "s3://results/batch"]
    assert main(command) == 0
    there = names(options, "results/batch")
    assert there == [f"results/batch/{name}" for name in ("report.json", "talk.otioz", "talk.srt", "talk.vtt")]
    assert main(command) == 0
    assert "3 files in s3://results/batch: 0 made, 3 there already." in capsys.readouterr().err
    s3fs.S3FileSystem(**options, skip_instance_cache=True).pipe_file("results/batch/talk.srt", b"edited")
    assert main(command) == 2
    assert main([*command, "--overwrite"]) == 0
    assert "1 made, 2 there already" in capsys.readouterr().err
    assert names(options, "results/batch") == there
