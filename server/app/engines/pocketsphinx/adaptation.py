"""Fitting a chunk's cepstra to the acoustic model, given a first guess at its words.

Two steps, both by maximum likelihood over the aligned model states:

* Vocal tract length: the frequency warp under which the sound is likeliest, likelihoods corrected for the
  change of volume (M. Pitz and H. Ney, "Vocal tract normalization equals linear transformation in cepstral
  space", IEEE Trans. Speech Audio Proc. 13, 2005).
* Constrained MLLR: an affine map of the cepstra, found row by row (M. Gales, "Maximum likelihood linear
  transformations for HMM-based speech recognition", Computer Speech & Language 12, 1998), drawn towards the
  identity so that a few seconds are enough. Slopes and curvatures are linear in the cepstra, hence share the
  map's matrix and, in return, help to estimate it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .acoustic_model import STREAMS, AcousticModel
from .frontend import CEPSTRA, Floats

_ROUNDS = 3
_SWEEPS = 5


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which model state each frame belongs to: codebook and senone number per frame."""

    codebooks: npt.NDArray[np.intp]
    senones: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class AffineMap:
    """A map of cepstra: y = matrix·x + shift."""

    matrix: Floats
    shift: Floats

    def apply(self, cepstra: Floats) -> Floats:
        """Mapped cepstra, same shape."""
        return cepstra @ self.matrix.T + self.shift


IDENTITY = AffineMap(np.eye(CEPSTRA), np.zeros(CEPSTRA))


def streams(cepstra: Floats) -> Floats:
    """Cepstra, slopes (over ±2 frames) and curvatures (over ±3), shape (3, frames, 13)."""
    padded = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge")
    slope = padded[5:-1] - padded[1:-5]
    curvature = (padded[6:] - padded[2:-4]) - (padded[4:-2] - padded[:-6])
    return np.stack([cepstra, slope, curvature])


def choose_warp(model: AcousticModel, warped: Floats, alignment: Alignment) -> int:
    """Index of the likeliest warp.

    Args:
        model: The Gaussians.
        warped: The chunk's cepstra under each warp, shape (warps, frames, 13), means removed.
        alignment: Model states of the frames.
    """
    features = [streams(candidate) for candidate in warped]
    volumes = [_log_volume(candidate) for candidate in features]
    scores = [
        _log_likelihood(model, candidate, alignment) + volume
        for candidate, volume in zip(features, volumes, strict=True)
    ]
    return int(np.argmax(scores))


def _log_volume(features: Floats) -> float:
    """How far the features spread, in the same unit as their log likelihood."""
    tiny = 1e-6 * np.eye(CEPSTRA)
    spreads = [float(np.linalg.slogdet(np.cov(stream.T) + tiny)[1]) for stream in features]
    return 0.5 * sum(spreads) * float(features.shape[1])


def estimate_map(model: AcousticModel, cepstra: Floats, alignment: Alignment, prior_frames: float) -> AffineMap:
    """The affine map under which the cepstra are likeliest.

    Args:
        model: The Gaussians.
        cepstra: Shape (frames, 13).
        alignment: Model states of the frames.
        prior_frames: How many frames of evidence the identity is worth.
    """
    best = IDENTITY
    for _ in range(_ROUNDS):
        squares, cross, count = _statistics(model, cepstra, best, alignment)
        best = _solve(squares, cross, count, best, prior_frames / len(cepstra))
    return best


def _scores(model: AcousticModel, frames: Floats, stream: int, codebook: int, senones: npt.NDArray[np.intp]) -> Floats:
    """Log of weight times density, shape (frames, Gaussians)."""
    precision, mean = model.precisions[codebook, stream], model.means[codebook, stream]
    constant = model.offsets[codebook, stream] - 0.5 * (precision * mean**2).sum(axis=1)
    density = frames @ (precision * mean).T - 0.5 * frames**2 @ precision.T + constant
    scores: Floats = density + model.log_weights[stream][:, senones].T
    return scores


def _log_likelihood(model: AcousticModel, frames: Floats, alignment: Alignment) -> float:
    total = 0.0
    for codebook in np.unique(alignment.codebooks):
        mine = alignment.codebooks == codebook
        for stream in range(STREAMS):
            scores = _scores(model, frames[stream, mine], stream, codebook, alignment.senones[mine])
            total += float(np.logaddexp.reduce(scores, axis=1).sum())
    return total


def _statistics(
    model: AcousticModel, cepstra: Floats, current: AffineMap, alignment: Alignment
) -> tuple[Floats, Floats, float]:
    """Sums of the EM auxiliary function: squares (13, 14, 14), cross terms (13, 14) and the Jacobian's weight."""
    squares, cross = np.zeros((CEPSTRA, CEPSTRA + 1, CEPSTRA + 1)), np.zeros((CEPSTRA, CEPSTRA + 1))
    raw, mapped = streams(cepstra), streams(current.apply(cepstra))
    for codebook in np.unique(alignment.codebooks):
        mine = alignment.codebooks == codebook
        for stream in range(STREAMS):
            scores = _scores(model, mapped[stream, mine], stream, codebook, alignment.senones[mine])
            posterior = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
            precision = model.precisions[codebook, stream]
            weight = posterior @ precision
            target = posterior @ (precision * model.means[codebook, stream])
            constant = np.full((int(mine.sum()), 1), float(stream == 0))
            frames = np.hstack([raw[stream, mine], constant])
            squares += np.einsum("ti,tj,tk->ijk", weight, frames, frames, optimize=True)
            cross += target.T @ frames
    return squares, cross, float(STREAMS * len(cepstra))


def _solve(squares: Floats, cross: Floats, count: float, start: AffineMap, prior: float) -> AffineMap:
    """Row-by-row maximisation with `prior` times the evidence's weight on the identity."""
    rows = np.hstack([start.matrix, start.shift[:, None]])
    identity = np.eye(CEPSTRA, CEPSTRA + 1)
    diagonal = np.einsum("ijj->ij", squares)[:, :, None] * np.eye(CEPSTRA + 1)
    inverses = np.linalg.inv(squares + prior * diagonal)
    cross = cross + prior * np.einsum("ijk,ik->ij", diagonal, identity)
    for _ in range(_SWEEPS):
        for i in range(CEPSTRA):
            cofactors = np.append(np.linalg.inv(rows[:, :CEPSTRA])[:, i], 0.0)
            rows[i] = _best_row(cofactors, cross[i], inverses[i], count)
    return AffineMap(rows[:, :CEPSTRA].copy(), rows[:, CEPSTRA].copy())


def _best_row(cofactors: Floats, cross: Floats, inverse: Floats, count: float) -> Floats:
    """Maximise count·log|cofactors·row| - row·squares·row/2 + cross·row; the better root of a quadratic."""
    curve = float(cofactors @ inverse @ cofactors)
    linear = float(cofactors @ inverse @ cross)
    root = np.sqrt(linear**2 + 4 * curve * count)
    candidates = [(-linear + sign * root) / (2 * curve) for sign in (1.0, -1.0)]
    gains = [count * np.log(abs(step * curve + linear)) - 0.5 * step**2 * curve for step in candidates]
    row: Floats = (candidates[int(np.argmax(gains))] * cofactors + cross) @ inverse
    return row
