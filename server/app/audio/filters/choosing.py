"""Which filters a sound needs: the lightest chain that helps, from its figures alone.

What pleases the ear often makes more words wrong: recognisers were trained on all kinds of sound and suppress noise
themselves. So `auto` does only what was measured to help. The measurements behind each number are in
docs/decisions/0012-clean-up-of-audio.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.options import Denoise
from .chain import Chain, Step
from .figures import Hum, SoundFigures

OFFSET = {"auto": 0.05, "light": 0.01, "strong": 0.01}
"""Share of full scale from which a constant offset is removed."""
HUM_ABOVE_SPEECH_DB = {"auto": 6.0, "light": -20.0, "strong": -20.0}
"""Hum is removed when it is so much louder than speech, or more …"""
LOUD_HUM_DBFS = -40.0
"""… or where nothing stands out of it, from this level."""
CLIPPED_SHARE = 0.001
"""Share of samples in flat tops that is worth telling. Repairs (libav's adeclip) ended further from the truth."""
QUIET_DBFS = -55.0
"""Speech below this level is made louder, because the speech detector begins to miss it …"""
USUAL_DBFS = -26.0
"""… up to this one, at which speech coders are tested (ITU-T P.830)."""
NOISY_SNR_DB = {"auto": 14.0, "light": 25.0, "strong": 25.0}
"""Noise further below speech than this is left alone. With `auto` it always is, for recognisers that bear noise."""
SURE_S, SURE_SNR_DB = 5.0, 3.0
"""From so long a recording, and so large a distance, `auto` trusts what was measured of noise."""
_MOST_GAIN_DB = 40.0
_HIGH_PASS_HZ = 60
_LOWEST_NOISE_DB, _HIGHEST_NOISE_DB = -80.0, -20.0  # what libav's afftdn takes
_REDUCTION_DB = {"auto": 12, "light": 6, "strong": 12}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do to one channel.

    Attributes:
        steps: The chain; empty where nothing is to be done.
        left: What was found and is left alone, one sentence each, with the reason.
    """

    steps: Chain = ()
    left: tuple[str, ...] = ()


def decide(figures: SoundFigures, denoise: Denoise, *, bears_noise: bool = True) -> Decision:
    """Choose a chain.

    Args:
        figures: Measurements of the channel.
        denoise: `off` does nothing; `auto` what helps the recogniser; `light` mends small defects, too, and reduces
            noise by up to 6 dB, `strong` by up to 12 dB.
        bears_noise: Whether the recogniser hears noisy speech better as it is; matters to `auto` only.
    """
    speech_dbfs = figures.speech_level_dbfs
    if denoise == "off":
        return Decision()
    if speech_dbfs is None:
        return Decision(_drowning_hum(figures))
    reduces = denoise != "auto" or not (bears_noise or _mostly_hum(figures) or _unsure(figures))
    steps = (
        *_offset(figures, OFFSET[denoise]),
        *_hum(figures, speech_dbfs, HUM_ABOVE_SPEECH_DB[denoise]),
        *(_noise(figures, denoise) if reduces else ()),
        *_quiet(speech_dbfs),
    )
    return Decision(steps, _left(figures, {step.filter for step in steps}))


def _offset(figures: SoundFigures, least: float) -> Chain:
    if abs(figures.dc_offset) < least:
        return ()
    reason = f"The sound is off centre by {abs(figures.dc_offset):.1%} of full scale."
    return (Step("highpass", f"f={_HIGH_PASS_HZ}", reason),)


def _hum(figures: SoundFigures, speech_dbfs: float, least_db: float) -> Chain:
    hum = figures.hum
    if hum is None or hum.level_dbfs - speech_dbfs < least_db:
        return ()
    return _notches(hum, f"Mains hum of {hum.level_dbfs:.0f} dBFS, speech is at {speech_dbfs:.0f} dBFS.")


def _drowning_hum(figures: SoundFigures) -> Chain:
    """Where no speech was found, it may be below loud hum."""
    hum = figures.hum
    if hum is None or hum.level_dbfs < LOUD_HUM_DBFS:
        return ()
    return _notches(hum, f"Mains hum of {hum.level_dbfs:.0f} dBFS drowns everything else.")


def _notches(hum: Hum, reason: str) -> Chain:
    lines_hz = [multiple * hum.mains_hz for multiple in hum.multiples]
    return tuple(Step("bandreject", f"f={hz}:width_type=h:w={_notch_hz(hz)}", reason) for hz in lines_hz)


def _notch_hz(hz: int) -> int:
    """Width of a notch: the mains wander, and a narrower one rings for longer."""
    return max(4, hz // 50)


def _noise(figures: SoundFigures, denoise: Denoise) -> Chain:
    snr_db, noise_dbfs = figures.snr_db, figures.noise_level_dbfs
    if snr_db is None or noise_dbfs is None or snr_db >= NOISY_SNR_DB[denoise]:
        return ()
    floor_db = min(max(noise_dbfs, _LOWEST_NOISE_DB), _HIGHEST_NOISE_DB)
    reason = f"Noise is only {snr_db:.0f} dB below speech."
    return (Step("afftdn", f"nr={_REDUCTION_DB[denoise]}:nf={floor_db:.0f}", reason),)


def _unsure(figures: SoundFigures) -> bool:
    """Whether the distance of noise and speech may be wrong: too short to hold a pause, or next to no distance."""
    return figures.duration_s < SURE_S or figures.snr_db is None or figures.snr_db < SURE_SNR_DB


def _mostly_hum(figures: SoundFigures) -> bool:
    """Whether what lies below speech is hum; reducing that as noise harms."""
    hum, noise_dbfs = figures.hum, figures.noise_level_dbfs
    return hum is not None and noise_dbfs is not None and hum.level_dbfs > noise_dbfs - 3.0


def _quiet(speech_dbfs: float) -> Chain:
    if speech_dbfs >= QUIET_DBFS:
        return ()
    gain_db = min(USUAL_DBFS - speech_dbfs, _MOST_GAIN_DB)
    return (Step("volume", f"volume={gain_db:.0f}dB", f"Speech is at only {speech_dbfs:.0f} dBFS."),)


def _left(figures: SoundFigures, used: set[str]) -> tuple[str, ...]:
    """What a reader should know of although nothing is done about it."""
    left = []
    if figures.snr_db is not None and figures.snr_db < NOISY_SNR_DB["light"] and "afftdn" not in used:
        left.append(f"Noise is {figures.snr_db:.0f} dB below speech; the recogniser hears through it better untouched.")
    if figures.clipping.share >= CLIPPED_SHARE:
        left.append(f"{figures.clipping.share:.1%} of the samples are clipped; what was cut off can't be known.")
    if figures.dropouts.count:
        left.append(f"{figures.dropouts.count} holes, {figures.dropouts.total_s:g} s in all, hold no sound to restore.")
    return tuple(left)
