"""The one command: speak, train, write, measure.

    python -m tests.models.tiny_whisper [--to FOLDER] [--work FOLDER]

A run that was interrupted goes on where its work folder left off, and ends with the same model.
"""

from __future__ import annotations

import argparse
import pickle
import time
from pathlib import Path

import torch

from .training import Recipe, train
from .voices import Utterance, speak_many
from .windows import Pool

COMMITTED = Path(__file__).parents[1] / "tiny-whisper"


def main() -> None:
    """Make the model, and say how long it took and how good it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.models.tiny_whisper", description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=COMMITTED, help="folder for the model (default: the committed one)")
    parser.add_argument("--work", type=Path, default=Path("tiny-whisper-work"), help="folder for what can be resumed")
    parser.add_argument("--threads", type=int, default=1, help="more than the free cores makes it slower")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    recipe = Recipe()

    began = time.monotonic()
    pool = speak_pool(recipe, arguments.work / f"spoken-{recipe.utterances}-{recipe.seed}.pickle")
    spoke_s = time.monotonic() - began
    model, trained_s = train(recipe, pool, arguments.work / "checkpoint.pt")

    from .evaluate import report
    from .export import write

    write(model, arguments.to)
    print(f"speech {spoke_s:.0f} s, training {trained_s / 60:.1f} min, {recipe.steps} steps; model in {arguments.to}")
    heard = {utterance.words for utterances in pool.values() for utterance in utterances}
    report(arguments.to, heard)
    print(f"all in {(spoke_s + trained_s) / 60:.1f} min before measuring")


def speak_pool(recipe: Recipe, kept: Path) -> Pool:
    """The sentences of a recipe, by language."""
    if not kept.is_file():
        kept.write_bytes(pickle.dumps(speak_many(recipe.utterances, recipe.seed)))
    spoken: list[Utterance] = pickle.loads(kept.read_bytes())
    return {language: [u for u in spoken if u.language == language] for language in ("en", "de")}


if __name__ == "__main__":
    main()
