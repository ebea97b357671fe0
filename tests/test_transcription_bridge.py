"""Which engine runs, what it stands in for, and what is said when something can't be had."""

from __future__ import annotations

import socket
import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from audapolis.catalog.entries import InstalledModel
from audapolis.catalog.reach import Reach
from audapolis.config import Settings
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.events import ChunkTranscribed, DeviceAwaited, Event, FellBack, ModelFetching, ModelLoaded
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Transcript
from audapolis.engines.leases import DeviceLeases
from audapolis.errors import (
    AudapolisError,
    Cancelled,
    DeviceLost,
    EngineUnavailable,
    InvalidOption,
    ModelBroken,
    ModelMissing,
    OutOfDeviceMemory,
    UnknownName,
)
from audapolis.models import ModelLibrary
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext
from audapolis.transcription_bridge import TranscriptionBridge

from .engines.machines import GIB, Garage, TestProbe, gpu
from .stages.test_runner import Memory

pytestmark = pytest.mark.usefixtures("online")

PATIENCE_S = 60.0


class Library(ModelLibrary):
    """The real library, over a network the test plays."""

    def __init__(self, settings: Settings, *, network: bool = False, here: Path | None = None) -> None:
        super().__init__(settings)
        self.network = network
        self.here = here
        self.asked = 0
        self.fetching: Callable[[Callable[[int, int], None]], None] = lambda told: told(100, 100)
        self.arrives: Path | None = None

    def installed(self) -> list[InstalledModel]:
        models = super().installed()
        return models if self.here is None else [*models, InstalledModel("tiny", "whisper", self.here, 1)]

    def find(self, name: str) -> InstalledModel | None:
        return next((model for model in self.installed() if model.name == name), None) or super().find(name)

    def reachable(self) -> bool:
        self.asked += 1
        return self.network

    def pull(
        self, name: str, *, on_progress: Callable[[int, int], None], cancel: CancelToken, update: bool = False
    ) -> InstalledModel:
        self.fetching(on_progress)
        if self.arrives is None:
            raise ModelMissing("The connection broke.", hint="Try again; what is here is kept.")
        return InstalledModel(name, "whisper", self.arrives, 1)


