"""Fetching models from a real server that misbehaves."""

from __future__ import annotations

import multiprocessing
import socket
import tempfile
import threading
from pathlib import Path

import pytest
from audapolis.catalog.download import Download
from audapolis.catalog.hub import Hub
from audapolis.catalog.known import repository_entry
from audapolis.domain.cancellation import CancelToken
from audapolis.errors import AudapolisError, Cancelled, ModelMissing, StorageFull, UnknownName
from audapolis.models import ModelLibrary
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import TINY, library_for
from .hubserver import TOKEN, HubServer, serving_hub


def pull(library: ModelLibrary, name: str = "tiny", *, update: bool = False) -> tuple[Path, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    model = library.pull(name, on_progress=lambda *at: seen.append(at), cancel=CancelToken(), update=update)
    return model.path, seen


def test_a_model_is_fetched_whole_and_found_again(library: ModelLibrary, hub: HubServer, tiny_whisper: Path) -> None:
    path, seen = pull(library)
    wanted = {p.name: p.read_bytes() for p in tiny_whisper.iterdir()}
    assert {p.name: p.read_bytes() for p in path.iterdir()} == {k: v for k, v in wanted.items() if k in wanted}
    assert path.name == "tiny"
    assert seen[-1][0] == seen[-1][1] == sum(len(content) for content in wanted.values())
    found = library.find("tiny")
    assert found is not None
    assert (found.engine, found.path, found.revision) == ("whisper", path, hub.commit(TINY))
    assert [model.name for model in library.installed()] == ["tiny"]
    asked = len(hub.asked)
    assert pull(library)[0] == path
    assert len(hub.asked) == asked


def test_a_cut_connection_is_resumed_and_nothing_is_fetched_twice(
    library: ModelLibrary, hub: HubServer, tiny_whisper: Path
) -> None:
    hub.cuts["model.bin"] = [500_000, 700_000]
    path, _ = pull(library)
    content = (tiny_whisper / "model.bin").read_bytes()
    assert (path / "model.bin").read_bytes() == content
    assert hub.sent["model.bin"] == len(content)


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(1, 3000), max_size=8))
def test_however_often_the_connection_is_cut_the_file_arrives_whole(cuts: list[int]) -> None:
    content = bytes(range(256)) * 30
    with serving_hub() as hub, tempfile.TemporaryDirectory() as folder:
        hub.repos["some/model"] = {"model.bin": content}
        hub.cuts["model.bin"] = list(cuts)
        source = Hub(hub.url, None)
        files = source.files(repository_entry("some/model"), CancelToken())
        Download(source, Path(folder), on_progress=lambda *_: None, cancel=CancelToken()).run(files)
        assert Path(folder, "model.bin").read_bytes() == content
        assert hub.sent["model.bin"] == len(content)


