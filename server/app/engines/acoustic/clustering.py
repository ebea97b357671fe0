"""Bayesian clustering of stretches of speech: are two of them one voice or two?

A voice is a shift of the means of a background mixture that was trained on the whole recording, as in Reynolds
et al., "Speaker verification using adapted Gaussian mixture models" (2000). The shifts have a Gaussian prior,
so the evidence for a cluster has a closed form in sums over its frames, and joining two clusters pays when the
evidence of the union exceeds the sum of their evidences. Surplus clusters cost evidence by themselves: there is
no penalty to tune.

Neighbouring frames say much the same, and each stretch has its own sounds besides its voice. How much more
stretches of one voice differ than independent frames would is measured on neighbouring stretches of the
recording itself; all sums are divided by that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .mixture import Mixture
from .products import Floats, product
from .segmentation import BLOCK_FRAMES, Bools, Ints

_PRIOR_FRAMES = 8.0
"""Weight of the prior, in effective frames."""
_MOST_PAIRS = 400
_USUAL_DISPERSION = 2.5


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the frames of some stretches or clusters, per component of the background mixture.

    Attributes:
        weight: Effective number of frames, shape (stretches, m).
        shift: Sum of the frames' normalised distances from the means, shape (stretches, m, d).
    """

    weight: Floats
    shift: Floats

    def __len__(self) -> int:
        return len(self.weight)

    def gathered(self, labels: Ints) -> Sums:
        """Sums per label; labels run from 0 without gaps."""
        order = np.argsort(labels, kind="stable")
        firsts = np.searchsorted(labels[order], np.arange(int(labels.max()) + 1))
        return Sums(self.weight[order], self.shift[order]).pieces(firsts)

    def pieces(self, firsts: Ints) -> Sums:
        """Sums over runs of stretches; each run begins at one of `firsts` and ends before the next."""
        return Sums(np.add.reduceat(self.weight, firsts), np.add.reduceat(self.shift, firsts))

    def scaled(self, factor: float) -> Sums:
        """As if there had been `factor` times as many frames."""
        return Sums(self.weight * np.float32(factor), self.shift * np.float32(factor))


def block_sums(background: Mixture, lifted: Floats, used: Bools) -> Sums:
    """Sums for each block of frames, counting only the frames marked as used."""
    blocks, dimensions = len(lifted) // BLOCK_FRAMES, background.means.shape[1]
    _, shares = background.responsibilities(lifted)
    shares *= used[:, None]
    by_block = shares.reshape(blocks, BLOCK_FRAMES, -1).transpose(0, 2, 1)
    sums = by_block @ lifted.reshape(blocks, BLOCK_FRAMES, -1)
    weight = sums[:, :, -1]
    shift = sums[:, :, :dimensions] - weight[:, :, None] * background.means
    return Sums(weight.copy(), np.asarray(shift / np.sqrt(background.variances), np.float32))


