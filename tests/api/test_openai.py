"""OpenAI's own client, unmodified, against a real server: `/v1`."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import webvtt
from audapolis.api.interactive import PRIORITY
from audapolis.api.interactive import sweep as sweep_interactive
from audapolis.catalog.entries import InstalledModel
from audapolis.catalog.shelf import Shelf
from audapolis.config import Settings
from audapolis.domain.audio import SAMPLE_RATE_HZ
from audapolis.domain.options import TranscribeOptions
from audapolis.main import create_app
from audapolis.tasks import TaskManager

from ..engines.sound import load
from .conftest import TOKEN, Served, serving, settings_for
from .speaking import BREAK, WAIT, SpeakingRunner, script

# The client warns of translations, and of OpenAI's own models, that OpenAI will switch off.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

PATIENCE_S = 60
HELLO = script("Good morning. How are you", "today? I am well", "thanks. And you")
TEXT = "Good morning. How are you today? I am well thanks. And you"


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = offline(settings_for(tmp_path_factory.mktemp("speaking")))
    with serving(create_app(settings, TaskManager(settings, SpeakingRunner)), settings) as served:
        yield served


@contextmanager
def client_of(served: Served, token: str = TOKEN, timeout_s: float = PATIENCE_S) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=token, max_retries=0, timeout=timeout_s) as client:
        yield client


@pytest.fixture
def client(speaking: Served) -> Iterator[openai.OpenAI]:
    with client_of(speaking) as client:
        yield client
    (speaking.settings.data_dir / "go").unlink(missing_ok=True)


@pytest.fixture
def transcribe(client: openai.OpenAI) -> Callable[..., Any]:
    def call(recording: bytes = HELLO, **wanted: Any) -> Any:
        named = {"model": "whisper-1", **wanted}
        return client.audio.transcriptions.create(file=("hello.wav", recording), **named)

    return call


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def nothing_is_left(served: Served) -> bool:
    kept = [
        path
        for folder in ("interactive", "media", "transfers")
        for path in (served.settings.data_dir / folder).glob("*")
    ]
    return not kept and not served.tasks.list()


def test_a_recording_becomes_text_and_nothing_is_left_of_it(transcribe: Callable[..., Any], speaking: Served) -> None:
    answer = transcribe()
    assert answer.text == TEXT
    assert answer.languages[0].code == "en"
    assert (answer.usage.type, answer.usage.seconds) == ("duration", 31)
    assert answer.logprobs is None
    wait_for(lambda: nothing_is_left(speaking))


def test_text_comes_plain(transcribe: Callable[..., Any]) -> None:
    assert transcribe(response_format="text") == f"{TEXT}\n"


def test_subtitles_are_without_speakers_unless_they_are_asked_for(transcribe: Callable[..., Any]) -> None:
    assert transcribe(response_format="srt").startswith("1\n00:00:00,000 --> ")
    captions = webvtt.from_string(transcribe(response_format="vtt"))
    assert captions[0].text == "Good morning. How are you"
    named = webvtt.from_string(transcribe(response_format="vtt", model="gpt-4o-transcribe-diarize"))
    assert named[0].voice == "Speaker 1"


def test_verbose_json_lists_segments(transcribe: Callable[..., Any]) -> None:
    answer = transcribe(response_format="verbose_json", language="en")
    assert (answer.task, answer.language, answer.duration, answer.text) == ("transcribe", "english", 30.5, TEXT)
    assert answer.words is None
    first = answer.segments[0]
    assert (first.id, first.text, first.start, first.end, first.seek) == (0, "Good morning.", 0.0, 0.5, 0)
    assert first.avg_logprob == pytest.approx(-0.693, abs=0.001)
    assert (first.tokens, first.temperature, first.no_speech_prob) == ([], 0.0, 0.0)
    assert [segment.id for segment in answer.segments] == list(range(len(answer.segments)))


def test_verbose_json_lists_words_with_or_without_segments(transcribe: Callable[..., Any]) -> None:
    words = transcribe(response_format="verbose_json", timestamp_granularities=["word"])
    assert [word.word for word in words.words] == TEXT.split()
    assert (words.words[1].start, words.words[1].end, words.segments) == (0.3, 0.5, None)
    both = transcribe(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert both.words
    assert both.segments


def test_diarized_json_says_who_speaks(transcribe: Callable[..., Any]) -> None:
    answer = transcribe(response_format="diarized_json", chunking_strategy="auto")
    assert (answer.task, answer.text) == ("transcribe", TEXT)
    said = [(segment.speaker, segment.text) for segment in answer.segments]
    assert said[:3] == [("A", "Good morning."), ("A", "How are you"), ("Ada", "today?")]
    assert {segment.type for segment in answer.segments} == {"transcript.text.segment"}


def test_confidence_comes_as_log_probabilities(transcribe: Callable[..., Any]) -> None:
    found = transcribe(include=["logprobs"], model="gpt-4o-transcribe").logprobs
    assert "".join(item.token for item in found) == TEXT
    assert bytes(int(byte) for byte in found[1].bytes).decode() == " morning."
    assert found[0].logprob == pytest.approx(-0.693, abs=0.001)


def test_text_is_streamed_while_the_rest_is_still_being_worked_on(
    transcribe: Callable[..., Any], speaking: Served
) -> None:
    recording = script("Good morning. How are you", "today? I am well", WAIT, "thanks. And you")
    with transcribe(recording, stream=True) as events:
        told = [next(events), next(events)]
        assert [event.delta for event in told] == ["Good morning.", " How are you"]
        (speaking.settings.data_dir / "go").touch()
        told += events
    assert "".join(event.delta for event in told[:-1]) == told[-1].text == TEXT
    assert [event.type for event in told[:-1]] == ["transcript.text.delta"] * (len(told) - 1)
    assert told[-1].type == "transcript.text.done"
    assert told[-1].languages[0].code == "en"
    wait_for(lambda: nothing_is_left(speaking))


def test_speakers_are_streamed_segment_by_segment(transcribe: Callable[..., Any]) -> None:
    events = list(transcribe(stream=True, response_format="diarized_json", model="gpt-4o-transcribe-diarize"))
    assert [event.type for event in events[:2]] == ["transcript.text.delta", "transcript.text.segment"]
    assert events[0].segment_id == events[1].id
    segments = [event for event in events if event.type == "transcript.text.segment"]
    assert [segment.speaker for segment in segments[:2]] == ["A", "A"]
    assert " ".join(segment.text for segment in segments) == events[-1].text == TEXT


def test_log_probabilities_are_streamed_too(transcribe: Callable[..., Any]) -> None:
    *deltas, done = transcribe(stream=True, include=["logprobs"])
    assert len(done.logprobs) == len(TEXT.split())
    assert "".join(item.token for item in deltas[0].logprobs) == deltas[0].delta


def test_the_asynchronous_client_does_it_as_well(speaking: Served) -> None:
    async def both() -> tuple[str, list[Any]]:
        async with openai.AsyncOpenAI(base_url=f"{speaking.url}/v1", api_key=TOKEN, max_retries=0) as client:
            file = ("hello.wav", HELLO)
            answer = await client.audio.transcriptions.create(file=file, model="whisper-1")
            events = await client.audio.transcriptions.create(file=file, model="whisper-1", stream=True)
            return answer.text, [event async for event in events]

    text, events = asyncio.run(both())
    assert text == events[-1].text == TEXT


@pytest.mark.parametrize(
    ("wanted", "param", "told"),
    [
        ({"response_format": "xml"}, "response_format", "vtt"),
        ({"temperature": 2}, "temperature", "0 to 1"),
        ({"temperature": "warm"}, "temperature", "0 to 1"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities", "verbose_json"),
        ({"timestamp_granularities": ["letter"], "response_format": "verbose_json"}, "timestamp_granularities", "word"),
        ({"include": ["logprobs"], "response_format": "text"}, "include", "json"),
        ({"stream": True, "response_format": "srt"}, "response_format", "streamed"),
        ({"known_speaker_names": ["Ada"], "known_speaker_references": ["data:," + "A" * 99_999]}, "known", "samples"),
        ({"chunking_strategy": {"type": "server_vad", "threshold": 0.9}}, "chunking_strategy", "threshold"),
        ({"extra_body": {"diarise": "true"}}, "diarise", "no parameter"),
        ({"extra_body": {"max_speakers": "many"}}, "max_speakers", "many"),
        ({"language": "tlh", "model": "pocketsphinx"}, "", "English only"),
    ],
)
def test_what_can_not_be_honoured_is_refused(
    transcribe: Callable[..., Any], speaking: Served, wanted: dict[str, Any], param: str, told: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        transcribe(**wanted)
    assert refused.value.type == "invalid_request_error"
    assert (refused.value.param or "").startswith(param)
    assert told in refused.value.message
    wait_for(lambda: nothing_is_left(speaking))


@pytest.mark.parametrize("strategy", ["auto", {"type": "server_vad"}])
def test_speech_is_cut_by_the_server_anyway(transcribe: Callable[..., Any], strategy: Any) -> None:
    assert transcribe(chunking_strategy=strategy, temperature=0.2, languages=["en", "de"]).text == TEXT


def test_hints_and_our_own_options_reach_the_job(transcribe: Callable[..., Any], speaking: Served) -> None:
    seen: list[TranscribeOptions] = []
    check = speaking.app.state.check
    speaking.app.state.check = seen.append
    try:
        more = {"max_speakers": "2", "mode": "fast"}
        transcribe(prompt="Dear Ada,", keywords=["Audapolis", "Ada"], language="english", extra_body=more)
        transcribe(languages=["de"], model="gpt-4o-transcribe-diarize")
    finally:
        speaking.app.state.check = check
    first, second = seen
    assert (first.prompt, first.vocabulary, first.language) == ("Dear Ada,", ("Audapolis", "Ada"), "en")
    assert (first.max_speakers, first.mode, first.diarize, first.task) == (2, "fast", False, "transcribe")
    assert not first.reuse
    assert (second.language, second.diarize, second.engine) == ("de", True, "auto")


def test_a_file_that_is_no_recording_is_a_bad_request(transcribe: Callable[..., Any], speaking: Served) -> None:
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match="This is no sound") as refused:
            transcribe(b"nonsense", stream=stream)
        assert refused.value.code == "unsupported_media"
    wait_for(lambda: nothing_is_left(speaking))


def test_an_engine_that_breaks_is_an_error_before_and_during_a_stream(
    transcribe: Callable[..., Any], speaking: Served
) -> None:
    with pytest.raises(openai.InternalServerError, match="The engine broke"):
        transcribe(script("Hello.", BREAK))
    with transcribe(script("Hello. You", "there. Well", WAIT, BREAK), stream=True) as events:
        assert next(events).delta == "Hello."
        (speaking.settings.data_dir / "go").touch()
        with pytest.raises(openai.APIError, match="The engine broke"):
            list(events)


def test_a_wrong_token_is_an_authentication_error(speaking: Served) -> None:
    with client_of(speaking, "wrong") as stranger:
        for call in (
            stranger.models.list,
            lambda: stranger.audio.transcriptions.create(file=("a.wav", HELLO), model="whisper-1"),
        ):
            with pytest.raises(openai.AuthenticationError) as refused:
                call()
            assert refused.value.code == "invalid_api_key"


def test_models_are_listed_and_each_can_be_looked_up(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"auto", "whisper-1", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize", "pocketsphinx-en-us"} <= set(names)
    for name in names:
        assert client.models.retrieve(name).owned_by == "audapolis"


@pytest.mark.parametrize("name", ["whisper-9", "owner/model", "../../etc/passwd", "ü"])
def test_an_unknown_model_is_not_found_and_the_list_is_told(
    client: openai.OpenAI, transcribe: Callable[..., Any], name: str
) -> None:
    for call in (lambda: client.models.retrieve(name), lambda: transcribe(model=name)):
        with pytest.raises(openai.NotFoundError) as refused:
            call()
        assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
        assert "whisper-1" in refused.value.message


def test_a_translation_that_nothing_here_can_do_says_why_and_what_to_do(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.translations.create(file=("hallo.wav", HELLO), model="pocketsphinx")
    assert "can't translate" in refused.value.message
    assert refused.value.code == "engine_unavailable"


def test_a_translation_answers_in_english(client: openai.OpenAI, speaking: Served) -> None:
    check = speaking.app.state.check
    speaking.app.state.check = lambda options: None  # as if there were a Whisper model
    try:
        hallo = ("hallo.wav", HELLO)
        plain = client.audio.translations.create(file=hallo, model="whisper-1", prompt="Dear Ada,")
        verbose = client.audio.translations.create(file=hallo, model="whisper-1", response_format="verbose_json")
    finally:
        speaking.app.state.check = check
    assert plain.text == verbose.text == TEXT
    assert verbose.language == "english"
    with pytest.raises(openai.BadRequestError, match="no parameter"):
        client.audio.translations.create(file=hallo, model="whisper-1", extra_body={"stream": "true"})


def test_the_job_of_a_client_that_leaves_is_stopped_and_deleted(speaking: Served) -> None:
    for stream in ("false", "true"):
        form = {"model": "whisper-1", "stream": stream}
        request = httpx.Request(
            "POST", f"{speaking.url}/v1/audio/transcriptions", data=form, files={"file": ("a", script(WAIT))}
        )
        with socket.create_connection(("127.0.0.1", speaking.port)) as line:
            head = f"POST {request.url.path} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
            line.sendall(f"{head}\r\n".encode() + request.read())
            wait_for(lambda: [job.priority for job in speaking.tasks.list()] == [PRIORITY])
        wait_for(lambda: nothing_is_left(speaking))


def test_what_a_killed_server_left_is_swept_at_the_next_start(speaking: Served, tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(script("Hello."))
    job = speaking.tasks.submit(source, name="a.wav", options=TranscribeOptions())
    notes = speaking.settings.data_dir / "interactive"
    notes.mkdir(exist_ok=True)
    for name in (job.id, "no-such-job"):
        (notes / name).touch()
    sweep_interactive(speaking.settings, speaking.tasks)
    wait_for(lambda: nothing_is_left(speaking))


def test_errors_of_the_other_routes_keep_their_shape(speaking: Served) -> None:
    with speaking.client() as client:
        assert client.get("/v1/nothing").json()["error"]["code"] == "not_found"
        assert client.get("/api/nothing").json()["type"] == "urn:audapolis:problem:not_found"
        wrong_form = client.post("/v1/audio/transcriptions", json={"model": "whisper-1"})
        assert wrong_form.status_code == 400
        assert "multipart/form-data" in wrong_form.json()["error"]["message"]
        assert wrong_form.headers["x-should-retry"] == "false"
        no_model = client.post("/v1/audio/transcriptions", files={"file": ("a.wav", HELLO)})
        assert no_model.json()["error"]["param"] == "model"


def offline(settings: Settings) -> Settings:
    return settings.model_copy(update={"models": settings.models.model_copy(update={"offline": True})})


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real pipeline; no models are fetched."""
    settings = offline(settings_for(tmp_path_factory.mktemp("hearing")))
    with serving(create_app(settings), settings) as served:
        yield served


