"""A machine whose GPUs the test makes, fills and breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from audapolis.domain.audio import AudioReader, Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Word
from audapolis.engines.base import EngineInfo, RecognisedChunk, RecogniseOptions, SpeechEngine
from audapolis.engines.devices import Device, Reading, gpu_precisions
from audapolis.engines.whisper.engine import WhisperEngine
from audapolis.errors import DeviceLost

GIB = 2**30
CPU = Device("cpu", 0, "test processor", "cpu", 64 * GIB, cores=4)


def gpu(index: int = 0, memory_bytes: int = 8 * GIB) -> Device:
    return Device("cuda", index, "test GPU", f"GPU-{index}", memory_bytes, driver="1", capability=(8, 6))


@dataclass
class TestProbe:
    """A `DeviceProbe` over devices of the test's making."""

    __test__ = False

    gpus: list[Device] = field(default_factory=list)
    cpu: Device = CPU
    used: dict[str, int] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    missing: str = ""

    def devices(self) -> tuple[Device, ...]:
        return (*self.gpus, self.cpu)

    def reading(self, device: Device) -> Reading:
        if device.key in self.lost:
            raise DeviceLost(f"{device.label} has vanished.")
        return Reading(memory_used_bytes=self.used.get(device.key, 0))

    def own_bytes(self, device: Device) -> int | None:
        return self.own.get(device.key)

    def precisions(self, device: Device) -> tuple[str, ...]:
        return gpu_precisions(device.capability) if device.kind == "cuda" else ("float32", "int8", "int8_float32")

    def unusable(self, device: Device) -> str:
        return self.missing if device.kind == "cuda" else ""

    @property
    def no_gpu_because(self) -> str:
        return "" if self.gpus else "the test has none"


Fault = Callable[["StandIn", Chunk], None]
"""Called before each chunk a stand-in recognises; raises to make it fail there."""


@dataclass
class Garage:
    """Opens engines for whatever device is asked for, and breaks them as the test says.

    Attributes:
        real: Whether the engine is a real Whisper on the processor, or only says one word per chunk.
        on_open: Called with device, precision and batch size before a model is loaded.
        on_chunk: Called before each chunk.
        opened: What was asked for, in order.
        heard: Chunks recognised, in order, with the label of the device.
    """

    real: bool = False
    on_open: Callable[[Device, str, int], None] = lambda *_: None
    on_chunk: Fault = lambda *_: None
    opened: list[tuple[str, str, int]] = field(default_factory=list)
    heard: list[tuple[str, int]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def __call__(self, folder: Path, device: Device, precision: str, batch_size: int, threads: int) -> SpeechEngine:
        self.opened.append((device.label, precision, batch_size))
        self.on_open(device, precision, batch_size)
        engine: SpeechEngine = Parrot()
        if self.real:
            engine = WhisperEngine(folder, precision="int8", threads=threads, batch_size=1)
        return StandIn(engine, device, precision, batch_size, self)


class Parrot:
    """Says one word for every chunk."""

    def __init__(self, name: str = "whisper") -> None:
        self.info = EngineInfo(name, "parrot", "cpu", "int8", "draft")

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        for chunk in chunks:
            cancel.check()
            word = Word(chunk.start_s, chunk.end_s, f"word{chunk.index}", 0.5)
            yield RecognisedChunk(chunk, (word,), options.language or "en")

    def close(self) -> None:
        pass


class StandIn:
    """An engine that says it runs elsewhere, one chunk at a time."""

    def __init__(self, real: SpeechEngine, device: Device, precision: str, batch_size: int, garage: Garage) -> None:
        self.device, self.precision, self.batch_size = device, precision, batch_size
        self._real, self._garage = real, garage

    @property
    def info(self) -> EngineInfo:
        real = self._real.info
        return EngineInfo(
            "whisper", real.model, self.device.label, self.precision, real.quality, window_s=real.window_s
        )

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        for chunk in chunks:
            self._garage.on_chunk(self, chunk)
            yield from self._real.recognise(audio, [chunk], options, cancel)
            self._garage.heard.append((self.device.label, chunk.index))

    def close(self) -> None:
        self._garage.closed.append(self.device.label)
        self._real.close()