@dataclass
class Place:
    """A bridge on a machine of the test's making."""

    folder: Path
    network: bool = False
    here: Path | None = None
    probe: TestProbe = field(default_factory=TestProbe)
    garage: Garage = field(default_factory=Garage)
    settings: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {"data_dir": self.folder, "devices": {"run_dir": self.folder / "run"}, **self.settings}
        self.config = Settings.model_validate(given)
        self.library = Library(self.config, network=self.network, here=self.here)
        self.bridge = TranscriptionBridge(self.config, probe=self.probe, library=self.library, opener=self.garage)

    def refuses(self, options: TranscribeOptions, kind: type[AudapolisError], words: str) -> str:
        with pytest.raises(kind, match=words) as refused:
            self.bridge.check(options)
        return refused.value.hint


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    made: list[Place] = []

    def make(**given: object) -> Place:
        made.append(Place(tmp_path, **given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.bridge.close()


MakePlace = Callable[..., Place]


def test_auto_takes_whisper_when_a_model_is_here(place: MakePlace, tiny_whisper: Path) -> None:
    chosen = place(here=tiny_whisper).bridge.choose(TranscribeOptions())
    assert (chosen.engine.info.name, chosen.fallbacks) == ("whisper", ())


def test_auto_without_model_and_network_takes_the_embedded_engine_and_says_so(place: MakePlace) -> None:
    chosen = place().bridge.choose(TranscribeOptions())
    assert chosen.engine.info.name == "pocketsphinx"
    [fallback] = chosen.fallbacks
    assert (fallback.wanted, fallback.used) == ("whisper", "pocketsphinx")
    assert "can't be reached" in fallback.reason


@pytest.mark.parametrize("how", ["option", "setting"])
def test_offline_takes_the_embedded_engine_without_asking_the_network(place: MakePlace, how: str) -> None:
    here = place(network=True, settings={"models": {"offline": how == "setting"}})
    chosen = here.bridge.choose(TranscribeOptions(offline=how == "option"))
    assert chosen.engine.info.name == "pocketsphinx"
    assert "offline" in chosen.fallbacks[0].reason
    assert here.library.asked == 0


def test_that_there_is_no_network_is_found_out_once(place: MakePlace, tmp_path: Path) -> None:
    here = place()
    for language in (None, "en", "en-GB"):
        here.bridge.choose(TranscribeOptions(language=language))
    assert here.library.asked == 1
    another = place()
    another.bridge.choose(TranscribeOptions())
    assert another.library.asked == 0, "another process remembers it too"


def test_it_is_asked_again_after_some_minutes(tmp_path: Path) -> None:
    asked: list[float] = []
    now = [1000.0]
    reach = Reach(lambda: bool(asked.append(now[0])), tmp_path / "reach.json", now=lambda: now[0])
    assert not reach()
    now[0] += 200
    assert not reach()
    now[0] += 200
    assert not reach()
    assert asked == [1000.0, 1400.0]


def test_auto_fetches_a_model_and_tells_what_how_large_and_from_where(place: MakePlace, tiny_whisper: Path) -> None:
    here = place(network=True)
    here.library.arrives = tiny_whisper
    here.library.fetching = lambda told: [told(done, 400) for done in (0, 100, 200, 400)] and None
    events: list[Event] = []
    chosen = here.bridge.choose(TranscribeOptions(), emit=events.append)
    assert (chosen.engine.info.name, chosen.fallbacks) == ("whisper", ())
    told = [event for event in events if isinstance(event, ModelFetching)]
    assert told[0].source.startswith("https://")
    assert [told[0].done_bytes, told[-1].done_bytes, told[-1].total_bytes] == [0, 400, 400]
    assert len(told) == 2, "not every step is told"


def test_a_fetch_that_breaks_leaves_the_job_to_the_embedded_engine(place: MakePlace) -> None:
    here = place(network=True)
    chosen = here.bridge.choose(TranscribeOptions())
    assert chosen.engine.info.name == "pocketsphinx"
    assert chosen.fallbacks[-1].reason == "The connection broke."


def test_a_fetch_can_be_cancelled(place: MakePlace) -> None:
    here, cancel = place(network=True), CancelToken()

    def cancelled(_told: object) -> None:
        cancel.check()

    here.library.fetching = cancelled
    cancel.cancel()
    with pytest.raises(Cancelled):
        here.bridge.choose(TranscribeOptions(), cancel=cancel)


def test_how_a_recording_is_cut_does_not_change_when_a_fetch_breaks(place: MakePlace) -> None:
    here = place(network=True)
    here.bridge.check(TranscribeOptions())
    before = here.bridge.adapts_to_voice(TranscribeOptions())
    here.bridge.choose(TranscribeOptions())
    assert here.bridge.adapts_to_voice(TranscribeOptions()) == before


def test_whisper_bears_noise_and_the_embedded_engine_does_not(place: MakePlace) -> None:
    assert place(network=True).bridge.bears_noise(TranscribeOptions())
    assert not place().bridge.bears_noise(TranscribeOptions())


def test_another_language_without_whisper_is_refused_with_the_remedy(place: MakePlace) -> None:
    hint = place().refuses(TranscribeOptions(language="de"), EngineUnavailable, "English only, not 'de'")
    assert "--model" in hint
    place().refuses(TranscribeOptions(task="translate"), EngineUnavailable, "can't translate")


def test_a_language_whisper_does_not_know_is_told_before_any_work_with_the_nearest_it_knows(
    place: MakePlace, tiny_whisper: Path
) -> None:
    here = place(here=tiny_whisper)
    for model in (None, "tiny"):
        with pytest.raises(UnknownName, match="'germna'") as refused:
            here.bridge.check(TranscribeOptions(model=model, language="germna"))
        assert "german" in f"{refused.value.message} {refused.value.hint}"


def test_another_language_is_no_problem_for_a_model_that_is_here(place: MakePlace, tiny_whisper: Path) -> None:
    place(here=tiny_whisper).bridge.check(TranscribeOptions(language="de"))


def test_a_named_model_that_is_not_here_is_said_how_to_get_and_what_runs_meanwhile(
    place: MakePlace, tiny_whisper: Path
) -> None:
    hint = place().refuses(TranscribeOptions(model="small"), ModelMissing, "'small' is not on this machine")
    assert "https://" in hint
    assert "486 MB" in hint
    assert "--engine pocketsphinx works" in hint
    assert "--model tiny works" in place(here=tiny_whisper).refuses(
        TranscribeOptions(model="small"), ModelMissing, "small"
    )


def test_a_named_model_is_not_replaced_when_it_can_not_be_fetched(place: MakePlace) -> None:
    here = place(network=True)
    here.bridge.check(TranscribeOptions(model="small"))
    with pytest.raises(ModelMissing, match="connection broke"):
        here.bridge.choose(TranscribeOptions(model="small"))


def test_whisper_that_was_asked_for_is_not_replaced_by_the_embedded_engine(place: MakePlace) -> None:
    place().refuses(TranscribeOptions(engine="whisper"), ModelMissing, "No Whisper model is on this machine")


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        (TranscribeOptions(engine="whispr"), UnknownName, "Did you mean 'whisper'"),
        (TranscribeOptions(model="smal"), UnknownName, "Did you mean 'small'"),
        (TranscribeOptions(device="cdua"), UnknownName, "Did you mean 'cuda'"),
        (TranscribeOptions(precision="int9"), UnknownName, "Did you mean 'int8'"),
        (TranscribeOptions(precision="float16"), InvalidOption, "can't compute in float16"),
        (TranscribeOptions(device="cuda"), EngineUnavailable, "no GPU to use: the test has none"),
        (TranscribeOptions(engine="pocketsphinx", model="small"), UnknownName, "model 'small'"),
        (TranscribeOptions(engine="whisper", model="pocketsphinx-en-us"), InvalidOption, "no Whisper model"),
        (TranscribeOptions(model="small.en", language="de"), InvalidOption, "knows en only"),
        (TranscribeOptions(model="sherpa-titanet-small"), UnknownName, "sherpa"),
    ],
)
def test_what_does_not_exist_or_fit_is_answered_with_what_does(
    place: MakePlace, options: TranscribeOptions, kind: type[AudapolisError], words: str
) -> None:
    assert place().refuses(options, kind, words)


