"""Opens media files with libav and reads their facts. Runs in the child process only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.container
from av.audio.stream import AudioStream
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ..domain.recording import AudioTrack, MediaInfo, VideoFacts
from ..errors import InvalidOption, UnsupportedMedia
from .signature import HEAD_BYTES, is_interrupted_mp4, looks_like
from .sources import shown, unreadable

# Demuxers that read one file and nothing else: no playlists (hls, dash, concat), no picture sequences, no devices,
# no scripts, no raw samples of unknown meaning. Raw telephone codecs are told by their extension.
_DEMUXERS = (
    "aac,aa,ac3,ac4,aea,aiff,amr,amrnb,amrwb,ape,asf,asf_o,au,avi,avr,caf,dsf,dss,dts,dtshd,dv,eac3,flac,flv,"
    "g722,g723_1,g729,gsm,gxf,iff,ircam,ivf,kux,live_flv,lmlm4,loas,lxf,matroska,webm,mlp,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,h264,hevc,m4v,mxf,nistsphere,nsv,nut,ogg,oma,osq,pvf,qoa,rm,ivr,rka,rso,"
    "sbc,shn,sln,sox,spdif,tak,tta,truehd,voc,vqf,w64,wav,wsaud,wtv,wv,xwma"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS}
_STANDARD_RATES = tuple(
    Fraction(rate)
    for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48000/1001", "48", "50", "60000/1001", "60", "100",
                 "120000/1001", "120")
)  # fmt: skip
_RATE_TOLERANCE = Fraction(1, 5000)  # 30 and 30000/1001 differ by 1/1001
_PRIMING_S = 0.2
_MAX_TEXT = 200


@contextlib.contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a file for reading.

    Raises:
        UnsupportedMedia: Not in a format we read.
        NotFound: It went away.
    """
    container = _open(path)
    try:
        yield container
    finally:
        container.close()


def _open(path: Path) -> av.container.InputContainer:
    try:
        return _open_as(str(path))
    except av.error.ArgumentError:  # not one of ours, but it may be only its name that misleads
        try:
            with path.open("rb") as file:
                return _open_as(f"/dev/fd/{file.fileno()}")
        except (av.error.FFmpegError, OSError):
            raise _not_a_recording(path) from None
    except av.error.MemoryError:
        raise MemoryError from None
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            raise unreadable(path, error) from None
        raise _not_a_recording(path) from None


def _open_as(name: str) -> av.container.InputContainer:
    # "file:" so that no name is taken for a protocol or an option
    return av.open(f"file:{name}", options=_OPTIONS, metadata_errors="replace")


def media_info(path: Path) -> MediaInfo:
    """Read a file's facts without decoding its sound.

    Raises:
        UnsupportedMedia: Not in a format we read.
    """
    with opened(path) as container:
        return MediaInfo(
            container=container.format.name.split(",")[0],
            duration_s=stated_duration_s(container),
            audio_tracks=tuple(_track(index, stream) for index, stream in enumerate(container.streams.audio)),
            video=_video_facts(container),
        )


def choose_track(container: av.container.InputContainer, track: int | None, path: Path) -> tuple[int, AudioStream]:
    """The audio stream to decode and its number among the audio streams.

    Raises:
        UnsupportedMedia: There is no audio, or nobody knows its codec.
        InvalidOption: There is no such track.
    """
    streams = container.streams.audio
    if not streams:
        raise UnsupportedMedia(
            f"{shown(path)} has no audio track, only {_contents(container)}.",
            hint="Choose a file with sound; the sound may be in a separate file beside it.",
        )
    if track is not None and not 0 <= track < len(streams):
        raise InvalidOption(
            f"{shown(path)} has no audio track {track}.",
            hint=f"It has {len(streams)}, counted from 0.",
            tracks=len(streams),
        )
    index = _default_track(streams) if track is None else track
    if _codec(streams[index]) is None:
        raise UnsupportedMedia(
            f"The sound in {shown(path)} is in an unknown or encrypted format.",
            hint="Files bought with copy protection can't be read; otherwise convert it to WAV or FLAC.",
        )
    return index, streams[index]


def time_zero_s(container: av.container.InputContainer, chosen: AudioStream, first_s: float) -> float:
    """The earliest start of the streams one sees or hears, on the container's clock: where a player starts.

    Args:
        container: The open file.
        chosen: The audio stream that is decoded.
        first_s: The time of its first decoded sample; better than what the stream states, which in some formats
            counts the encoder's priming.
    """
    starts = [first_s]
    for stream in container.streams:
        if stream.index == chosen.index or stream.start_time is None or stream.time_base is None:
            continue
        start_s = float(stream.start_time * stream.time_base)
        if isinstance(stream, AudioStream):
            starts.append(max(start_s, 0.0) if start_s > -_PRIMING_S else start_s)
        elif isinstance(stream, VideoStream) and not _is_cover(stream):
            starts.append(start_s)
    return min(starts)


