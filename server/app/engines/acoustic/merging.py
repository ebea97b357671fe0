"""Voices as Gaussian mixtures that compete for the speech, and are joined while two of them say the same.

After Ajmera and Wooters, "A robust speaker clustering algorithm" (2003): a joint voice has as many Gaussians as
the two had together, so the likelihoods compare without a penalty for complexity. That comparison is sharp in
clean sound, but in noise two voices share so much noise that joining them always seems to pay; the Bayesian
evidence of `clustering` weighs frames by what they tell about voices, and is added to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..base import SpeakerCount
from .clustering import Sums, union_gain
from .mixture import Mixture, train
from .products import Floats
from .resegmentation import best_path
from .segmentation import BLOCK_FRAMES, Bools, Ints

_FRAMES_PER_COMPONENT = 500
_MOST_COMPONENTS = 16
_MOST_FRAMES = 6000
"""A minute of voice is enough to compare; more would only cost time and make comparisons over-sharp."""
_LEAST_FRAMES = 40
_BRIEF_FRAMES = 100
"""Voices heard for less are never kept apart unless that many speakers were asked for."""
_ROUNDS = 4
_NEAREST = 8
_GLIMPSE_FRAMES = 1000
_EVIDENCE_WEIGHT = 10.0
"""How much evidence counts against likelihood where noise is as loud as can be."""
_GAP, _GAP_FRAMES, _GAP_PER_FRAME = 500.0, 7000, 1.2
"""Two voices are kept apart when a joint one fits worse by this, or by this per frame of the smaller. A voice
drifts over time, so the first is in proportion to all voices' frames until they are that many."""
_LEAST_TURN_BLOCKS = 15
_BETTER_THAN_ANY = 1e12


@dataclass(frozen=True, slots=True)
class Portion:
    """Some minutes of speech to be labelled.

    Attributes:
        lifted: Normalised features as `mixture.lift` returns them, `BLOCK_FRAMES` rows per block.
        used: Which frames count.
        opens: Which blocks begin a span.
        sums: Sums per block, divided by the recording's dispersion.
        tick: Called at least every half second of work; may raise to stop it.
    """

    lifted: Floats
    used: Bools
    opens: Bools
    sums: Sums
    tick: Callable[[], None]

    def scores(self, voices: list[Mixture]) -> Floats:
        """Log likelihood of each block for each voice."""
        heard = self.lifted[self.used]
        block = np.flatnonzero(self.used) // BLOCK_FRAMES
        columns = []
        for voice in voices:
            self.tick()
            columns.append(np.bincount(block, voice.log_likelihood(heard), len(self.opens)))
        return np.stack(columns, 1).astype(np.float32)

    def selected(self, blocks: Bools) -> Floats:
        """Used frames of the marked blocks, lifted."""
        return self.lifted[np.repeat(blocks, BLOCK_FRAMES) & self.used]


@dataclass(frozen=True, slots=True)
class Voice:
    """One cluster: its mixture, a sample of its frames, and its sums for as many frames as the sample has."""

    mixture: Mixture
    frames: Floats
    sums: Sums

    @property
    def fit(self) -> float:
        """Log likelihood of the sample."""
        return float(self.mixture.log_likelihood(self.frames).sum())


def sample(frames: Floats) -> Floats:
    """At most a minute's worth of frames, evenly spread."""
    if len(frames) <= _MOST_FRAMES:
        return frames
    return frames[np.linspace(0, len(frames) - 1, _MOST_FRAMES).astype(np.int64)]


def trained_voices(portion: Portion, labels: Ints, before: list[Mixture] | None = None) -> list[Voice]:
    """A voice per label; `before` has the mixtures to begin from."""
    voices = []
    for k, sums in enumerate(_split(portion.sums.gathered(labels))):
        portion.tick()
        heard = portion.selected(labels == k)
        frames = sample(heard)
        components = int(np.clip(round(len(heard) / _FRAMES_PER_COMPONENT), 1, _MOST_COMPONENTS))
        if before and len(before[k]) <= _MOST_COMPONENTS:
            mixture = before[k].refined(frames, _ROUNDS)
        else:
            mixture = train(frames, components)
        voices.append(Voice(mixture, frames, sums.scaled(len(frames) / max(1, len(heard)))))
    return voices


def _split(sums: Sums) -> list[Sums]:
    return [Sums(sums.weight[k : k + 1], sums.shift[k : k + 1]) for k in range(len(sums))]


@dataclass(frozen=True, slots=True)
class Union:
    """Two voices that might be one. `score` above 0 says that they are."""

    first: int
    second: int
    score: float
    mixture: Mixture


