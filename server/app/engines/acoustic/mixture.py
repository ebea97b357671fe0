"""Mixtures of Gaussians with diagonal covariances: how one voice, or all of them, sounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .products import Floats, cross_sums, product

_FLOOR = np.float32(0.02)
"""Least variance, relative to the recording's own (features are normalised to 1)."""
_SPREAD = np.float32(0.3)
_NEGLIGIBLE = np.float32(-50)
"""Log of a share that changes nothing. Smaller ones become denormal numbers, which processors multiply slowly."""
_LOG_2PI = float(np.log(2 * np.pi))


def lift(frames: Floats) -> Floats:
    """Frames (n, d) as (n, 2d + 1): themselves, their squares, and 1.

    A Gaussian's log density is a scalar product with this, and its statistics are sums of this, so each is one
    matrix product.
    """
    return np.hstack((frames, frames * frames, np.ones((len(frames), 1), np.float32)))


@dataclass(frozen=True, slots=True)
class Mixture:
    """Weights (m,), means (m, d) and variances (m, d). Frames are given as `lift` returns them."""

    weights: Floats
    means: Floats
    variances: Floats

    def __len__(self) -> int:
        return len(self.weights)

    def responsibilities(self, lifted: Floats) -> tuple[Floats, Floats]:
        """Log likelihood of each frame, and the share each component has in it, shape (frames, m)."""
        shares = product(lifted, self._coefficients())
        top = shares.max(1, keepdims=True)
        shares -= top
        np.maximum(shares, _NEGLIGIBLE, out=shares)
        np.exp(shares, out=shares)
        total = shares.sum(1, keepdims=True)
        shares /= total
        return (top + np.log(total))[:, 0], shares

    def log_likelihood(self, lifted: Floats) -> Floats:
        """Log likelihood of each frame, shape (frames,)."""
        logs = product(lifted, self._coefficients())
        top = logs.max(1, keepdims=True)
        logs -= top
        np.maximum(logs, _NEGLIGIBLE, out=logs)
        np.exp(logs, out=logs)
        return np.asarray((top + np.log(logs.sum(1, keepdims=True)))[:, 0], np.float32)

    def refined(self, lifted: Floats, rounds: int) -> Mixture:
        """The mixture after some rounds of expectation maximisation on the frames."""
        mixture = self
        dimensions = self.means.shape[1]
        for _ in range(rounds):
            _, shares = mixture.responsibilities(lifted)
            sums = cross_sums(shares, lifted)
            weight = sums[:, -1] + np.float32(1e-3)
            means = sums[:, :dimensions] / weight[:, None]
            variances = np.maximum(sums[:, dimensions:-1] / weight[:, None] - means**2, _FLOOR)
            mixture = Mixture(weight / weight.sum(), means, variances)
        return mixture

    def joined(self, other: Mixture, share: float) -> Mixture:
        """All components of both; `share` in 0..1 is the weight that this one keeps."""
        mine, theirs = np.float32(share), np.float32(1 - share)
        return Mixture(
            np.concatenate((self.weights * mine, other.weights * theirs)),
            np.concatenate((self.means, other.means)),
            np.concatenate((self.variances, other.variances)),
        )

    def _coefficients(self) -> Floats:
        """What lifted frames are multiplied with to give log weight times density, shape (2d + 1, m)."""
        precision = 1 / self.variances
        constant = np.log(self.weights) - 0.5 * (
            (np.log(self.variances) + _LOG_2PI).sum(1) + (self.means**2 * precision).sum(1)
        )
        return np.hstack((self.means * precision, -0.5 * precision, constant[:, None])).T.astype(np.float32)


def train(lifted: Floats, components: int, rounds: int = 2) -> Mixture:
    """A mixture grown from one Gaussian by splitting the heaviest components. Involves no chance."""
    dimensions = lifted.shape[1] // 2
    average = lifted.mean(0)
    mean, square = average[:dimensions], average[dimensions:-1]
    mixture = Mixture(np.ones(1, np.float32), mean[None], np.maximum(square - mean**2, _FLOOR)[None])
    while len(mixture) < components:
        heavy = np.argsort(-mixture.weights, kind="stable")[: min(components - len(mixture), len(mixture))]
        step = _SPREAD * np.sqrt(mixture.variances[heavy])
        weights, means = mixture.weights.copy(), mixture.means.copy()
        weights[heavy] /= 2
        means[heavy] -= step
        mixture = Mixture(
            np.concatenate((weights, weights[heavy])),
            np.concatenate((means, mixture.means[heavy] + step)),
            np.concatenate((mixture.variances, mixture.variances[heavy])),
        ).refined(lifted, rounds)
    return mixture.refined(lifted, rounds)
