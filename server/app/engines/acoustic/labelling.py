"""One recording's decision: from features and speech to a speaker for every block.

What happens when a recording ends:

1. speech is cut into blocks of 0.1 s and units of about 2 s (`segmentation`);
2. a background mixture learns how speech sounds in this recording (`mixture`);
3. units are clustered by Bayesian evidence into a few more clusters than there are speakers (`clustering`);
4. clusters become Gaussian mixtures that compete for the blocks and are joined while it pays (`merging`);
5. voices of the portions of a long recording are joined in the same way, and all speech is labelled once more.

Everything up to 4 happens within portions of at most 15 minutes of speech, so time and memory grow linearly.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..base import SpeakerCount
from .clustering import Sums, agglomerate, block_sums, dispersion, expected_scores
from .merging import Portion, Voice, best_union, joined, merge
from .mixture import Mixture, lift, train
from .products import Floats
from .resegmentation import best_path
from .segmentation import BLOCK_FRAMES, BLOCK_S, Bools, Ints, SpeechMap

_UNIT_S = 2.0
_PORTION_BLOCKS = 9000
_QUIET_SHARE = 0.3
"""Share of each unit's frames, the quietest, that tell more about the room than about the voice."""
_BACKGROUND_COMPONENTS = 16
_BACKGROUND_FRAMES = 40_000
_CAUTION = 2.0
"""Clustering doubles the measured dispersion: stretches far apart differ more than neighbours."""
_LEAST_CLUSTERS, _MOST_CLUSTERS = 4, 16
_CHANGE_COST = 3.0
_LEAST_TURN_BLOCKS = 10
_CLEAR_RANGE_DB, _DROWNED_RANGE_DB = 25.0, 8.0
"""Between the quietest and the louder frames of speech: in a silent room, and with noise 10 dB below speech."""