def test_a_download_that_broke_off_goes_on_in_the_next_command(
    hub: HubServer, tmp_path: Path, tiny_whisper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audapolis.catalog.download.TRIES", 1)
    hub.cuts["model.bin"] = [400_000, 0]
    with pytest.raises(ModelMissing, match=r"'model\.bin' broke off at 400000 of") as caught:
        pull(library_for(tmp_path, hub.url))
    assert "goes on where it stopped" in caught.value.hint
    assert library_for(tmp_path, hub.url).installed() == []
    pull(library_for(tmp_path, hub.url))
    assert hub.sent["model.bin"] == (tiny_whisper / "model.bin").stat().st_size


def test_a_server_without_ranges_is_read_again_from_the_start(library: ModelLibrary, hub: HubServer) -> None:
    hub.ranges = False
    hub.cuts["model.bin"] = [100_000]
    path, _ = pull(library)
    assert (path / "model.bin").stat().st_size == len(hub.repos[TINY]["model.bin"])


def test_a_busy_server_is_asked_again(library: ModelLibrary, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audapolis.catalog.download.PAUSE_S", 0.01)
    hub.busy = 3
    assert pull(library)[0].is_dir()
    hub.repos["someone/other"] = hub.repos[TINY]
    hub.busy = 100
    with pytest.raises(ModelMissing, match="the server answered 503"):
        pull(library, "someone/other")


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_wrong_checksum_is_refused_with_the_file_named(library: ModelLibrary, hub: HubServer, name: str) -> None:
    hub.damaged.add(name)
    with pytest.raises(ModelMissing, match=f"'{name}' of '{TINY}' arrived damaged"):
        pull(library)
    assert library.installed() == []
    hub.damaged.clear()
    pull(library)


def test_a_damaged_update_leaves_the_version_before(library: ModelLibrary, hub: HubServer) -> None:
    before, _ = pull(library)
    content = {path.name: path.read_bytes() for path in before.iterdir()}
    hub.repos[TINY]["model.bin"] += b"newer"
    hub.damaged.add("model.bin")
    with pytest.raises(ModelMissing, match="arrived damaged"):
        pull(library, update=True)
    found = library.find("tiny")
    assert found is not None
    assert {path.name: path.read_bytes() for path in found.path.iterdir()} == content
    hub.damaged.clear()
    after, _ = pull(library, update=True)
    assert after != before
    assert (after / "model.bin").read_bytes().endswith(b"newer")
    assert not before.exists()
    assert pull(library, update=True)[0] == after


def test_gated_models_say_which_page_to_accept_and_no_token_is_shown(hub: HubServer, tmp_path: Path) -> None:
    hub.gated.add(TINY)
    for token in (None, TOKEN):
        with pytest.raises(ModelMissing) as caught:
            pull(library_for(tmp_path, hub.url, token=token))
        assert f"{hub.url}/{TINY}" in caught.value.hint
        assert "conditions" in str(caught.value)
        assert TOKEN not in repr(caught.value) + str(caught.value)


def test_a_wrong_token_says_where_to_get_one_without_showing_it(hub: HubServer, tmp_path: Path) -> None:
    hub.private.add(TINY)
    with pytest.raises(ModelMissing) as caught:
        pull(library_for(tmp_path, hub.url, token="hf_wrong-one"))
    assert "/settings/tokens" in caught.value.hint
    assert "hf_wrong-one" not in str(caught.value)
    assert "hf_wrong-one" not in repr(library_for(tmp_path, hub.url, token="hf_wrong-one")._settings)
    pull(library_for(tmp_path, hub.url, token=TOKEN))


def test_the_token_is_not_handed_to_the_host_files_come_from(hub: HubServer, tmp_path: Path) -> None:
    with serving_hub() as files:
        files.repos = hub.repos
        hub.redirect_to = files.url
        pull(library_for(tmp_path, hub.url, token=TOKEN))
        assert files.asked
        assert {token for _, token in files.asked} == {None}
        assert {token for _, token in hub.asked} == {f"Bearer {TOKEN}"}


def test_a_model_the_hub_does_not_have_is_missing_and_an_unknown_name_has_a_nearest_match(
    library: ModelLibrary,
) -> None:
    with pytest.raises(ModelMissing, match="no 'Systran/faster-whisper-base' that is open"):
        pull(library, "base")
    with pytest.raises(UnknownName, match="Did you mean 'large-v3-turbo'"):
        pull(library, "large-v3-trubo")


def test_any_repository_can_be_named(library: ModelLibrary, hub: HubServer) -> None:
    hub.repos["someone/whisper-of-mine"] = hub.repos[TINY]
    path, _ = pull(library, "someone/whisper-of-mine")
    assert path.name == "whisper-of-mine"
    assert library.find("whisper-of-mine") is not None
    asked = len(hub.asked)
    pull(library, "someone/whisper-of-mine")
    assert len(hub.asked) == asked


def test_a_model_of_several_repositories_is_put_together(library: ModelLibrary, hub: HubServer) -> None:
    hub.repos["csukuangfj/sherpa-onnx-pyannote-segmentation-3-0"] = {"model.onnx": b"one", "model.int8.onnx": b"no"}
    hub.repos["csukuangfj/speaker-embedding-models"] = {"nemo_en_titanet_small.onnx": b"two", "other.onnx": b"no"}
    path, _ = pull(library, "sherpa-titanet-small")
    assert {p.name: p.read_bytes() for p in path.iterdir()} == {"segmentation.onnx": b"one", "embedding.onnx": b"two"}
    found = library.find("sherpa-titanet-small")
    assert found is not None
    assert (found.engine, len(found.revision)) == ("sherpa", 64)
    assert library.default_for(None, "balanced") is None


def test_a_gated_pipeline_is_fetched_with_a_token_that_was_let_in(hub: HubServer, tmp_path: Path) -> None:
    hub.repos["pyannote/speaker-diarization-3.1"] = {"config.yaml": b"pipeline:", "README.md": b"no"}
    hub.repos["pyannote/segmentation-3.0"] = {"pytorch_model.bin": b"weights", "config.yaml": b"task:"}
    hub.repos["pyannote/wespeaker-voxceleb-resnet34-LM"] = {"pytorch_model.bin": b"more", "config.yaml": b"model:"}
    hub.private |= {"pyannote/speaker-diarization-3.1", "pyannote/segmentation-3.0"}
    path, _ = pull(library_for(tmp_path, hub.url, token=TOKEN), "pyannote-3.1")
    files = {str(p.relative_to(path)) for p in path.rglob("*") if p.is_file()}
    parts = {
        f"{part}/{name}" for part in ("segmentation", "embedding") for name in ("pytorch_model.bin", "config.yaml")
    }
    assert files == {"config.yaml", *parts}


def test_cancelling_a_slow_download_ends_it_and_keeps_what_is_there(
    library: ModelLibrary, hub: HubServer, tiny_whisper: Path
) -> None:
    hub.stall = threading.Event()
    cancel, ended = CancelToken(), []

    def run() -> None:
        try:
            library.pull("tiny", on_progress=lambda *_: None, cancel=cancel)
        except AudapolisError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert hub.stalled.wait(60)
    cancel.cancel()
    thread.join(30)
    assert not thread.is_alive()
    assert isinstance(ended[0], Cancelled)
    hub.stall.set()
    hub.stall = None
    assert pull(library)[0].is_dir()


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    library = library_for(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(ModelMissing, match="can't be reached") as caught:
        pull(library)
    assert "models import" in caught.value.hint
    assert not library.reachable()


def test_reachable_is_false_when_nothing_answers_in_time(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert library_for(tmp_path, hub.url).reachable()
    monkeypatch.setattr("audapolis.models._REACH_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not library_for(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}").reachable()


@pytest.mark.parametrize("variable", ["AUDAPOLIS_MODELS__OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_nothing_is_asked(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    library = library_for(tmp_path, hub.url, **({"offline": True} if variable.startswith("AUDAPOLIS") else {}))
    assert not library.reachable()
    with pytest.raises(ModelMissing, match="nothing may be fetched"):
        pull(library)
    assert hub.asked == []


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_fetched(
    library: ModelLibrary, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audapolis.catalog.download._SPARE_BYTES", 2**62)
    with pytest.raises(StorageFull, match="MB more"):
        pull(library)
    assert hub.sent == {}


def _pull_in_a_process(folder: Path, endpoint: str) -> None:
    pull(library_for(folder, endpoint))


@pytest.mark.slow
def test_two_processes_that_want_the_same_model_fetch_it_once(hub: HubServer, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_pull_in_a_process, args=(tmp_path, hub.url)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert hub.sent["model.bin"] == len(hub.repos[TINY]["model.bin"])
    assert library_for(tmp_path, hub.url).find("tiny") is not None


def test_file_names_that_climb_out_of_the_folder_are_refused(library: ModelLibrary, hub: HubServer) -> None:
    hub.repos[TINY]["vocabulary./../../../evil"] = b"x"
    with pytest.raises(ModelMissing, match="can't be understood"):
        pull(library)
