"""What is known about a sound's quality, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains hum: a steady tone at the mains frequency and its multiples.

    Attributes:
        mains_hz: 50 or 60.
        level_dbfs: Level (RMS) of all found multiples together, in dB relative to full scale.
        multiples: Which multiples of `mains_hz` were found, 1 being the mains frequency itself.
    """

    mains_hz: int
    level_dbfs: float
    multiples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clipping:
    """Flat tops: runs of three or more equal samples at the loudest level around.

    Attributes:
        share: Share of all samples that lie in such runs, 0..1.
        runs: How many runs.
        longest: Samples in the longest one.
    """

    share: float = 0.0
    runs: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Dropouts:
    """Holes: sound that breaks off into exact zeros for 5 to 500 ms and comes back at once.

    Attributes:
        count: How many holes.
        total_s: Their length together, in seconds.
    """

    count: int = 0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SoundFigures:
    """Measurements of one channel. Levels are RMS in dB relative to full scale (0 dB is a square wave at the rails).

    What can't be known is None: the speech level of a recording without speech, everything about digital silence.

    Attributes:
        duration_s: How much sound was measured, in seconds.
        speech_level_dbfs: Active level of what stands out of the noise, noise taken off.
        noise_level_dbfs: Level of the steady noise below it.
        snr_db: The difference of the two.
        loudness_lufs: Gated loudness after ITU-R BS.1770 / EBU R 128, in LUFS.
        peak_dbfs: The largest sample.
        bandwidth_hz: Highest frequency at which speech is found; about 3400 for a telephone, up to 8000 here.
        dc_offset: Mean of the samples, 1.0 being full scale.
        silent_share: Share of time that is digital silence (exact zeros, 5 ms or more in a row), 0..1.
    """

    duration_s: float
    speech_level_dbfs: float | None
    noise_level_dbfs: float | None
    snr_db: float | None
    loudness_lufs: float | None
    peak_dbfs: float | None
    bandwidth_hz: int | None
    dc_offset: float
    silent_share: float
    hum: Hum | None = None
    clipping: Clipping = Clipping()
    dropouts: Dropouts = Dropouts()