class Labelling:
    """The decision about one recording.

    Args:
        speech: Its speech, not empty.
        cepstra: Feature table, shape (frames, d).
        loudness: Mean log band energy of each frame.
        count: How many speakers to find.
        tick: Called at least every half second; may raise to stop the work.
    """

    def __init__(
        self,
        speech: SpeechMap,
        cepstra: npt.NDArray[np.float16],
        loudness: npt.NDArray[np.float16],
        count: SpeakerCount,
        tick: Callable[[], None],
    ) -> None:
        self._speech = speech
        self._cepstra = cepstra
        self._count = count
        self._tick = tick
        unit_s = min(_UNIT_S, max(0.5, len(speech) * BLOCK_S / (2 * count.minimum)))
        self._units = speech.units(unit_s)
        levels = loudness[speech.rows(0, len(speech))].astype(np.float32)
        self._used = self._louder(levels)
        self._noisiness = _noisiness(levels)
        sample = self._sample()
        self._mean = sample.mean(0)
        self._deviation = np.maximum(sample.std(0), np.float32(1e-3))
        sample = lift((sample - self._mean) / self._deviation)
        components = int(np.clip(len(sample) // 100, 1, _BACKGROUND_COMPONENTS))
        self._background: Mixture = train(sample, components, 3)

    def labels(self) -> Ints:
        """The speaker of each block."""
        ranges = self._speech.portions(_PORTION_BLOCKS)
        unit_sums = [self._portion(a, b, 1.0).sums.pieces(self._units_within(a, b) - a) for a, b in ranges]
        every = Sums(np.concatenate([s.weight for s in unit_sums]), np.concatenate([s.shift for s in unit_sums]))
        spread = _CAUTION * dispersion(every, ~self._speech.opens[self._units])
        voices: list[Voice] = []
        local = self._count if len(ranges) == 1 else SpeakerCount()
        for (begin, end), sums in zip(ranges, unit_sums, strict=True):
            portion = self._portion(begin, end, spread)
            labels = self._first_labels(portion, self._units_within(begin, end) - begin, sums, spread)
            labels, found = merge(portion, labels, local, self._noisiness)
            voices += found
        if len(ranges) > 1:
            voices = self._joined(voices)
        return self._final(ranges, voices, spread)

    def _first_labels(self, portion: Portion, firsts: Ints, units: Sums, spread: float) -> Ints:
        least = max(_LEAST_CLUSTERS, self._count.minimum)
        most = max(_MOST_CLUSTERS, self._count.minimum)
        found, _ = agglomerate(units.scaled(1 / spread), least, most, self._tick)
        labels = np.repeat(found, np.diff(np.append(firsts, len(portion.opens))))
        for _ in range(2):
            self._tick()
            scores = expected_scores(portion.sums, portion.sums.gathered(labels))
            fresh = best_path(scores, portion.opens, _LEAST_TURN_BLOCKS, _CHANGE_COST)
            fresh = np.unique(fresh, return_inverse=True)[1].astype(np.int64)
            if fresh.max() + 1 < min(least, labels.max() + 1):
                break
            joined, _ = agglomerate(portion.sums.gathered(fresh), least, most, self._tick)
            labels = joined[fresh]
        return labels

    def _joined(self, voices: list[Voice]) -> list[Voice]:
        """Voices of different portions that are one, joined."""
        voices = list(voices)
        while len(voices) > self._count.minimum:
            self._tick()
            union = best_union(voices, self._noisiness, self._tick)
            if union.score < 0 and (self._count.maximum is None or len(voices) <= self._count.maximum):
                break
            voices[union.first] = joined(voices[union.first], voices[union.second])
            del voices[union.second]
        return voices

    def _final(self, ranges: list[tuple[int, int]], voices: list[Voice], spread: float) -> Ints:
        """All blocks labelled by all voices; each voice asked for gets at least one unit."""
        labels, by_unit = [], []
        for begin, end in ranges:
            self._tick()
            scores = self._portion(begin, end, spread).scores([v.mixture for v in voices])
            labels.append(best_path(scores, self._speech.opens[begin:end], _LEAST_TURN_BLOCKS))
            by_unit.append(np.add.reduceat(scores, self._units_within(begin, end) - begin))
        return self._with_everybody(np.concatenate(labels), np.concatenate(by_unit))

    def _with_everybody(self, labels: Ints, scores: npt.NDArray[np.floating]) -> Ints:
        """Give speakers who were asked for, but won nothing, the unit that suits them best."""
        bounds = np.append(self._units, len(labels))
        wanted = min(self._count.minimum, len(self._units))
        margin = scores - scores.max(1, keepdims=True)
        for voice in range(wanted):
            owner = labels[bounds[:-1]]
            present = np.bincount(owner, minlength=max(scores.shape[1], wanted))
            if len(np.unique(labels)) >= wanted or present[voice]:
                continue
            suits = margin[:, voice] if voice < scores.shape[1] else margin.min(1)
            unit = int(np.where(present[owner] > 1, suits, -np.inf).argmax())
            labels[bounds[unit] : bounds[unit + 1]] = voice
        return labels

    def _portion(self, begin: int, end: int, spread: float) -> Portion:
        rows = self._speech.rows(begin, end)
        lifted = lift((self._cepstra[rows].astype(np.float32) - self._mean) / self._deviation)
        used = self._used[begin * BLOCK_FRAMES : end * BLOCK_FRAMES]
        sums = block_sums(self._background, lifted, used).scaled(1 / spread)
        return Portion(lifted, used, self._speech.opens[begin:end], sums, self._tick)

    def _units_within(self, begin: int, end: int) -> Ints:
        return self._units[(self._units >= begin) & (self._units < end)]

    def _louder(self, levels: Floats) -> Bools:
        """Which frames of the speech count: in each unit, all but the quietest."""
        bounds = np.append(self._units, len(self._speech)) * BLOCK_FRAMES
        used = np.empty(len(levels), bool)
        for begin, end in pairwise(bounds):
            used[begin:end] = levels[begin:end] >= np.quantile(levels[begin:end], _QUIET_SHARE)
        return used

    def _sample(self) -> Floats:
        rows = self._speech.rows(0, len(self._speech))[self._used]
        step = max(1, len(rows) // _BACKGROUND_FRAMES)
        return self._cepstra[rows[::step]].astype(np.float32)


def _noisiness(levels: Floats) -> float:
    """How far noise fills the gaps within speech: 0 in clean sound, 1 with noise 10 dB below speech."""
    quiet, loud = np.quantile(levels, (0.1, 0.8))
    range_db = 10 * float(loud - quiet) / np.log(10)
    return float(np.clip((_CLEAR_RANGE_DB - range_db) / (_CLEAR_RANGE_DB - _DROWNED_RANGE_DB), 0, 1))