def dispersion(stretches: Sums, follows: Bools) -> float:
    """How many times more neighbouring stretches differ than independent frames would.

    Most neighbours share a speaker, so the median over pairs hardly minds those that do not.

    Args:
        stretches: Sums of stretches in order of time.
        follows: Whether a stretch follows its predecessor without a pause.
    """
    pairs = np.flatnonzero(follows[1:])
    pairs = pairs[:: max(1, len(pairs) // _MOST_PAIRS)]
    ratios = []
    for i in pairs:
        a, b = stretches.weight[i], stretches.weight[i + 1]
        heard = (a > 2) & (b > 2)
        if heard.sum() >= 3:
            a, b = a[heard, None], b[heard, None]
            difference = stretches.shift[i][heard] / a - stretches.shift[i + 1][heard] / b
            ratios.append(float((difference**2 / (1 / a + 1 / b)).mean()))
    return max(1.0, float(np.median(ratios))) if len(ratios) > 4 else _USUAL_DISPERSION


def evidence(weight: Floats, length: Floats, dimensions: int) -> Floats:
    """Log evidence that clusters are voices of their own, against the background alone.

    Args:
        weight: Shape (..., m), as in `Sums`.
        length: Squared length of the shift per component, shape (..., m).
        dimensions: Features per frame.
    """
    total = weight + np.float32(_PRIOR_FRAMES)
    fit = (length / total).sum(-1)
    width = dimensions * np.log(total / np.float32(_PRIOR_FRAMES)).sum(-1)
    return np.asarray(0.5 * (fit - width), np.float32)


def union_gain(sums: Sums, i: int, j: int) -> float:
    """How much joining clusters `i` and `j` changes the evidence."""
    weight = np.stack((sums.weight[i], sums.weight[j], sums.weight[i] + sums.weight[j]))
    shift = np.stack((sums.shift[i], sums.shift[j], sums.shift[i] + sums.shift[j]))
    each = evidence(weight, (shift**2).sum(-1), shift.shape[-1])
    return float(each[2] - each[0] - each[1])


def expected_scores(blocks: Sums, clusters: Sums) -> Floats:
    """Expected log likelihood of each block for each cluster's voice, relative to the background."""
    total = clusters.weight + np.float32(_PRIOR_FRAMES)
    means = clusters.shift / total[..., None]
    power = (means**2).sum(2) + means.shape[2] / total
    linear = product(blocks.shift.reshape(len(blocks), -1), means.reshape(len(clusters), -1).T)
    return linear - np.float32(0.5) * product(blocks.weight, power.T)


def agglomerate(sums: Sums, least: int, most: int, tick: Callable[[], None] = lambda: None) -> tuple[Ints, int]:
    """Join the two clusters whose union gains most evidence, again and again.

    Stops when no union gains and at most `most` clusters are left, or when `least` are. Takes time cubic in the
    number of stretches with a small constant: give it some hundreds.

    Returns:
        Labels from 0 without gaps, and their number.
    """
    state = _Agglomeration(sums)
    while state.alive.sum() > least:
        tick()
        i, j = divmod(int(state.gains.argmax()), len(sums))
        if state.gains[i, j] < 0 and state.alive.sum() <= most:
            break
        state.join(i, j)
    labels = np.unique(state.labels, return_inverse=True)[1].astype(np.int64)
    return labels, int(labels.max()) + 1


class _Agglomeration:
    """Clusters as they grow; scalar products of shifts stand in for the shifts themselves."""

    def __init__(self, sums: Sums) -> None:
        count = len(sums)
        self.labels = np.arange(count)
        self.alive = np.ones(count, bool)
        self._dimensions = sums.shift.shape[2]
        self._weight = sums.weight.copy()
        by_component = sums.shift.transpose(1, 0, 2)
        self._products = np.ascontiguousarray((by_component @ by_component.transpose(0, 2, 1)).transpose(1, 2, 0))
        own = self._products[np.arange(count), np.arange(count)]
        self._evidence = evidence(self._weight, own, self._dimensions)
        self.gains: npt.NDArray[np.float32] = np.full((count, count), -np.inf, np.float32)
        for i in range(count):
            self._rate(i)

    def join(self, i: int, j: int) -> None:
        """Put cluster `j` into cluster `i`."""
        self._weight[i] += self._weight[j]
        self._products[i] += self._products[j]
        self._products[:, i] += self._products[:, j]
        self._evidence[i] = evidence(self._weight[i], self._products[i, i], self._dimensions)
        self.labels[self.labels == j] = i
        self.alive[j] = False
        self.gains[j] = -np.inf
        self.gains[:, j] = -np.inf
        self._rate(i)

    def _rate(self, i: int) -> None:
        others = np.flatnonzero(self.alive)
        others = others[others != i]
        own = self._products[others, others] + self._products[i, i]
        union = evidence(self._weight[i] + self._weight[others], own + 2 * self._products[i, others], self._dimensions)
        self.gains[i, others] = union - self._evidence[i] - self._evidence[others]
        self.gains[others, i] = self.gains[i, others]
