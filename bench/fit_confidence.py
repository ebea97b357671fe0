"""Fit the embedded recogniser's confidence: `python -m bench.fit_confidence FOLDER [FOLDER/SET …]`.

FOLDER holds recordings and a `manifest.json` with their true text. Every heard word is judged right or wrong by
the alignment of word error; a logistic model is fitted to that. Printed are the numbers to put into
`engines/pocketsphinx/confidence.py` and, for speakers left out one after the other, the calibration error and how
well right and wrong words are told apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from audapolis.audio.decoding import decode
from audapolis.audio.pcm import PcmAudio
from audapolis.domain.audio import AudioReader
from audapolis.engines.pocketsphinx.confidence import features
from audapolis.engines.pocketsphinx.decoder import ChunkDecoder, ChunkJob
from audapolis.engines.pocketsphinx.search import HeardWord
from audapolis.engines.silero import SileroDetector
from audapolis.stages.chunking import ChunkBuilder

from .calibration import Calibration, calibration
from .normalising import words_of
from .word_error import align

Floats = npt.NDArray[np.float64]

_RIDGE = 1.0
_STEPS = 30


@dataclass(frozen=True, slots=True)
class Observations:
    """All heard words: the model's inputs, whether each was right, and a number for who said it."""

    inputs: Floats
    right: npt.NDArray[np.bool_]
    speaker: npt.NDArray[np.intp]


def main() -> None:
    """Fit, print, done."""
    arguments = _arguments()
    observations = observe(arguments.folder, arguments.sets, arguments.mode)
    weights = fit(observations.inputs, observations.right)
    held_out, judged = cross_validate(observations)
    print(f"WEIGHTS = ({', '.join(f'{w:.3f}' for w in weights[:-1])})")
    print(f"BIAS = {weights[-1]:.3f}")
    print(f"words {len(observations.right)}, right {observations.right.mean():.3f}")
    print(f"left-out speakers: calibration error {held_out.error:.3f}, area under ROC {_area(judged):.3f}")
    for group in held_out.bins:
        print(f"  confidence {group.confidence:.2f}  right {group.right:.2f}  words {group.words}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with manifest.json")
    parser.add_argument("--sets", nargs="+", default=["asr"], help="first part of the file names to use")
    parser.add_argument("--mode", default="balanced", choices=["fast", "balanced", "accurate"])
    return parser.parse_args()


def observe(folder: Path, sets: list[str], mode: str) -> Observations:
    """Recognise all English recordings of the sets and judge their words."""
    items = json.loads((folder / "manifest.json").read_text())["items"]
    decoder = ChunkDecoder()
    inputs, right, speaker, speakers = [], [], [], dict[str, int]()
    for item in items:
        if item["file"].split("/")[0] not in sets or not item.get("transcript") or item.get("language") != "en":
            continue
        heard, found = _listen(decoder, folder / item["file"], mode)
        inputs.append(found)
        right += _judge(item["transcript"], [word.text for word in heard])
        number = speakers.setdefault(str(item.get("speaker") or item["file"]), len(speakers))
        speaker += [number] * len(heard)
    return Observations(np.vstack(inputs), np.array(right, bool), np.array(speaker))


def _listen(decoder: ChunkDecoder, path: Path, mode: str) -> tuple[list[HeardWord], Floats]:
    with tempfile.TemporaryDirectory() as folder:
        audio: AudioReader = PcmAudio(decode(path, Path(folder, "pcm"), split_channels="never"))
        heard, inputs = [], [features([])]
        for start_s, end_s in _chunks(audio):
            words = decoder.hear(ChunkJob(audio.read(start_s, end_s), mode))  # type: ignore[arg-type]
            heard += words
            inputs.append(features([word.evidence for word in words]))
    return heard, np.vstack(inputs)


def _chunks(audio: AudioReader) -> Iterator[tuple[float, float]]:
    detector, builder = SileroDetector(), ChunkBuilder()
    spans = [span for window in audio.windows() for span in detector.feed(window)] + detector.flush()
    for chunk in [*builder.feed(spans), *builder.flush()]:
        yield chunk.start_s, chunk.end_s


def _judge(reference: str, heard: list[str]) -> list[bool]:
    said = words_of(reference)
    parts = [(part, number) for number, text in enumerate(heard) for part in words_of(text)]
    right = [True] * len(heard)
    for i, j in align(said, [part for part, _ in parts]):
        if j is not None and (i is None or said[i] != parts[j][0]):
            right[parts[j][1]] = False
    return right


def fit(inputs: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    """Weights and, last, the bias of the likeliest logistic model; Newton's method with a small ridge."""
    columns = np.column_stack([inputs, np.ones(len(inputs))])
    ridge = np.diag([*([_RIDGE] * inputs.shape[1]), 1e-6])
    weights = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        chance = _chances(columns, weights)
        slope = columns.T @ (right - chance) - ridge @ weights
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + ridge
        weights += np.linalg.solve(curvature, slope)
    return weights


def _chances(columns: Floats, weights: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-columns @ weights))
    return chances


def cross_validate(observations: Observations) -> tuple[Calibration, list[tuple[float, bool]]]:
    """Judge each speaker's words by the model that was fitted to all the others."""
    judged: list[tuple[float, bool]] = []
    for speaker in np.unique(observations.speaker):
        mine = observations.speaker == speaker
        weights = fit(observations.inputs[~mine], observations.right[~mine])
        columns = np.column_stack([observations.inputs[mine], np.ones(int(mine.sum()))])
        judged += zip(_chances(columns, weights).tolist(), observations.right[mine].tolist(), strict=True)
    return calibration(judged), judged


def _area(judged: list[tuple[float, bool]]) -> float:
    """Chance that a right word is surer than a wrong one."""
    sure = np.array([value for value, _ in judged])
    right = np.array([truth for _, truth in judged])
    ranks = np.empty(len(sure))
    ranks[np.argsort(sure)] = np.arange(1, len(sure) + 1)
    wins = ranks[right].sum() - right.sum() * (right.sum() + 1) / 2
    return float(wins / max(1, right.sum() * (~right).sum()))


if __name__ == "__main__":
    main()