def test_the_embedded_engine_on_a_gpu_is_explained(place: MakePlace) -> None:
    here = place(probe=TestProbe([gpu(0)]))
    here.refuses(TranscribeOptions(engine="pocketsphinx", device="cuda"), InvalidOption, "processor only")


def test_a_damaged_model_is_refused_by_name_and_passed_over_by_auto(place: MakePlace, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (damaged / name).write_text("{}")
    place().refuses(TranscribeOptions(model=str(damaged)), ModelBroken, r"model\.bin")
    chosen = place(here=damaged).bridge.choose(TranscribeOptions())
    assert chosen.engine.info.name == "pocketsphinx"
    assert "model.bin" in chosen.fallbacks[0].reason


def test_capabilities_name_the_models_that_are_here(place: MakePlace, tiny_whisper: Path) -> None:
    without, within = place().bridge.capabilities()[0], place(here=tiny_whisper).bridge.capabilities()[0]
    assert (without.available, bool(without.reason), bool(without.remedy)) == (False, True, True)
    assert (within.available, "tiny" in within.detail) == (True, True)


def test_looking_at_options_makes_no_files_and_loads_nothing(place: MakePlace, tiny_whisper: Path) -> None:
    here = place(here=tiny_whisper)
    here.bridge.check(TranscribeOptions())
    assert not (here.folder / "run").exists()
    assert here.garage.opened == []


def test_the_real_library_finds_out_about_a_dead_network_quickly(tmp_path: Path) -> None:
    """Nothing answers at this address: the system refuses at once what a missing network would."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = Settings.model_validate({"data_dir": tmp_path, "models": {"endpoint": endpoint}})
        bridge = TranscriptionBridge(settings, probe=TestProbe())
        assert bridge.choose(TranscribeOptions()).engine.info.name == "pocketsphinx"
        bridge.close()


# Through the whole pipeline, with a real Whisper standing in for one on a GPU.


@pytest.fixture(scope="module")
def talk(conversation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of the sample conversation."""
    from audapolis.audio.decoding import decode
    from audapolis.audio.pcm import PcmAudio

    folder = tmp_path_factory.mktemp("talk")
    samples = PcmAudio(decode(conversation, folder / "all.pcm")).read(0, 12)
    with wave.open(str(folder / "talk.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return folder / "talk.wav"


@dataclass
class Run:
    """One recording's way through the pipeline on a machine with a GPU of the test's making."""

    place: Place
    talk: Path
    folder: Path
    events: list[Event] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)

    def transcript(self) -> Transcript:
        workdir = self.folder / "work"
        workdir.mkdir(exist_ok=True)
        context = StageContext(workdir, emit=self.events.append, checkpoints=self.memory)
        options = TranscribeOptions(language="en", mode="fast", diarize=False)
        pipeline = ModernPipeline(self.place.config, transcription=self.place.bridge)
        return pipeline.run(self.talk, options, context=context)

    @property
    def computed(self) -> list[int]:
        return [each.index for each in self.events if isinstance(each, ChunkTranscribed) and not each.resumed]


@pytest.fixture
def on_gpu(place: MakePlace, tiny_whisper: Path, talk: Path, tmp_path: Path) -> Run:
    garage = Garage(real=True)
    here = place(
        here=tiny_whisper,
        probe=TestProbe([gpu(0)]),
        garage=garage,
        settings={"speech": {"max_chunk_s": 4.0}, "transcription": {"processes": 1, "device": "cuda"}},
    )
    return Run(here, talk, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "steps", "ended_on"),
    [
        (DeviceLost("cuda:0 has vanished."), 1, "cpu"),
        (OutOfDeviceMemory("cuda:0 has no memory left."), 4, "cpu"),
    ],
)
def test_a_gpu_that_fails_in_the_middle_costs_no_chunk(
    on_gpu: Run, error: AudapolisError, steps: int, ended_on: str
) -> None:
    begun: list[int] = []

    def fail(engine: object, chunk: object) -> None:
        if engine.device.kind == "cuda" and len(begun) >= 1:  # type: ignore[attr-defined]
            raise error
        begun.append(chunk.index)  # type: ignore[attr-defined]

    on_gpu.place.garage.on_chunk = fail
    transcript = on_gpu.transcript()

    told = [event for event in on_gpu.events if isinstance(event, FellBack)]
    assert transcript.provenance.device == ended_on
    assert len(transcript.provenance.fallbacks) == len(told) == steps
    assert [f.used for f in transcript.provenance.fallbacks] == [event.used for event in told]
    heard = on_gpu.place.garage.heard
    assert len(heard) > 1
    assert {label for label, _ in heard} == {"cuda:0", "cpu"}
    assert sorted(on_gpu.computed) == sorted(index for _, index in heard) == list(range(len(heard)))


@pytest.mark.slow
def test_a_step_down_is_remembered_over_a_crash(on_gpu: Run, place: MakePlace, tiny_whisper: Path) -> None:
    """The first attempt falls to the processor and is then broken off; the second goes on where it was."""

    class Killed(BaseException):
        pass

    def fail(engine: object, chunk: object) -> None:
        if engine.device.kind == "cuda":  # type: ignore[attr-defined]
            raise DeviceLost("cuda:0 has vanished.")
        if chunk.index == 1:  # type: ignore[attr-defined]
            raise Killed

    on_gpu.place.garage.on_chunk = fail
    with pytest.raises(Killed):
        on_gpu.transcript()
    on_gpu.events.clear()
    on_gpu.place.garage.on_chunk = lambda *_: None

    transcript = on_gpu.transcript()

    assert 0 not in on_gpu.computed
    assert "vanished" in transcript.provenance.fallbacks[0].reason


@pytest.mark.slow
def test_waiting_for_a_device_is_told_and_ends_when_it_is_free(on_gpu: Run) -> None:
    other = DeviceLeases(on_gpu.place.folder / "run", on_gpu.place.probe)
    busy = other.acquire(gpu(0), 7 * GIB + GIB // 2, "a long recording", CancelToken())
    waited = threading.Event()

    def emit(event: Event) -> None:
        on_gpu.events.append(event)
        if isinstance(event, DeviceAwaited):
            waited.set()
            busy.release()

    engine = on_gpu.place.bridge.choose(TranscribeOptions(language="en", mode="fast"), emit=emit).engine
    from audapolis.audio.decoding import decode
    from audapolis.audio.pcm import PcmAudio
    from audapolis.domain.audio import Chunk
    from audapolis.domain.transcript import Span
    from audapolis.engines.base import RecogniseOptions

    audio = PcmAudio(decode(on_gpu.talk, on_gpu.folder / "talk.pcm"))
    chunks = [Chunk(0.0, 2.0, 0, (Span(0.0, 2.0),))]
    assert len(list(engine.recognise(audio, chunks, RecogniseOptions("en", "fast"), CancelToken()))) == 1
    assert waited.is_set()
    assert engine.info.device == "cuda:0"
    other.close()


def test_a_gpu_without_its_libraries_is_passed_over_with_the_remedy(place: MakePlace, tiny_whisper: Path) -> None:
    probe = TestProbe([gpu(0)], missing="The library libcublas.so.12 is missing (pip install 'audapolis[gpu]').")
    chosen = place(here=tiny_whisper, probe=probe).bridge.choose(TranscribeOptions())
    assert chosen.engine.info.device == "cpu"
    [fallback] = chosen.fallbacks
    assert (fallback.wanted, fallback.used) == ("cuda:0", "cpu")
    assert "audapolis[gpu]" in fallback.reason


def test_a_gpu_that_was_asked_for_and_is_of_no_use_to_the_embedded_engine_is_noted(place: MakePlace) -> None:
    here = place(probe=TestProbe([gpu(0)]))
    wished = here.bridge.choose(TranscribeOptions(device="cuda:0")).fallbacks
    unasked = here.bridge.choose(TranscribeOptions()).fallbacks
    assert [fallback.wanted for fallback in wished] == ["whisper", "cuda:0"]
    assert [fallback.wanted for fallback in unasked] == ["whisper"]


def test_the_default_of_the_settings_is_what_is_fetched(place: MakePlace, tiny_whisper: Path) -> None:
    here = place(network=True, settings={"models": {"defaults": {"*": "base"}}})
    here.library.arrives = tiny_whisper
    events: list[Event] = []
    here.bridge.choose(TranscribeOptions(), emit=events.append)
    assert {event.model for event in events if isinstance(event, ModelFetching)} == {"base"}


def test_the_default_model_can_be_loaded_before_it_is_wanted(place: MakePlace, tiny_whisper: Path) -> None:
    here = place(here=tiny_whisper)
    told: list[Event] = []
    here.bridge.tell(told.append)
    here.bridge.warm_up()
    assert here.garage.opened == [("cpu", "int8_float32", 8)]
    [load] = told
    assert isinstance(load, ModelLoaded)
    assert (load.model, load.warm, load.stage, load.job_id) == ("tiny-whisper", False, "", None)
    place().bridge.warm_up()


def test_a_gpu_in_the_settings_does_not_stop_the_embedded_engine(place: MakePlace) -> None:
    here = place(probe=TestProbe([gpu(0)]), settings={"transcription": {"device": "cuda"}})
    assert here.bridge.choose(TranscribeOptions(engine="pocketsphinx")).engine.info.name == "pocketsphinx"


def test_models_that_are_not_for_speech_are_not_offered_for_it(place: MakePlace) -> None:
    hint = place().refuses(TranscribeOptions(model="smal"), UnknownName, "small")
    assert "sherpa" not in hint
    assert "pocketsphinx-en-us" in hint