def stated_duration_s(container: av.container.InputContainer, stream: Stream | None = None) -> float | None:
    """Length as the stream, or else the container, states it. Headers may lie."""
    if stream and stream.duration and stream.time_base and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration and container.duration > 0 else None


def codec_name(stream: Stream) -> str:
    """The format's name whichever decoder reads it: `mp3`, not `mp3float`; `unknown` where there is no decoder."""
    return stream.codec.canonical_name if _codec(stream) else "unknown"


def head(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _not_a_recording(path: Path) -> UnsupportedMedia:
    start = head(path)
    kind = looks_like(start)
    if kind:
        message, hint = f"{shown(path)} is {kind}, not a recording.", "Choose an audio or video file."
    elif is_interrupted_mp4(start):
        message = f"{shown(path)} is an MP4 file without its index: the recording or copying was interrupted."
        hint = "Copy it again, or repair it with the recorder or a tool such as untrunc."
    else:
        message = f"{shown(path)} is not in a format we can read."
        hint = "If it is raw sound without a header, save it as WAV; otherwise it may be damaged."
    return UnsupportedMedia(message, hint=hint)


def _contents(container: av.container.InputContainer) -> str:
    kinds = {stream.type for stream in container.streams}
    return "pictures" if "video" in kinds else "other data" if kinds else "an empty container"


def _default_track(streams: tuple[AudioStream, ...]) -> int:
    """The first playable track marked as default, else the first playable one, else the first."""
    playable = [index for index, stream in enumerate(streams) if _codec(stream)] or [0]
    marked = [index for index in playable if streams[index].disposition & Disposition.default]
    return (marked or playable)[0]


def _codec(stream: Stream) -> str | None:
    context: Any = stream.codec_context  # None where libav has no decoder
    return context.name if context else None


def _track(index: int, stream: AudioStream) -> AudioTrack:
    known = _codec(stream) is not None
    return AudioTrack(
        index=index,
        codec=codec_name(stream),
        sample_rate_hz=stream.sample_rate or 0 if known else 0,
        channels=stream.channels or 0 if known else 0,
        layout=stream.layout.name if known and stream.layout else "",
        language=_text(stream.language) if stream.language not in {None, "", "und"} else None,
        title=_text(stream.metadata.get("title")),
    )


def _text(value: str | None) -> str | None:
    return value[:_MAX_TEXT] if value else None


def _video_facts(container: av.container.InputContainer) -> VideoFacts | None:
    streams = [stream for stream in container.streams.video if not _is_cover(stream) and _codec(stream)]
    if not streams:
        return None
    stream = streams[0]
    timecode = _timecode(container, stream)
    width, height = stream.width, stream.height
    if _quarter_turned(container, stream):
        width, height = height, width
    return VideoFacts(
        frame_rate=_rate(stream),
        start_timecode=timecode,
        drop_frame=timecode is not None and ";" in timecode,
        width=width,
        height=height,
    )


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def _rate(stream: VideoStream) -> str:
    """The frame rate as an exact fraction; containers that store rounded times state it slightly off."""
    rate = stream.guessed_rate or stream.average_rate or stream.base_rate or Fraction(0)
    near = min(_STANDARD_RATES, key=lambda standard: abs(standard - rate))
    if abs(near - rate) <= near * _RATE_TOLERANCE:
        rate = near
    return str(rate)


def _timecode(container: av.container.InputContainer, video: VideoStream) -> str | None:
    """Start timecode (SMPTE ST 12-1), with `;` before the frames where numbers are dropped.

    The picture's own wins over a timecode track's, and that over the file's.
    """
    sources = [video.metadata, *(stream.metadata for stream in container.streams), container.metadata]
    for metadata in sources:
        for key, value in metadata.items():
            if key.lower() == "timecode" and _is_timecode(value):
                return value
    return None


def _is_timecode(value: str) -> bool:
    parts = value.replace(";", ":").replace(".", ":").split(":")
    return len(parts) == 4 and all(part.isascii() and part.isdigit() and len(part) in {2, 3} for part in parts)


def _quarter_turned(container: av.container.InputContainer, stream: VideoStream) -> bool:
    """Whether players turn the picture by 90°, as phones record it. The turn is known after one decoded picture."""
    if container.format.name.startswith(("mov", "matroska")):
        with contextlib.suppress(av.error.FFmpegError, IndexError):
            for number, packet in enumerate(container.demux(stream)):
                for frame in packet.decode():
                    return frame.rotation % 180 != 0
                if number > 30:
                    break
    return False
