"""The recordings that the tests hear, with what is said in them: `python -m tests.models.tiny_whisper.recordings`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from random import Random

import av
import numpy as np

from .clips import Clip, SpokenWord, place
from .voices import SAMPLE_RATE_HZ, speak

FOLDER = Path(__file__).parents[1] / "spoken"
TRUTH = "truth.json"
SCRIPTS = {
    "sentence": ("en", "+f2", ["the small dog sees the green door"]),
    "chunk": ("en", "+m3", [
        "hello alice", "good morning bob", "the meeting starts today", "please open the window",
        "alice sees three red cars", "the old train stops", "please close the door", "bob opens nine small books",
    ]),
    "german": ("de", "+f3", ["hallo guten morgen", "hund katze haus", "ja bitte wasser heute"]),
}  # fmt: skip
"""Language, variant of the voice, sentences."""


def record(name: str) -> Clip:
    """Speak one of the scripts, the same each time."""
    language, variant, sentences = SCRIPTS[name]
    rng = Random(name)
    utterances = [speak(rng, line.split(), language, variants=(variant,), accents=("gmw/en-US",)) for line in sentences]
    return place(utterances, [rng.uniform(0.3, 1.2) for _ in sentences[1:]])


def write_flac(clip: Clip, path: Path) -> None:
    """FLAC with 12 of 16 bits used: half the size, and its noise is 70 dB below the speech."""
    pcm = (np.round(clip.samples * 2047) * 16).astype(np.int16)[np.newaxis]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def read(name: str) -> Clip:
    """A recording as it is on disk."""
    said = json.loads((FOLDER / TRUTH).read_text(encoding="utf-8"))[name]
    with av.open(str(FOLDER / f"{name}.flac")) as container:
        pcm = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    words = tuple(SpokenWord(**word) for word in said["words"])
    return Clip(pcm.astype(np.float32) / 32768, words, said["language"])


def main() -> None:
    """Write all of them anew."""
    FOLDER.mkdir(exist_ok=True)
    truth = {}
    for name in SCRIPTS:
        clip = record(name)
        write_flac(clip, FOLDER / f"{name}.flac")
        words = [
            asdict(word) | {"start_s": round(word.start_s, 3), "end_s": round(word.end_s, 3)} for word in clip.words
        ]
        truth[name] = {"language": clip.language, "words": words}
    (FOLDER / TRUTH).write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
