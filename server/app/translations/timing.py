"""How the clock of a subtitle file differs from the recording's: by an offset, a speed, or both.

Subtitles begin where somebody begins to speak. So the beginnings of the cues, laid over the beginnings of segments,
tell the difference: coarsely by correlation, for each speed that occurs in practice (film shown at television's rate
and back) and speeds around the best, then finely by a straight line through the beginnings that meet.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..domain.transcript import Transcript
from .base import Cue, Retiming

Times = npt.NDArray[np.float64]

_RATES = (24000 / 1001, 24.0, 25.0)
_RATIOS = tuple(sorted({round(one / two, 9) for one in _RATES for two in _RATES}))
_STEP_S = 0.1
_MOST_STEPS = 400_000
"""Recordings of more than eleven hours are looked at in coarser steps."""
_BLUR = (0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25)
"""How much a beginning that misses by so many steps still counts, the middle being none."""
_FINE_RATIOS = 24
_FINE_REACH = 0.002
_FEWEST = 5
"""With fewer cues the clock is taken for ours."""
_PAUSE_S = 0.4
_MEETS_S = 0.3
_GAIN = 0.12
"""Correct times only when so many more beginnings meet, as a part of all; chance does not do that."""
_ENOUGH = 0.3
_LIMITS_S = (2.0, 1.0, 0.5, 0.5)
_SMALLEST_OFFSET_S = 0.05
_SMALLEST_DRIFT_S = 0.1


def estimate(cues: Sequence[Cue], transcript: Transcript) -> Retiming:
    """How to correct the times of cues so that they meet the speech; no correction where none helps clearly."""
    starts = np.array(sorted({cue.start_s for cue in cues}))
    onsets = _onsets(transcript)
    if len(starts) < _FEWEST or len(onsets) < _FEWEST:
        return Retiming()
    already = _meeting(starts, onsets)
    found = _refined(starts, onsets, _coarse(starts, onsets))
    better = _meeting(starts * found.ratio + found.offset_s, onsets)
    if better < max(_ENOUGH, already + _GAIN):
        found = _refined(starts, onsets, Retiming()) if already >= _ENOUGH else Retiming()
    return _rounded(found, starts)


def _onsets(transcript: Transcript) -> Times:
    """When somebody begins to speak: starts of segments, and of words after a pause."""
    found = {segment.start_s for segment in transcript.segments}
    for segment in transcript.segments:
        for one, two in zip(segment.words, segment.words[1:], strict=False):
            if two.start_s - one.end_s >= _PAUSE_S:
                found.add(two.start_s)
    return np.array(sorted(found))


def _coarse(starts: Times, onsets: Times) -> Retiming:
    step_s = max(_STEP_S, float(max(starts[-1] - starts[0], onsets[-1])) / _MOST_STEPS)
    speech = np.convolve(_impulses(onsets, step_s), _BLUR, "same")
    longest = len(speech) + len(_impulses((starts - starts[0]) * _RATIOS[-1] * (1 + _FINE_REACH), step_s))
    size = 1 << int(np.ceil(np.log2(longest)))
    spectrum = np.fft.rfft(speech, size)

    def correlated(ratio: float) -> tuple[float, Retiming]:
        """The offset at which most beginnings meet at a speed, and how well they do."""
        first_s = float(starts[0]) * ratio
        cues = _impulses(starts * ratio - first_s, step_s)
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(cues, size)), size)
        best = int(np.argmax(product))
        lag = best if best < len(speech) else best - size
        return float(product[best]), Retiming(lag * step_s - first_s, ratio)

    usual = max(map(correlated, _RATIOS), key=lambda found: found[0])
    around = usual[1].ratio * (1 + np.linspace(-_FINE_REACH, _FINE_REACH, 2 * _FINE_RATIOS + 1))
    return max((usual, *(correlated(float(ratio)) for ratio in around)), key=lambda found: found[0])[1]


def _impulses(times: Times, step_s: float) -> Times:
    steps = np.rint(times / step_s).astype(np.int64)
    track = np.zeros(int(steps[-1]) + len(_BLUR))
    track[steps] = 1.0
    return track


def _refined(starts: Times, onsets: Times, found: Retiming) -> Retiming:
    """A straight line through the beginnings that meet, with less and less tolerance."""
    for limit_s in _LIMITS_S:
        moved = starts * found.ratio + found.offset_s
        nearest = _nearest(moved, onsets)
        meets = np.abs(nearest - moved) <= limit_s
        if meets.sum() < _FEWEST:
            break
        found = _line(starts[meets], nearest[meets], found)
    return found


def _line(times: Times, wanted: Times, before: Retiming) -> Retiming:
    middle = float(times.mean())
    spread = float(((times - middle) ** 2).sum())
    residual = wanted - (times * before.ratio + before.offset_s)
    slope = float(((times - middle) * residual).sum()) / spread if spread else 0.0
    ratio = before.ratio + slope
    return Retiming(float(wanted.mean()) - ratio * middle, ratio)


def _nearest(times: Times, onsets: Times) -> Times:
    after = np.clip(np.searchsorted(onsets, times), 1, len(onsets) - 1)
    before = onsets[after - 1]
    return np.where(times - before <= onsets[after] - times, before, onsets[after])


def _meeting(times: Times, onsets: Times) -> float:
    """Part of the times that meet an onset."""
    return float((np.abs(_nearest(times, onsets) - times) <= _MEETS_S).mean())


def _rounded(found: Retiming, starts: Times) -> Retiming:
    """The correction without what is too small to matter."""
    drift_s = abs(found.ratio - 1.0) * float(starts[-1] - starts[0])
    if drift_s < _SMALLEST_DRIFT_S:
        found = Retiming(found.offset_s + (found.ratio - 1.0) * float(starts.mean()))
    offset_s = 0.0 if abs(found.offset_s) < _SMALLEST_OFFSET_S else round(found.offset_s, 3)
    return Retiming(offset_s, found.ratio if found.ratio == 1.0 else round(found.ratio, 7))
