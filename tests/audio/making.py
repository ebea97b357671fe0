"""Makes media files with known content, so that tests need none."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.stream import VideoStream

Sound = npt.NDArray[np.float32]


def tone(seconds: float, rate: int = 16_000, frequency: float = 440.0, level: float = 0.5) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def noise(seconds: float, rate: int = 16_000, level: float = 0.1, seed: int = 0) -> Sound:
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)


def talk(seconds: float, turns: Sequence[tuple[float, float]], level: float = 0.2, seed: int = 0) -> Sound:
    """Noise in about 4 syllables a second during the turns, near silence elsewhere: speech to a level meter."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    active = np.zeros(len(time), dtype=bool)
    for start, end in turns:
        active |= (time >= start) & (time < end)
    syllables = np.clip(np.sin(2 * np.pi * (4 + 0.3 * seed) * time) + 0.8, 0.05, None)
    return (noise(seconds, level=1.0, seed=seed) * (level * syllables * active + 1e-4)).astype(np.float32)


def write_wav(path: Path, sound: Sound, rate: int = 16_000, width: int = 2) -> Path:
    """Write float samples of shape (n,) or (n, channels) as integer PCM of `width` bytes."""
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    full = 2 ** (8 * width - 1)
    scaled = np.clip(np.rint(sound.astype(np.float64) * full), -full, full - 1)
    if width == 1:
        data = (scaled + 128).astype(np.uint8).tobytes()
    else:
        raw = scaled.astype("<i4").reshape(-1, 1).view(np.uint8)
        data = raw[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


def write_sparse_wav(path: Path, seconds: float, rate: int = 8_000) -> Path:
    """Hours of digital silence that take no room on the disk."""
    write_wav(path, np.zeros(1, dtype=np.float32), rate)
    size = round(seconds * rate) * 2
    with path.open("r+b") as file:
        file.seek(4)
        file.write((size + 36).to_bytes(4, "little"))
        file.seek(40)
        file.write(size.to_bytes(4, "little"))
        file.truncate(44 + size)
    return path


def encode(
    path: Path,
    tracks: Sequence[Sound],
    *,
    codec: str,
    rate: int = 16_000,
    starts_s: Sequence[float] = (),
    video_rate: str | None = None,
    metadata: dict[str, str] | None = None,
    container_format: str | None = None,
    holes: Sequence[tuple[float, float]] = (),
    seconds: float = 0.0,
) -> Path:
    """Encode tracks of shape (n,) or (n, 2), with an optional picture track that starts at 0.

    Args:
        starts_s: When each track's first sample is said to sound.
        holes: Samples between these times are left out, and the timestamps go on as if they had been there.
        seconds: How long the picture lasts at least.
    """
    with av.open(str(path), "w", format=container_format) as container:
        container.metadata.update(metadata or {})
        picture = _picture(container, video_rate) if video_rate else None
        streams = [container.add_stream(codec, rate=rate, layout=_layout(sound)) for sound in tracks]
        if picture:
            _draw(container, picture, max([seconds, *(len(sound) / rate for sound in tracks)]))
        for stream, sound, start_s in zip(streams, tracks, starts_s or [0.0] * len(tracks), strict=True):
            for frame in _frames(sound, rate, stream.codec_context.frame_size or 1024, start_s, holes):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def _layout(sound: Sound) -> str:
    return "mono" if sound.ndim == 1 else "stereo"


def _frames(
    sound: Sound, rate: int, step: int, start_s: float, holes: Sequence[tuple[float, float]]
) -> Iterator[av.AudioFrame]:
    for first in range(0, len(sound), step):
        if any(begin * rate <= first < end * rate for begin, end in holes):
            continue
        part = np.ascontiguousarray(sound[first : first + step]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="flt", layout=_layout(sound))
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = round(start_s * rate) + first
        yield frame


def _picture(container: OutputContainer, rate: str) -> VideoStream:
    stream = container.add_stream("mpeg4", rate=Fraction(rate))
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _draw(container: OutputContainer, stream: VideoStream, seconds: float) -> None:
    for number in range(round(seconds * float(stream.codec_context.framerate))):
        picture = np.full((48, 64, 3), number % 255, dtype=np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
    container.mux(stream.encode(None))
