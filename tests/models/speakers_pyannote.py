"""Makes a minimal pyannote pipeline: a small PyanNet, and an x-vector network fitted in closed form.

Both know voices such as those of `tests/engines/acoustic/voices.py` and nothing else, but are loaded and run by
pyannote.audio like any of its own. With `pyannote.audio` installed:

    python -m tests.models.speakers_pyannote FOLDER     # the pipeline; takes seconds
    python -m tests.models.speakers_pyannote --train    # fit the PyanNet anew; takes two minutes

The fitted PyanNet lies beside this file, so that every machine tests with the same one. The chance is seeded.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # before the import: see docs/decisions/0008-speaker-engines.md

import numpy as np
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import XVectorMFCC
from pyannote.audio.models.segmentation import PyanNet
from torch.nn.functional import nll_loss

from ..engines.acoustic.voices import HIGH, LOW, FormantVoice

FITTED = Path(__file__).with_name("speakers_segmentation.bin")

_RATE_HZ = 16_000
_WINDOW_S = 5.0
_CROP_S = 2.5
_STEPS, _BATCH = 220, 16
_DIMENSION = 32

CONFIG = """\
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: AgglomerativeClustering
    segmentation: $model/segmentation
    embedding: $model/embedding
    embedding_batch_size: 8
    embedding_exclude_overlap: true
    segmentation_step: 0.2
    segmentation_batch_size: 8
params:
  clustering: {method: centroid, min_cluster_size: 3, threshold: 0.9}
  segmentation: {min_duration_off: 0.0}
"""


def make_pyannote_pipeline(folder: Path) -> Path:
    """Write the pipeline into a folder, as `config.yaml` and two checkpoints."""
    (folder / "segmentation").mkdir(parents=True, exist_ok=True)
    shutil.copy(FITTED, folder / "segmentation" / "pytorch_model.bin")
    _save(_embedding(), folder / "embedding" / "pytorch_model.bin")
    (folder / "config.yaml").write_text(CONFIG)
    return folder


def _segmentation() -> PyanNet:
    """Says who of two speaks: the deep voice, the high one, both, or nobody."""
    torch.manual_seed(7)
    model = PyanNet(lstm={"hidden_size": 24, "num_layers": 1}, linear={"hidden_size": 24, "num_layers": 1})
    model.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=_WINDOW_S,
        classes=["deep", "high"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    model.build()
    chance = np.random.default_rng(7)
    voices = [voice.say(60.0, seed=n) for n, voice in enumerate((LOW, HIGH))]
    samples = round(_CROP_S * _RATE_HZ)
    frames = model.num_frames(samples)
    centres = np.array([model.receptive_field_center(frame) for frame in range(frames)]).clip(0, samples - 1)
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    model.train()
    for _ in range(_STEPS):
        sound, active = zip(*(_mixture(chance, voices, samples) for _ in range(_BATCH)), strict=True)
        classes = torch.from_numpy(np.stack([a[0, centres] + 2 * a[1, centres] for a in active]).astype(np.int64))
        scores = model(torch.from_numpy(np.stack(sound)[:, None]))
        loss = nll_loss(scores.flatten(0, 1), classes.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"segmentation: loss {float(loss):.3f}")
    return model.eval()


def _mixture(chance: np.random.Generator, voices: list[np.ndarray], samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Some seconds in which the voices come and go; and when each is heard, shape (voices, samples)."""
    active = np.zeros((len(voices), samples), np.int64)
    sound = chance.standard_normal(samples) * 1e-3
    for n, voice in enumerate(voices):
        at = chance.integers(0, len(voice) - samples)
        begin, end = np.sort(chance.integers(-samples // 2, samples + samples // 2, 2)).clip(0, samples)
        if chance.random() < 0.35:
            begin = end
        active[n, begin:end] = 1
        sound += voice[at : at + samples] * active[n] * chance.uniform(0.5, 1.5)
    return sound.astype(np.float32), active


def _embedding() -> XVectorMFCC:
    """Random features of the spectrum, seen from the average of some voices: voices differ in direction."""
    torch.manual_seed(7)
    model = XVectorMFCC(mfcc={"log_mels": True}, dimension=_DIMENSION)
    model.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=_WINDOW_S
    )
    model.build()
    model.eval()
    voices = [
        FormantVoice(pitch, throat, tilt)
        for pitch, throat, tilt in ((90, 0.88, -12), (120, 0.96, -6), (150, 1.0, -9), (180, 1.08, -12), (220, 1.12, -6))
    ]
    with torch.inference_mode():
        sound = np.stack([voice.say(6.0, seed=50 + n) for n, voice in enumerate(voices)])
        average = model(torch.from_numpy(sound[:, None])).mean(0)
    with torch.no_grad():
        model.embedding.bias -= average
    return model


def _save(model: PyanNet | XVectorMFCC, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": "2.4.0",
    }
    model.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "--train":
        _save(_segmentation(), FITTED)
    else:
        make_pyannote_pipeline(Path(sys.argv[1]))