def cut(recording: Path, duration_s: int, path: Path) -> Path:
    """The beginning of a recording as a WAV file."""
    samples = (load(recording)[: duration_s * SAMPLE_RATE_HZ] * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, SAMPLE_RATE_HZ, len(samples), "NONE", "not compressed"))
        out.writeframes(samples.tobytes())
    return path


@pytest.fixture(scope="module")
def greeting(tmp_path_factory: pytest.TempPathFactory, conversation: Path) -> Path:
    """The first sentence of the sample conversation."""
    return cut(conversation, 3, tmp_path_factory.mktemp("sound") / "greeting.wav")


def test_the_embedded_engine_answers_openais_client(hearing: Served, greeting: Path) -> None:
    with client_of(hearing, timeout_s=240) as client:
        answer = client.audio.transcriptions.create(file=greeting, model="whisper-1")
    assert "good morning and welcome" in answer.text.lower()
    assert answer.usage.seconds == 3
    wait_for(lambda: nothing_is_left(hearing))


@pytest.mark.slow
def test_the_embedded_engine_answers_in_every_format(hearing: Served, greeting: Path) -> None:
    with client_of(hearing, timeout_s=240) as client:
        found = {
            name: client.audio.transcriptions.create(file=greeting, model="pocketsphinx", response_format=name)  # type: ignore[call-overload]
            for name in ("text", "srt", "vtt", "verbose_json", "diarized_json")
        }
    text = found["text"].strip()
    assert "morning" in text
    assert text == found["verbose_json"].text
    assert "00:00:0" in found["srt"]
    assert len(webvtt.from_string(found["vtt"])) >= 1
    assert 2.9 < found["verbose_json"].duration < 3.1
    assert found["diarized_json"].segments[0].speaker == "A"


