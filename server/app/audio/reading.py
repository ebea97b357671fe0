"""Decodes one audio track of one file into a spool file. Runs in the child process only."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import av.container
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.format import Flags
from av.packet import Packet
from av.stream import Discard

from ..domain.recording import AudioFacts
from ..domain.sampling import SAMPLE_RATE_HZ
from ..errors import TooLarge, UnsupportedMedia
from .channels import ChannelMeter
from .media import choose_track, codec_name, head, opened, stated_duration_s, time_zero_s
from .resampling import Block, Resampler
from .signature import wav_is_cut
from .sources import shown
from .spool import Spool
from .timeline import Timeline

Report = Callable[[float, float | None], None]

_REPORT_EVERY_S = 0.25
_LOWEST_RATE_HZ = 1000
_LATEST_START_S = 3600.0
_FEWEST_BYTES_PER_S = 50  # a stated length that needs fewer is a lie
_EXACT_IN_16_BITS = frozenset({"u8", "u8p", "s16", "s16p"})
# Their headers state the length that was recorded; other formats' is estimated from the bytes that are there.
_STATES_LENGTH = ("mov", "matroska", "flac", "asf", "aiff", "caf", "w64", "avi", "flv", "wv", "ape", "tta", "au")


@dataclass(frozen=True, slots=True)
class Job:
    """What to decode, and what to refuse; the fields are those of `decoding.decode`."""

    path: Path
    out: Path
    track: int | None
    split_channels: str
    min_duration_s: float
    max_duration_s: float
    max_channels: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run through the file found and wrote.

    Attributes:
        facts: As the first decoded frame states them; `channel_use` is not settled yet.
        frames: Samples per channel in the file written.
        channels: How many channels it has.
        peak: Largest absolute value before any gain, 1.0 being full scale.
        clipped: How many values were beyond full scale.
        exact: The source had at most 16 bits, and lossless ones.
        meter: Heard everything, where there are two channels.
        damage: What could not be read, one sentence; "" if everything could.
    """

    facts: AudioFacts
    frames: int
    channels: int
    peak: float
    clipped: int
    exact: bool
    meter: ChannelMeter | None
    damage: str


