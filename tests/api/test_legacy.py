"""The audapolis desktop app's conversation with the server, as its client code has it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from audapolis.api.legacy_models import MODELS
from audapolis.api.legacy_tasks import STAGE_STATES, STATES, legacy_options, legacy_state, legacy_task
from audapolis.domain.options import TranscribeOptions
from audapolis.errors import NotFound
from audapolis.export.desktop_timeline import ADAPTERS
from audapolis.jobs.record import Job, JobState

from .conftest import Served, finish, problem, recording, submit

MODEL = "pocketsphinx-en-us"
TASK_FIELDS = {"uuid", "filename", "state", "total", "processed", "content", "progress"}
STATE_ORDER = ["queued", "loading", "converting", "diarizing", "transcribing", "post_processing", "done"]
MODEL_FIELDS = {"model_id", "name", "url", "description", "size", "type", "lang", "compressed"}


class DesktopApp:
    """Calls the server as the app does: a final slash after the route, parameters in the query."""

    def __init__(self, client: httpx.Client, slash: str = "/") -> None:
        self.client = client
        self.slash = slash

    def call(self, method: str, route: str, parameters: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        answer = self.client.request(method, f"/{route}{self.slash}", params=parameters or {}, **more)
        assert not answer.is_redirect
        return answer

    def transcribe(self, content: bytes, **parameters: Any) -> Any:
        files = {"file": ("input.wav", content), "fileName": (None, "interview.mp4")}
        asked = {"transcription_model": MODEL, **parameters}
        return self.call("POST", "tasks/start_transcription", asked, files=files).json()

    def poll(self, uuid: str) -> tuple[Any, list[str]]:
        states = []
        while True:
            task = self.call("GET", f"tasks/{uuid}").json()
            states.append(task["state"])
            if task["state"] in {"done", "failed", "canceled"}:
                return task, states


@pytest.fixture(params=["/", ""], ids=["slash", "no slash"])
def app(client: httpx.Client, request: pytest.FixtureRequest) -> DesktopApp:
    return DesktopApp(client, request.param)


def test_a_recording_is_uploaded_polled_fetched_and_deleted(app: DesktopApp) -> None:
    task = app.transcribe(recording(chunks=4, chunk_s=0.1), diarize=True, diarize_max_speakers=3)
    assert set(task) >= TASK_FIELDS
    assert task["state"] == "queued"
    assert task["filename"] == "interview.mp4"
    assert task["content"] is None
    done, states = app.poll(task["uuid"])
    assert done["state"] == "done"
    assert done["progress"] == 1
    order = [STATE_ORDER.index(state) for state in states]
    assert order == sorted(order)
    check_content(done["content"], total_s=4.0)
    gone = app.call("DELETE", f"tasks/{task['uuid']}")
    assert (gone.status_code, gone.json()) == (200, None)
    problem(app.call("GET", f"tasks/{task['uuid']}"), 404, "not_found")
    problem(app.call("DELETE", f"tasks/{task['uuid']}"), 404, "not_found")


def check_content(content: Any, total_s: float) -> None:
    """Gapless paragraphs of words and silences."""
    at_s = 0.0
    for paragraph in content:
        assert set(paragraph) == {"speaker", "content"}
        assert isinstance(paragraph["speaker"], str)
        for item in paragraph["content"]:
            fields = {"word", "conf"} if item["type"] == "word" else set()
            assert set(item) == {"type", "sourceStart", "length"} | fields
            assert item["sourceStart"] == pytest.approx(at_s, abs=1e-6)
            at_s = item["sourceStart"] + item["length"]
    assert at_s == pytest.approx(total_s, abs=1e-5)


def test_without_speakers_the_one_speaker_is_the_file_as_before(app: DesktopApp) -> None:
    done, _ = app.poll(app.transcribe(recording(chunks=1), diarize=False)["uuid"])
    assert {paragraph["speaker"] for paragraph in done["content"]} == {"interview.mp4"}


def test_speaker_limits_mean_what_they_meant() -> None:
    assert legacy_options(MODEL, True, None).max_speakers is None
    assert legacy_options(MODEL, True, 3) == TranscribeOptions(engine="pocketsphinx", language="en", max_speakers=3)
    assert legacy_options(MODEL, False, 3).max_speakers is None


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"transcription_model": "vosk-model-de"}, 404, "not_found"),
        ({"transcription_model": MODEL, "diarize_max_speakers": "0"}, 422, "invalid_request"),
        ({"transcription_model": MODEL, "diarize": "perhaps"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
def test_wrong_requests_are_refused(
    app: DesktopApp, served: Served, parameters: dict[str, str], status: int, code: str
) -> None:
    files = {"file": ("input.wav", recording())}
    problem(app.call("POST", "tasks/start_transcription", parameters, files=files), status, code)
    assert served.uploads() == []


def test_a_failed_task_shows_failed_and_why(app: DesktopApp) -> None:
    failed, _ = app.poll(app.transcribe(recording(deeds={"0": "refuse"}))["uuid"])
    assert failed["state"] == "failed"
    assert failed["content"] is None
    assert failed["error"]["message"] == "This is no sound."


def test_a_stopped_task_shows_canceled(app: DesktopApp, client: httpx.Client) -> None:
    task = submit(client, chunks=100, chunk_s=0.1)
    client.post(f"/api/tasks/{task['id']}/cancel")
    assert app.poll(task["id"])[0]["state"] == "canceled"


def test_the_task_list_knows_native_tasks_too(app: DesktopApp, client: httpx.Client) -> None:
    task = finish(client, submit(client, chunks=1)["id"])
    listed = app.call("GET", "tasks/list").json()
    assert [each["uuid"] for each in listed] == sorted(each["uuid"] for each in listed)
    assert next(each["state"] for each in listed if each["uuid"] == task["id"]) == "done"


def test_available_models_are_those_that_exist(app: DesktopApp) -> None:
    available = app.call("GET", "models/available").json()
    language = available["en"]
    assert [model["model_id"] for model in language["transcription_models"]][:2] == [MODEL, "tiny@en"]
    for code, offered in available.items():
        assert offered["lang"] == code
        assert offered["punctuation_models"] == offered["whisper_models"] == []
        for model in offered["transcription_models"]:
            assert set(model) == MODEL_FIELDS
            assert (model["type"], model["lang"], model["compressed"]) == ("transcription", code, False)
    downloaded = app.call("GET", "models/downloaded").json()
    assert downloaded == {MODEL: language["transcription_models"][0]}


def test_downloading_what_is_built_in_is_done_at_once(app: DesktopApp) -> None:
    task = app.call("POST", "tasks/download_model", {"model_id": MODEL}).json()
    assert set(task) == {"uuid", "model_id", "state", "total", "processed", "progress"}
    assert (task["model_id"], task["state"], task["progress"]) == (MODEL, "done", 1)
    assert app.call("GET", f"tasks/{task['uuid']}").json() == task
    assert task in app.call("GET", "tasks/list").json()
    assert app.call("DELETE", f"tasks/{task['uuid']}").status_code == 200
    problem(app.call("GET", f"tasks/{task['uuid']}"), 404, "not_found")
    problem(app.call("POST", "tasks/download_model", {"model_id": "nothing"}), 404, "not_found")


def test_what_is_built_in_cannot_be_deleted(app: DesktopApp) -> None:
    body = problem(app.call("POST", "models/delete", {"model_id": MODEL}), 409, "conflict")
    assert "built in" in body["detail"]
    problem(app.call("POST", "models/delete", {"model_id": "nothing"}), 404, "not_found")


ITEM = {
    "speaker": "A",
    "source_file": "media/1",
    "source_length": 60.0,
    "has_video": True,
    "source_start": 1.0,
    "length": 2.5,
}


def test_timelines_are_converted(app: DesktopApp) -> None:
    items = [ITEM, {**ITEM, "speaker": "B", "has_video": False, "source_start": 10.0}]
    answer = app.call("POST", "util/otio/convert", {"name": "my film", "adapter": "otio_json"}, json=items)
    assert answer.status_code == 200
    timeline = answer.json()
    assert timeline["OTIO_SCHEMA"].startswith("Timeline")
    assert timeline["name"] == "my film"
    body = problem(
        app.call("POST", "util/otio/convert", {"name": "x", "adapter": "otio_jsen"}, json=items), 422, "unknown_name"
    )
    assert "otio_json" in body["detail"]


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_adapter_the_app_offers_answers(app: DesktopApp, adapter: str) -> None:
    items = [ITEM, {**ITEM, "speaker": "B", "has_video": False, "source_start": 10.0}]
    answer = app.call("POST", "util/otio/convert", {"name": "my film", "adapter": adapter}, json=items)
    assert answer.status_code == 200
    binary = adapter.lower() == "aaf"
    assert answer.headers["content-type"].startswith("application/octet-stream" if binary else "text/plain")
    assert answer.content


def job(state: JobState, stage: str | None = None) -> Job:
    return Job(
        id="1",
        name="a",
        state=state,
        options=TranscribeOptions(),
        source="/a",
        created_at=0.0,
        stage=stage,
        duration_s=60.0,
        progress=0.5,
    )


def test_every_state_and_stage_has_a_word_the_app_knows() -> None:
    for state in JobState:
        if state is not JobState.RUNNING:
            assert legacy_state(job(state)) == STATES[state]
    running = [legacy_state(job(JobState.RUNNING, stage)) for stage in STAGE_STATES]
    assert running == sorted(running, key=STATE_ORDER.index)
    assert legacy_state(job(JobState.RUNNING, "something new")) == "transcribing"


def test_stages_of_the_pipeline_are_all_mapped() -> None:
    from audapolis.config import Settings
    from audapolis.modern_pipeline import ModernPipeline

    assert {stage.name for stage in ModernPipeline(Settings()).stages} <= set(STAGE_STATES)


def test_old_clients_divide_processed_by_total() -> None:
    shown = legacy_task(job(JobState.RUNNING, "decode"))
    assert (shown["processed"], shown["total"], shown["progress"]) == (30.0, 60.0, 0.5)


def test_models_name_engines_that_take_them() -> None:
    from audapolis.config import Settings
    from audapolis.transcription_bridge import TranscriptionBridge

    for model_id in MODELS:
        TranscriptionBridge(Settings()).check(legacy_options(model_id, True, None))
    with pytest.raises(NotFound):
        legacy_options("nothing", True, None)