@pytest.mark.slow
def test_the_embedded_engine_streams_what_two_speakers_say(hearing: Served, conversation: Path, tmp_path: Path) -> None:
    exchange = cut(conversation, 16, tmp_path / "exchange.wav")
    with client_of(hearing, timeout_s=280) as client:
        wanted: Any = {"model": "gpt-4o-transcribe-diarize", "response_format": "diarized_json", "stream": True}
        events: Any = list(client.audio.transcriptions.create(file=exchange, **wanted))
    assert events[-1].type == "transcript.text.done"
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == events[-1].text
    segments = [event for event in events if event.type == "transcript.text.segment"]
    assert {segment.speaker for segment in segments} == {"A", "B"}
    assert [segment.start for segment in segments] == sorted(segment.start for segment in segments)


@pytest.mark.slow
def test_whisper_answers_openais_client(tmp_path: Path, greeting: Path, tiny_whisper: Path) -> None:
    """With a model of its own name."""
    settings = offline(settings_for(tmp_path))
    shelf = Shelf(settings.models_dir)
    files = shelf.staging("toy")
    shutil.copytree(tiny_whisper, files, dirs_exist_ok=True)
    shelf.publish(files, InstalledModel("toy", "whisper", files, 1, source="a test"))
    with serving(create_app(settings), settings) as served, client_of(served, timeout_s=240) as client:
        listed = [model.id for model in client.models.list()]
        found = client.audio.transcriptions.create(
            file=greeting, model="toy", language="en", response_format="verbose_json", timestamp_granularities=["word"]
        )
    assert "toy" in listed
    assert [word.word for word in found.words or []] == found.text.split()
