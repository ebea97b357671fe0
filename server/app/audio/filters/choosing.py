"""Which filters a sound needs: the lightest chain that helps, from its figures alone.

Recognisers were trained on all kinds of sound and suppress noise themselves; what pleases the ear often makes more
words wrong. So `auto` only mends what is no sound at all: an offset, hum, a level next to nothing. Noise is reduced
where somebody asks for it. The measurements behind each number are in docs/decisions/0012-clean-up-of-audio.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.options import Denoise
from .chain import Chain, Step
from .figures import SoundFigures

OFFSET = 0.01
"""Share of full scale from which a constant offset is removed."""
HUM_BELOW_SPEECH_DB = 6.0
"""Hum that is further below speech than this is left alone."""
CLIPPED_SHARE = 0.001
"""Share of samples in flat tops that is worth telling. Repairs (libav's adeclip) ended further from the truth."""
QUIET_DBFS = -55.0
"""Speech below this level is made louder, because the speech detector begins to miss it …"""
USUAL_DBFS = -26.0
"""… up to this one, at which speech coders are tested (ITU-T P.830)."""
NOISY_SNR_DB = 25.0
"""Noise further below speech than this is left alone even where its reduction was asked for."""
_MOST_GAIN_DB = 40.0
_HIGH_PASS_HZ = 60
_LOWEST_NOISE_DB, _HIGHEST_NOISE_DB = -80.0, -20.0  # what libav's afftdn takes
_REDUCTION_DB = {"light": 6, "strong": 12}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do to one channel.

    Attributes:
        steps: The chain; empty where nothing is to be done.
        left: What was found and is left alone, one sentence each, with the reason.
    """

    steps: Chain = ()
    left: tuple[str, ...] = ()


def decide(figures: SoundFigures, denoise: Denoise) -> Decision:
    """Choose a chain.

    Args:
        figures: Measurements of the channel.
        denoise: `off` does nothing, `auto` mends defects, `light` reduces noise besides, by up to
            6 dB, and `strong` by up to 12 dB.
    """
    speech_dbfs = figures.speech_level_dbfs
    if denoise == "off" or speech_dbfs is None:
        return Decision()
    asked = denoise in _REDUCTION_DB
    steps = (
        *_offset(figures),
        *_hum(figures, speech_dbfs),
        *(_noise(figures, _REDUCTION_DB[denoise]) if asked else ()),
        *_quiet(speech_dbfs),
    )
    return Decision(steps, _left(figures, {step.filter for step in steps}))


def _offset(figures: SoundFigures) -> Chain:
    if abs(figures.dc_offset) < OFFSET:
        return ()
    reason = f"The sound is off centre by {abs(figures.dc_offset):.1%} of full scale."
    return (Step("highpass", f"f={_HIGH_PASS_HZ}", reason),)


def _hum(figures: SoundFigures, speech_dbfs: float) -> Chain:
    hum = figures.hum
    if hum is None or hum.level_dbfs < speech_dbfs - HUM_BELOW_SPEECH_DB:
        return ()
    reason = f"Mains hum, {speech_dbfs - hum.level_dbfs:.0f} dB below speech."
    lines_hz = [multiple * hum.mains_hz for multiple in hum.multiples]
    return tuple(Step("bandreject", f"f={hz}:width_type=h:w={_notch_hz(hz)}", reason) for hz in lines_hz)


def _notch_hz(hz: int) -> int:
    """Width of a notch: the mains wander, and a narrower one rings for longer."""
    return max(4, hz // 50)


def _noise(figures: SoundFigures, reduction_db: int) -> Chain:
    snr_db, noise_dbfs = figures.snr_db, figures.noise_level_dbfs
    if snr_db is None or noise_dbfs is None or snr_db >= NOISY_SNR_DB:
        return ()
    floor_db = min(max(noise_dbfs, _LOWEST_NOISE_DB), _HIGHEST_NOISE_DB)
    reason = f"Noise is only {snr_db:.0f} dB below speech."
    return (Step("afftdn", f"nr={reduction_db}:nf={floor_db:.0f}", reason),)


def _quiet(speech_dbfs: float) -> Chain:
    if speech_dbfs >= QUIET_DBFS:
        return ()
    gain_db = min(USUAL_DBFS - speech_dbfs, _MOST_GAIN_DB)
    return (Step("volume", f"volume={gain_db:.0f}dB", f"Speech is at only {speech_dbfs:.0f} dBFS."),)


def _left(figures: SoundFigures, used: set[str]) -> tuple[str, ...]:
    """What a reader should know of although nothing is done about it."""
    left = []
    if figures.snr_db is not None and figures.snr_db < NOISY_SNR_DB and "afftdn" not in used:
        left.append(
            f"Noise is {figures.snr_db:.0f} dB below speech; it is left in, because reducing it makes more words wrong."
        )
    if figures.clipping.share >= CLIPPED_SHARE:
        left.append(f"{figures.clipping.share:.1%} of the samples are clipped; what was cut off can't be known.")
    if figures.dropouts.count:
        left.append(f"{figures.dropouts.count} holes, {figures.dropouts.total_s:g} s in all, hold no sound to restore.")
    return tuple(left)