class Reader:
    """One run through the file: demux, decode, place in time, resample, write.

    Args:
        job: What to decode.
        report: Told the progress a few times per second.
        gain: What samples are multiplied by before they become int16.
    """

    def __init__(self, job: Job, report: Report, gain: float) -> None:
        self._job = job
        self._report = report
        self._gain = gain
        self._errors = 0
        self._reported = 0.0
        self._total_s: float | None = None
        self._drop = 0
        self._channels = 1
        self._resampler: Resampler | None = None
        self._meter: ChannelMeter | None = None

    def run(self) -> Reading:
        """Do it.

        Raises:
            UnsupportedMedia: Nothing to hear, too short, too many channels, not a recording.
            InvalidOption: No such track.
            TooLarge: Longer than allowed.
            StorageFull: The disk refused a write.
        """
        with opened(self._job.path) as container:
            index, stream = choose_track(container, self._job.track, self._job.path)
            self._total_s = self._believable(stated_duration_s(container, stream))
            _ignore_others(container, stream)
            frames = self._frames(container, stream)
            first = next(frames, None)
            if first is None:
                raise self._nothing_heard()
            facts = self._facts(container, stream, index, first)
            self._listen_to(facts)
            with Spool(self._job.out, self._channels, self._gain) as spool:
                self._write(spool, container, itertools.chain([first], frames), first, facts.start_s)
            self._refuse_short(spool.frames)
            return Reading(
                facts=facts,
                frames=spool.frames,
                channels=self._channels,
                peak=spool.peak,
                clipped=spool.clipped,
                exact=first.format.name in _EXACT_IN_16_BITS,
                meter=self._meter,
                damage=self._damage(container, spool.frames / SAMPLE_RATE_HZ - facts.start_s),
            )

    def _believable(self, stated_s: float | None) -> float | None:
        """The stated length, unless the file is far too small for it.

        Raises:
            TooLarge: It is longer than allowed.
        """
        if stated_s is None or stated_s * _FEWEST_BYTES_PER_S > self._job.path.stat().st_size:
            return None
        if stated_s > self._job.max_duration_s:
            raise self._too_long(stated_s)
        return stated_s

    def _frames(self, container: av.container.InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        """Decoded frames; packets that can't be decoded are counted and passed over."""
        try:
            for packet in container.demux(stream):
                yield from self._decoded(packet)
        except av.error.MemoryError:
            raise MemoryError from None
        except (av.error.EOFError, IndexError):
            return  # IndexError: PyAV, after the last packet, where a stream appeared after the file was opened
        except av.error.FFmpegError:
            self._errors += 1

    def _decoded(self, packet: Packet[AudioStream]) -> list[AudioFrame]:
        try:
            return [frame for frame in packet.decode() if frame.samples > 0 and frame.sample_rate > 0]
        except (av.error.MemoryError, av.error.EOFError):
            raise
        except av.error.FFmpegError:
            self._errors += 1
            self._tell(None)
            return []

    def _facts(
        self, container: av.container.InputContainer, stream: AudioStream, index: int, first: AudioFrame
    ) -> AudioFacts:
        channels = first.layout.nb_channels
        if channels > self._job.max_channels:
            raise UnsupportedMedia(
                f"{shown(self._job.path)} has {channels} channels; at most {self._job.max_channels} are allowed.",
                hint="Mix it down to fewer channels first, or raise the limit.",
            )
        if first.sample_rate < _LOWEST_RATE_HZ:
            raise UnsupportedMedia(
                f"{shown(self._job.path)} has only {first.sample_rate} samples per second; speech needs thousands.",
                hint="Its header is probably wrong.",
            )
        return AudioFacts(
            track=index,
            tracks=len(container.streams.audio),
            codec=codec_name(stream),
            sample_rate_hz=first.sample_rate,
            channels=channels,
            layout=first.layout.name,
            start_s=_start_s(container, stream, first),
        )

    def _listen_to(self, facts: AudioFacts) -> None:
        """Settle how many channels are written: all of them where each may be wanted alone, else a mix."""
        split = self._job.split_channels
        self._channels = facts.channels if facts.channels <= 2 or split == "always" else 1
        if self._channels == 2 and split != "always":
            self._meter = ChannelMeter()

    def _write(
        self,
        spool: Spool,
        container: av.container.InputContainer,
        frames: Iterable[AudioFrame],
        first: AudioFrame,
        start_s: float,
    ) -> None:
        timeline = Timeline(start_s, may_jump=Flags.ts_discont in Flags(container.format.flags))
        zero_s = (_time_s(first) or 0.0) - start_s
        spool.silence(round(start_s * SAMPLE_RATE_HZ))
        for frame in frames:
            time_s, length_s = _time_s(frame), frame.samples / frame.sample_rate
            place = timeline.place(None if time_s is None else time_s - zero_s, length_s)
            if place.silence_until_s is not None:
                self._flush(spool)
                self._refuse_long(place.silence_until_s)
                spool.silence(round(place.silence_until_s * SAMPLE_RATE_HZ) - spool.frames)
            if place.drop_s >= length_s:
                continue
            if place.drop_s > 0:
                self._flush(spool)
                self._drop = round(place.drop_s * SAMPLE_RATE_HZ)
            self._convert(spool, frame)
        self._flush(spool)

    def _convert(self, spool: Spool, frame: AudioFrame) -> None:
        if self._resampler is not None and not self._resampler.takes(frame):
            self._flush(spool)
        if self._resampler is None:
            self._resampler = Resampler(frame, self._channels)
        for block in self._resampler.push(frame):
            self._keep(spool, block)

    def _flush(self, spool: Spool) -> None:
        if self._resampler is not None:
            for block in self._resampler.flush():
                self._keep(spool, block)
        self._resampler = None
        self._drop = 0

    def _keep(self, spool: Spool, block: Block) -> None:
        heard = block[self._drop :]
        self._drop -= len(block) - len(heard)
        if self._meter is not None:
            self._meter.feed(heard)
        spool.write(heard)
        done_s = spool.frames / SAMPLE_RATE_HZ
        self._refuse_long(done_s)
        self._tell(done_s)

    def _tell(self, done_s: float | None) -> None:
        """Report progress, or, where nothing could be decoded, at least life."""
        now = time.monotonic()
        if now - self._reported >= _REPORT_EVERY_S:
            self._reported = now
            self._report(done_s or 0.0, self._total_s)

    def _refuse_long(self, done_s: float) -> None:
        if done_s > self._job.max_duration_s:
            raise self._too_long(None)

    def _refuse_short(self, frames: int) -> None:
        if frames == 0:
            raise self._nothing_heard()
        if frames < round(self._job.min_duration_s * SAMPLE_RATE_HZ):
            raise UnsupportedMedia(
                f"{shown(self._job.path)} holds only {frames / SAMPLE_RATE_HZ:.3f} s of sound; "
                f"at least {self._job.min_duration_s:g} s are needed.",
                hint="Choose a longer recording.",
            )

    def _too_long(self, seconds: float | None) -> TooLarge:
        length = f"{_clock(seconds)} long" if seconds else "too long"
        return TooLarge(
            f"{shown(self._job.path)} is {length}; at most {_clock(self._job.max_duration_s)} are allowed.",
            hint="Cut it into parts, or raise the limit.",
        )

    def _nothing_heard(self) -> UnsupportedMedia:
        if self._errors:
            return UnsupportedMedia(
                f"Nothing in {shown(self._job.path)} could be decoded: it is damaged.",
                hint="Copy or download it again, or convert it with the program that made it.",
            )
        return UnsupportedMedia(
            f"{shown(self._job.path)} holds no sound: its header is there, but no samples follow.",
            hint="The recording was probably stopped at once or cut off; copy it again.",
        )

    def _damage(self, container: av.container.InputContainer, heard_s: float) -> str:
        if self._errors:
            places = "one place" if self._errors == 1 else f"{self._errors} places"
            return f"The file is damaged: {places} could not be decoded; the rest was read."
        states = container.format.name.startswith(_STATES_LENGTH)
        if states and self._total_s is not None and heard_s < 0.98 * self._total_s - 1.0:
            return f"The file ends early: {heard_s:.1f} s of {self._total_s:.1f} s were there and were read."
        if wav_is_cut(head(self._job.path), self._job.path.stat().st_size):
            return "The file is shorter than its header says; what was there was read."
        return ""


def _ignore_others(container: av.container.InputContainer, stream: AudioStream) -> None:
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all


def _start_s(container: av.container.InputContainer, stream: AudioStream, first: AudioFrame) -> float:
    """How long after time zero the first decoded sample sounds."""
    first_s = _time_s(first)
    if first_s is None:
        return 0.0
    start_s = first_s - time_zero_s(container, stream, first_s)
    return start_s if start_s <= _LATEST_START_S else 0.0


def _time_s(frame: Any) -> float | None:
    return None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
