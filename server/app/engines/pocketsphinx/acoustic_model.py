"""The Gaussians inside a PocketSphinx acoustic model, read from its files.

The model is "phonetically tied": each context-independent phone owns a codebook of Gaussians for each of three
streams (cepstra, their slopes, their curvatures), and each senone (tied HMM state) weighs its phone's codebook.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...errors import ModelMissing
from .frontend import CEPSTRA

STREAMS = 3
_VARIANCE_FLOOR = 1e-4
_WEIGHT_STEP = 1024 * np.log(1.0001)
"""Mixture weights are stored as bytes that count such steps down from log 1."""

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AcousticModel:
    """Parameters of the Gaussians.

    Attributes:
        phones: Codebook number of each phone.
        means: Shape (codebooks, streams, Gaussians, 13).
        precisions: One over the variances; same shape.
        offsets: Log of each Gaussian's normalising factor, shape (codebooks, streams, Gaussians).
        log_weights: Shape (streams, Gaussians, senones).
    """

    phones: dict[str, int]
    means: Floats32
    precisions: Floats32
    offsets: Floats32
    log_weights: Floats32


def read_acoustic_model(folder: Path) -> AcousticModel:
    """Read the Gaussians of a phonetically tied model.

    Raises:
        ModelMissing: The files are absent or not of this kind.
    """
    try:
        means = _read_gaussians(folder / "means")
        variances = np.maximum(_read_gaussians(folder / "variances"), _VARIANCE_FLOOR)
        log_weights = _read_weights(folder / "sendump", means.shape[2])
        phones = _read_phones(folder / "mdef", means.shape[0])
    except (OSError, ValueError) as error:
        raise ModelMissing(
            f"The acoustic model in {folder} can't be read: {error}.",
            hint="Install it again: pip install --force-reinstall 'pocketsphinx>=5.1'.",
        ) from error
    offsets = -0.5 * (np.log(variances).sum(axis=-1) + CEPSTRA * np.log(2 * np.pi))
    precisions = (1 / variances).astype(np.float32)
    return AcousticModel(phones, means, precisions, offsets.astype(np.float32), log_weights)


def _read_gaussians(path: Path) -> Floats32:
    """Sphinx-3 parameter file: text header, byte-order mark, shape, float32 values."""
    data = path.read_bytes()
    at = data.index(b"endhdr\n") + len(b"endhdr\n") + 4
    codebooks, streams, gaussians = np.frombuffer(data, "<i4", 3, at).tolist()
    at += 4 * (3 + streams + 1)
    if streams != STREAMS:
        raise ValueError(f"{path.name} has {streams} feature streams instead of {STREAMS}")
    values = np.frombuffer(data, "<f4", codebooks * streams * gaussians * CEPSTRA, at)
    return values.reshape(codebooks, streams, gaussians, CEPSTRA)


def _read_weights(path: Path, gaussians: int) -> Floats32:
    """Mixture weights, one byte each, after a header of length-prefixed texts."""
    data = path.read_bytes()
    at = 0
    while length := int.from_bytes(data[at : at + 4], "little"):
        at += 4 + length
    codewords, senones = np.frombuffer(data, "<i4", 2, at + 4).tolist()
    if codewords != gaussians:
        raise ValueError(f"{path.name} weighs {codewords} Gaussians instead of {gaussians}")
    steps = np.frombuffer(data, np.uint8, STREAMS * gaussians * senones, at + 12)
    log_weights: Floats32 = (-_WEIGHT_STEP * steps.reshape(STREAMS, gaussians, senones)).astype(np.float32)
    return log_weights


def _read_phones(path: Path, codebooks: int) -> dict[str, int]:
    """Names of the context-independent phones, which number the codebooks."""
    data = path.read_bytes()
    header = int.from_bytes(data[8:12], "little")
    at = 12 + header
    count = int.from_bytes(data[at : at + 4], "little")
    at += 4 * 10
    names = data[at : at + 64 * count].split(b"\0")[:count]
    if count != codebooks:
        raise ValueError(f"{path.name} has {count} phones for {codebooks} codebooks")
    return {name.decode("ascii"): number for number, name in enumerate(names)}
