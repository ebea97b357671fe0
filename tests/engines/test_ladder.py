"""No job is lost to a full or failing device: each step of the ladder is made to fail, a real Whisper behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from audapolis.audio.decoding import decode
from audapolis.audio.pcm import PcmAudio
from audapolis.domain.audio import Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.events import BatchDecoded, Event, ModelLoaded, ModelReleased
from audapolis.domain.transcript import Fallback, Span
from audapolis.engines.base import EngineInfo, RecognisedChunk, RecogniseOptions, SpeechEngine
from audapolis.engines.devices import Device
from audapolis.engines.ladder import LadderEngine, Rung
from audapolis.engines.leases import DeviceLeases
from audapolis.engines.measured import Measured
from audapolis.engines.steps import Machine, WhisperSteps, embedded_step
from audapolis.engines.wanted import wanted_devices
from audapolis.engines.warm import Place, WarmEngines
from audapolis.engines.whisper.engine import WhisperEngine
from audapolis.engines.whisper.files import read_facts
from audapolis.errors import Cancelled, DeviceLost, EngineFailed, EngineUnavailable, OutOfDeviceMemory

from .machines import CPU, GIB, Garage, Parrot, StandIn, TestProbe, gpu

PATIENCE_S = 60.0
ENGLISH = RecogniseOptions(language="en", mode="fast")


@pytest.fixture(scope="module")
def sound(conversation: Path, tmp_path_factory: pytest.TempPathFactory) -> PcmAudio:
    return PcmAudio(decode(conversation, tmp_path_factory.mktemp("sound") / "all.pcm"))


SPANS = [Span(start_s, start_s + 2.0) for start_s in (0.0, 2.0, 4.0, 6.0)]
CHUNKS = [Chunk(span.start_s, span.end_s, index, (span,)) for index, span in enumerate(SPANS)]


@dataclass
class Workshop:
    """A machine with one GPU, everything real but the GPU itself."""

    folder: Path
    model: Path
    probe: TestProbe = field(default_factory=lambda: TestProbe([gpu(0)]))
    garage: Garage = field(default_factory=Garage)
    told: list[Fallback] = field(default_factory=list)
    at_work: list[EngineInfo] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    device: str = "cuda"

    def __post_init__(self) -> None:
        self.leases = DeviceLeases(self.folder / "run", self.probe, patience_s=0)
        self.engines = WarmEngines[SpeechEngine](self.leases, self.probe, keep_alive_s=600)
        self.measured = Measured(self.folder / "measured.json")

    def engine(self, *, embedded: bool = True) -> LadderEngine:
        devices = wanted_devices(self.probe, self.device)
        steps = WhisperSteps(
            Machine(devices, self.probe, self.leases, self.measured, self.engines, 1),
            self.model,
            read_facts(self.model),
            self.garage,
            routed=self.device == "auto",
        )
        last = [self._embedded()] if embedded else []
        return LadderEngine(
            lambda sound_s: [*steps.plan(sound_s), *last],
            self.engines,
            self.measured,
            on_fallback=self.told.append,
            on_wait=lambda _device: None,
            on_engine=self.at_work.append,
            tell=self.events.append,
        )

    def _embedded(self) -> Rung:
        step = embedded_step(CPU, 1)
        return (
            step if self.garage.real else replace(step, place=replace(step.place, open=lambda: Parrot("pocketsphinx")))
        )

    def close(self) -> None:
        self.engines.close()
        self.leases.close()


@pytest.fixture
def workshop(tmp_path: Path, tiny_whisper: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path, tiny_whisper)
    yield made
    made.close()


def run(engine: SpeechEngine, sound: PcmAudio) -> list[RecognisedChunk]:
    return list(engine.recognise(sound, CHUNKS, ENGLISH, CancelToken()))


def fails_on(wanted: Callable[[StandIn], bool], error: Exception, at: int) -> Callable[[StandIn, Chunk], None]:
    def fault(engine: StandIn, chunk: Chunk) -> None:
        if wanted(engine) and chunk.index == at:
            raise error

    return fault


NO_ROOM = OutOfDeviceMemory("cuda:0 has no memory left.")
GONE = DeviceLost("cuda:0 has vanished.")
BROKEN = EngineFailed("Something broke.")


def on_gpu(engine: StandIn) -> bool:
    return engine.device.kind == "cuda"


def anywhere(_engine: StandIn) -> bool:
    return True


FAULTS = {
    "the largest batch does not fit": (fails_on(lambda e: e.batch_size == 8, NO_ROOM, 1), ["batches of 2"], "cuda:0"),
    "only single chunks fit": (
        fails_on(lambda e: e.batch_size > 1, NO_ROOM, 1),
        ["batches of 2", "batches of 1"],
        "cuda:0",
    ),
    "only 8-bit weights fit": (
        fails_on(lambda e: e.precision == "float16", NO_ROOM, 1),
        ["batches of 2", "float16 on cuda:0, batches of 1", "int8_float16 on cuda:0, batches of 1"],
        "cuda:0",
    ),
    "nothing fits on the GPU": (
        fails_on(on_gpu, NO_ROOM, 2),
        ["batches of 2", "batches of 1", "int8_float16", "int8_float32 on cpu, batches of 8"],
        "cpu",
    ),
    "the GPU vanishes": (fails_on(on_gpu, GONE, 2), ["int8_float32 on cpu, batches of 8"], "cpu"),
    "the engine breaks on the GPU": (fails_on(on_gpu, BROKEN, 0), ["int8_float32 on cpu, batches of 8"], "cpu"),
    "the processor's memory is full, too": (
        fails_on(anywhere, NO_ROOM, 3),
        [
            "batches of 2",
            "batches of 1",
            "int8_float16",
            "int8_float32 on cpu, batches of 8",
            "batches of 1",
            "pocketsphinx",
        ],
        "pocketsphinx",
    ),
    "Whisper breaks everywhere": (
        fails_on(anywhere, BROKEN, 1),
        ["int8_float32 on cpu, batches of 8", "pocketsphinx"],
        "pocketsphinx",
    ),
}


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("what", FAULTS)
def test_the_recording_is_finished_and_every_step_down_can_be_seen(
    what: str, real: bool, workshop: Workshop, sound: PcmAudio
) -> None:
    fault, used, ended_on = FAULTS[what]
    workshop.garage.real = real
    workshop.garage.on_chunk = fault
    engine = workshop.engine()

    results = run(engine, sound)

    assert sorted(result.chunk.index for result in results) == [0, 1, 2, 3]
    assert len(workshop.told) == len(used)
    assert all(expected in step.used for expected, step in zip(used, workshop.told, strict=True))
    assert engine.fallbacks == tuple(workshop.told)
    assert all(step.reason for step in engine.fallbacks)
    assert ended_on in (engine.info.device, engine.info.name)
    heard = [index for _, index in workshop.garage.heard]
    assert len(heard) == len(set(heard)), "a chunk was recognised twice"


OPENING = {
    "there is no room for the model": (OutOfDeviceMemory("no room"), 5, "cpu"),
    "a library of the GPU is missing": (EngineUnavailable("libcublas.so.12 is missing"), 2, "cpu"),
    "the model does not load there": (EngineFailed("broken"), 2, "cpu"),
    "the GPU is gone": (DeviceLost("gone"), 2, "cpu"),
}


@pytest.mark.parametrize("what", OPENING)
def test_what_fails_while_loading_is_stepped_over(what: str, workshop: Workshop, sound: PcmAudio) -> None:
    error, tried, ended_on = OPENING[what]

    def refuse(device: Device, *_: object) -> None:
        if device.kind == "cuda":
            raise error

    workshop.garage.on_open = refuse
    engine = workshop.engine()
    assert len(run(engine, sound)) == 4
    assert len(workshop.garage.opened) == tried
    assert engine.info.device == ended_on


def test_a_model_too_large_for_the_gpu_is_never_loaded_there(
    tmp_path: Path, tiny_whisper: Path, sound: PcmAudio
) -> None:
    workshop = Workshop(tmp_path, tiny_whisper, TestProbe([gpu(0, 300 * 2**20)]))
    engine = workshop.engine()
    assert len(run(engine, sound)) == 4
    assert [label for label, *_ in workshop.garage.opened] == ["cpu"]
    assert "needs about" in engine.fallbacks[0].reason
    workshop.close()


def test_a_gpu_full_of_other_programs_is_passed_over(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.probe.used["GPU-0"] = 8 * GIB
    engine = workshop.engine()
    assert len(run(engine, sound)) == 4
    assert engine.info.device == "cpu"
    assert "other programs" in engine.fallbacks[0].reason


def test_without_the_embedded_engine_the_last_error_is_told(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.garage.on_chunk = fails_on(anywhere, BROKEN, 1)
    with pytest.raises(EngineFailed, match="Something broke"):
        run(workshop.engine(embedded=False), sound)


def test_the_embedded_engine_does_not_take_over_another_language(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.garage.on_chunk = fails_on(anywhere, BROKEN, 1)
    german = RecogniseOptions(language="de", mode="fast")
    with pytest.raises(EngineFailed, match="Something broke"):
        list(workshop.engine().recognise(sound, CHUNKS, german, CancelToken()))


@pytest.mark.slow
def test_words_are_the_same_whether_a_step_failed_or_not(
    tmp_path: Path, tiny_whisper: Path, workshop: Workshop, sound: PcmAudio
) -> None:
    calm = Workshop(tmp_path / "calm", tiny_whisper)
    calm.garage.real = workshop.garage.real = True
    workshop.garage.on_chunk = fails_on(on_gpu, GONE, 2)
    troubled, undisturbed = run(workshop.engine(), sound), run(calm.engine(), sound)
    calm.close()
    by_index = {result.chunk.index: result for result in undisturbed}
    assert {result.chunk.index: result for result in troubled} == by_index


def test_a_lost_gpu_is_not_tried_again_by_this_process(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.garage.on_chunk = fails_on(on_gpu, GONE, 0)
    run(workshop.engine(), sound)
    workshop.garage.opened.clear()
    workshop.garage.on_chunk = lambda *_: None
    run(workshop.engine(), sound)
    assert {label for label, *_ in workshop.garage.opened} <= {"cpu"}
    assert workshop.engines.spent


def test_an_engine_stays_warm_for_the_next_recording(workshop: Workshop, sound: PcmAudio) -> None:
    run(workshop.engine(), sound)
    run(workshop.engine(), sound)
    assert len(workshop.garage.opened) == 1
    assert not workshop.engines.spent


def test_with_nothing_to_recognise_nothing_is_loaded(workshop: Workshop, sound: PcmAudio) -> None:
    engine = workshop.engine()
    assert list(engine.recognise(sound, [], ENGLISH, CancelToken())) == []
    assert workshop.garage.opened == []
    assert engine.info.device == "cuda:0"


def test_somebody_who_stops_listening_gets_the_engine_back_into_the_warm(workshop: Workshop, sound: PcmAudio) -> None:
    results = workshop.engine().recognise(sound, CHUNKS, ENGLISH, CancelToken())
    next(iter(results))
    results.close()  # type: ignore[attr-defined]
    run(workshop.engine(), sound)
    assert len(workshop.garage.opened) == 1


def test_cancelling_is_no_failure(workshop: Workshop, sound: PcmAudio) -> None:
    cancel = CancelToken()
    workshop.garage.on_chunk = lambda *_: cancel.cancel()
    with pytest.raises(Cancelled):
        list(workshop.engine().recognise(sound, CHUNKS, ENGLISH, cancel))
    assert workshop.told == []


def test_a_warm_engine_gives_way_to_another_process_that_waits(workshop: Workshop, sound: PcmAudio) -> None:
    run(workshop.engine(), sound)
    other = DeviceLeases(workshop.folder / "run", workshop.probe)
    with other.acquire(gpu(0), 7 * GIB + GIB // 2, "another process", CancelToken()):
        assert workshop.garage.closed == ["cuda:0"]
    assert workshop.engines.spent, "what CUDA keeps is only freed by the end of the process"
    other.close()


def test_memory_and_speed_are_learnt_from_a_run(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.probe.own["GPU-0"] = 0
    workshop.garage.on_chunk = lambda *_: workshop.probe.own.update({"GPU-0": GIB})
    run(workshop.engine(), sound)
    name = next(rung.name for rung in _plan(workshop))
    assert workshop.measured.memory_bytes(name) == int(GIB * 1.1)
    assert (workshop.measured.speed(name) or 0) > 0


def _plan(workshop: Workshop) -> list[Rung]:
    return list(workshop.engine()._plan(None))


def test_a_short_clip_takes_the_processor_while_the_gpu_is_busy(
    tmp_path: Path, tiny_whisper: Path, sound: PcmAudio
) -> None:
    workshop = Workshop(tmp_path, tiny_whisper, device="auto")
    other = DeviceLeases(workshop.folder / "run", workshop.probe)
    busy = other.acquire(gpu(0), 7 * GIB, "a long recording", CancelToken(), for_s=3600)
    engine = workshop.engine()
    assert len(run(engine, sound)) == 4
    assert engine.info.device == "cpu"
    assert engine.fallbacks == (), "that is a choice, not a failure"
    busy.release()
    workshop.close()
    other.close()


class Slow:
    """An engine that works until it is told to go on."""

    def __init__(self) -> None:
        self.info = EngineInfo("slow", "", "cuda:0", "int8", "draft")
        self.go_on = threading.Event()

    def recognise(self, *_: object) -> Iterator[RecognisedChunk]:
        for chunk in CHUNKS:
            assert self.go_on.wait(PATIENCE_S)
            yield RecognisedChunk(chunk, (), "en")

    def close(self) -> None:
        pass


def test_two_processes_that_do_not_fit_together_take_turns(tmp_path: Path, sound: PcmAudio) -> None:
    """Transcription and diarization alternate on a device that holds only one of them."""
    probe = TestProbe([gpu(0)])
    slow = [Slow(), Slow()]
    done: list[int] = []

    def work(number: int) -> None:
        leases = DeviceLeases(tmp_path / "run", probe)
        engines = WarmEngines[SpeechEngine](leases, probe, keep_alive_s=600)
        place: Place[SpeechEngine] = Place(number, f"engine {number}", gpu(0), 5 * GIB, lambda: slow[number])
        step = Rung(place, slow[number].info, "slow")
        measured = Measured(tmp_path / "measured.json")
        ladder = LadderEngine(lambda _s: [step], engines, measured, lambda _f: None, lambda _d: None)
        done.append(len(run(ladder, sound)))

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in (0, 1)]
    watcher = DeviceLeases(tmp_path / "run", probe)
    threads[0].start()
    _until(lambda: len(watcher.queue(gpu(0)).held) == 1)
    threads[1].start()
    _until(lambda: len(watcher.queue(gpu(0)).waiting) == 1)
    for engine in slow:
        engine.go_on.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert done == [4, 4]
    watcher.close()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.mark.parametrize("what", FAULTS)
def test_each_engine_that_goes_on_and_each_load_are_told(what: str, workshop: Workshop, sound: PcmAudio) -> None:
    fault, used, _ = FAULTS[what]
    workshop.garage.on_chunk = fault
    engine = workshop.engine()
    promised = engine.info
    run(engine, sound)
    assert promised not in workshop.at_work
    assert workshop.at_work[-1] == engine.info
    loads = [event for event in workshop.events if isinstance(event, ModelLoaded)]
    assert len(loads) == 1 + len([step for step in used if step != "pocketsphinx"]), "that one loads when it is used"
    assert not any(load.warm for load in loads)
    assert [load.device for load in loads] == [label for label, *_ in workshop.garage.opened]


def test_an_engine_that_is_what_was_promised_is_not_told_again(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.garage.real = True
    run(workshop.engine(), sound)
    assert workshop.at_work == []


def test_a_second_recording_finds_the_model_warm_and_its_end_is_told_once(workshop: Workshop, sound: PcmAudio) -> None:
    released: list[Event] = []
    workshop.engines.tell = released.append
    run(workshop.engine(), sound)
    run(workshop.engine(), sound)
    loads = [event for event in workshop.events if isinstance(event, ModelLoaded)]
    assert [load.warm for load in loads] == [False, True]
    assert loads[0].wall_s >= 0
    assert loads[1].wall_s == 0
    assert released == []
    workshop.engines.close()
    [gone] = released
    assert isinstance(gone, ModelReleased)
    assert (gone.model, gone.device) == (loads[0].model, "cuda:0")
    assert gone.held_s >= 0


def test_memory_that_was_seen_to_be_taken_is_told_with_the_load(workshop: Workshop, sound: PcmAudio) -> None:
    workshop.probe.own["GPU-0"] = 0
    workshop.garage.on_open = lambda *_: workshop.probe.own.update({"GPU-0": 123})
    run(workshop.engine(), sound)
    [load] = [event for event in workshop.events if isinstance(event, ModelLoaded)]
    assert load.size_bytes == 123


def test_a_load_that_fails_is_no_load(workshop: Workshop, sound: PcmAudio) -> None:
    def refuse(device: Device, *_: object) -> None:
        if device.kind == "cuda":
            raise EngineFailed("broken")

    workshop.garage.on_open = refuse
    run(workshop.engine(), sound)
    assert [event.device for event in workshop.events if isinstance(event, ModelLoaded)] == ["cpu"]


@pytest.mark.slow
def test_a_real_engine_tells_its_batches_only_to_whom_it_works_for(
    tmp_path: Path, tiny_whisper: Path, sound: PcmAudio
) -> None:
    probe = TestProbe()
    leases = DeviceLeases(tmp_path / "run", probe, patience_s=0)
    engines = WarmEngines[SpeechEngine](leases, probe, keep_alive_s=600)
    info = EngineInfo("whisper", "tiny-whisper", "cpu", "int8", "draft")
    place: Place[SpeechEngine] = Place("tiny", "tiny", CPU, 0, lambda: WhisperEngine(tiny_whisper))
    told: list[list[Event]] = [[], []]
    for events in told:
        ladder = LadderEngine(
            lambda _s: [Rung(place, info, "whisper")],
            engines,
            Measured(tmp_path / "measured.json"),
            lambda _f: None,
            lambda _d: None,
            tell=events.append,
        )
        run(ladder, sound)
    engines.close()
    leases.close()
    for events in told:
        batches = [event for event in events if isinstance(event, BatchDecoded)]
        assert sum(batch.windows for batch in batches) == len(CHUNKS)
        assert all((batch.model, batch.device) == ("tiny-whisper", "cpu") for batch in batches)
