"""From readings of a file to its final sound: the right level, and the channels that will be heard."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..domain.recording import AudioFacts, ChannelUse
from .reading import Job, Reader, Reading, Report
from .spool import fold

_QUIET_PEAK = 0.03
_LOUD_SHARE = 1e-3
_HEADROOM = 0.9


@dataclass(frozen=True, slots=True)
class Decoded:
    """The result; the fields are those of `pcm.PcmFile`."""

    frames: int
    channels: int
    facts: AudioFacts
    gain: float
    damage: str


def decode_file(job: Job, report: Report) -> Decoded:
    """Decode, a second time at another level if int16 did not do the sound justice, and settle the channels.

    Raises:
        AudapolisError: As `Reader.run`.
    """
    gain = 1.0
    reading = Reader(job, report, gain).run()
    better = _better_gain(reading)
    if better is not None:
        gain = better
        reading = Reader(job, report, gain).run()
    use, channels = _settle_channels(job, reading)
    return Decoded(
        frames=reading.frames,
        channels=channels,
        facts=replace(reading.facts, channel_use=use),
        gain=max(gain, 1.0),  # too loud a source stays turned down: engines expect at most full scale
        damage=reading.damage,
    )


def _better_gain(reading: Reading) -> float | None:
    """The level at which int16 keeps this sound, or None if it does already.

    A source of more than 16 bits may whisper so low that few of int16's 65 536 steps are left, or, in float,
    exceed full scale throughout. Single peaks just over full scale, as lossy codecs make them, do not matter.
    """
    clipped = reading.clipped > _LOUD_SHARE * reading.frames
    quiet = 0.0 < reading.peak < _QUIET_PEAK and not reading.exact
    return _HEADROOM / reading.peak if clipped or quiet else None


def _settle_channels(job: Job, reading: Reading) -> tuple[ChannelUse, int]:
    if reading.facts.channels == 1:
        return "mono", 1
    if job.split_channels == "always":
        return "separate", reading.channels
    if reading.meter is None:
        return "mix", 1
    use = reading.meter.choose(may_split=job.split_channels == "auto")
    if use == "separate":
        return use, reading.channels
    fold(job.out, use)
    return use, 1