def best_union(voices: list[Voice], noisiness: float, tick: Callable[[], None]) -> Union:
    """The two voices that are most likely one, out of the nearest pairs.

    Args:
        voices: At least two.
        noisiness: How much noise drowns voices, 0..1: how far evidence is trusted besides likelihood.
        tick: Called at least every half second of work; may raise to stop it.
    """
    pairs = _nearest_pairs(voices)
    gap = _GAP * min(1.0, sum(len(v.frames) for v in voices) / _GAP_FRAMES)
    unions = []
    for i, j in pairs:
        tick()
        unions.append(_union(voices, i, j, noisiness, gap))
    return max(unions, key=lambda u: u.score)


def _union(voices: list[Voice], i: int, j: int, noisiness: float, gap: float) -> Union:
    a, b = voices[i], voices[j]
    frames = np.concatenate((a.frames, b.frames))
    mixture = a.mixture.joined(b.mixture, len(a.frames) / len(frames)).refined(frames, _ROUNDS + 1)
    gain = float(mixture.log_likelihood(frames).sum()) - a.fit - b.fit
    both = Sums(np.concatenate((a.sums.weight, b.sums.weight)), np.concatenate((a.sums.shift, b.sums.shift)))
    smaller = min(len(a.frames), len(b.frames))
    score = gain + _EVIDENCE_WEIGHT * noisiness * union_gain(both, 0, 1)
    score += min(gap, _GAP_PER_FRAME * smaller)
    if smaller < _BRIEF_FRAMES:
        score += _BETTER_THAN_ANY
    return Union(i, j, score, mixture)


def joined(a: Voice, b: Voice) -> Voice:
    """One voice out of two that are no longer tied to blocks."""
    both = np.concatenate((a.frames, b.frames))
    frames = sample(both)
    share = len(frames) / len(both)
    sums = Sums(a.sums.weight + b.sums.weight, a.sums.shift + b.sums.shift).scaled(share)
    components = int(np.clip(round(len(frames) / _FRAMES_PER_COMPONENT), 1, _MOST_COMPONENTS))
    return Voice(train(frames, components), frames, sums)


def _nearest_pairs(voices: list[Voice]) -> list[tuple[int, int]]:
    """Pairs whose frames fit each other's mixtures best."""
    count = len(voices)
    glimpses = [w.frames[:: max(1, len(w.frames) // _GLIMPSE_FRAMES)] for w in voices]
    cross = np.array([[v.mixture.log_likelihood(g).mean() for v in voices] for g in glimpses])
    loss = np.diag(cross)[:, None] - cross
    first, second = np.triu_indices(count, 1)
    order = np.argsort((loss + loss.T)[first, second], kind="stable")[:_NEAREST]
    return [(int(first[o]), int(second[o])) for o in order]


def merge(portion: Portion, labels: Ints, count: SpeakerCount, noisiness: float) -> tuple[Ints, list[Voice]]:
    """Let voices compete for the blocks, join the most alike, and repeat while that is an improvement.

    Returns:
        Labels from 0 without gaps, and the voice of each.
    """
    voices = trained_voices(portion, labels)
    while True:
        for _ in range(2):
            labels, voices = _compete(portion, labels, voices, count.minimum)
        if len(voices) <= count.minimum:
            return labels, voices
        union = best_union(voices, noisiness, portion.tick)
        if union.score < 0 and (count.maximum is None or len(voices) <= count.maximum):
            return labels, voices
        labels = np.where(labels == union.second, union.first, labels)
        mixtures = [union.mixture if k == union.first else v.mixture for k, v in enumerate(voices)]
        del mixtures[union.second]
        labels = labels - (labels > union.second)
        voices = trained_voices(portion, labels, mixtures)


def _compete(portion: Portion, labels: Ints, voices: list[Voice], minimum: int) -> tuple[Ints, list[Voice]]:
    """Relabel the blocks; voices that win next to nothing are dropped, unless too few would be left."""
    scores = portion.scores([v.mixture for v in voices])
    fresh = best_path(scores, portion.opens, _LEAST_TURN_BLOCKS)
    heard = portion.used.reshape(-1, BLOCK_FRAMES).sum(1)
    kept = np.flatnonzero(np.bincount(fresh, heard, len(voices)) >= _LEAST_FRAMES)
    if len(kept) < min(minimum, len(voices)) or len(kept) == 0:
        return labels, voices
    if len(kept) < len(voices):
        fresh = best_path(scores[:, kept], portion.opens, _LEAST_TURN_BLOCKS)
        present, fresh = np.unique(fresh, return_inverse=True)
        kept = kept[present]
    return fresh, trained_voices(portion, fresh, [voices[k].mixture for k in kept])
