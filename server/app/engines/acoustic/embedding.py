"""A vector for each speaker: the average and the spread of the cepstra of their speech."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .features import CEPSTRA

MODEL = "audapolis-cepstra-1"
"""Name of the vector space. Changes whenever vectors stop being comparable with earlier ones."""

_SCALE = 4.0 / np.sqrt(np.arange(1, CEPSTRA + 1))
"""Typical standard deviation of each cepstrum over speech."""


def voice_vector(cepstra: npt.NDArray[np.floating]) -> tuple[float, ...]:
    """Unit-length vector of a voice; gain does not change it. Voices on the same channel are comparable.

    Args:
        cepstra: Rows of the speaker's frames, not normalised; empty gives an empty vector.
    """
    if len(cepstra) == 0:
        return ()
    rows = cepstra.astype(np.float64)
    vector = np.concatenate((rows.mean(0) / _SCALE, np.log(rows.std(0) / _SCALE + 1e-3)))
    length = float(np.linalg.norm(vector))
    return tuple(float(v) for v in vector / length) if length > 0 else ()
