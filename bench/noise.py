"""Does cleaning the sound up make fewer words wrong? Every recording with `--denoise` off, auto, light and strong.

    python -m bench.noise --sets noisy conv asr --limit 10
    python -m bench.noise --sets conv --only snr10 --seconds 60

The settings take turns on each recording, so that whatever else the machine does meets all alike. Settings that leave a
recording alike (most do most of the time) are heard once. Speakers are not told apart, as that does not change words.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from audapolis.audio.decoding import decode
from audapolis.audio.filters.chain import Chain
from audapolis.audio.filters.choosing import decide
from audapolis.audio.filters.cleaning import measure
from audapolis.audio.pcm import PcmAudio
from audapolis.config import load_settings
from audapolis.domain.audio import SAMPLE_RATE_HZ
from audapolis.domain.options import Denoise, TranscribeOptions
from audapolis.errors import AudapolisError
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext

from .manifest import Item, choose, read_manifest
from .run import SPEECH
from .word_error import NO_WORDS, WordError, word_error

LEVELS: tuple[Denoise, ...] = ("off", "auto", "light", "strong")
assert set(LEVELS) == set(get_args(Denoise))


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording at one setting: what was done to it, and how many words came out wrong."""

    item: Item
    denoise: Denoise
    filters: tuple[str, ...]
    snr_db: float | None
    words: WordError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; 2 when the command line or a recording is at fault."""
    args = _parser().parse_args(arguments)
    results: list[Heard] = []
    try:
        items = [item for item in read_manifest(args.manifest) if args.only in item.name and _one_text(item)]
        chosen = choose(items, args.sets, limit=args.limit)
        for number, heard in enumerate(_hear_all(chosen, args), 1):
            results += heard
            print(f"[{number}/{len(chosen)}] {_line(heard)}", file=sys.stderr, flush=True)
    except AudapolisError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; what is there is reported.", file=sys.stderr)
    print(table(results))
    if args.json:
        args.json.write_text(json.dumps([_plain(result) for result in results], indent=1) + "\n", "utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.noise", description=(__doc__ or "").partition("\n")[0])
    add = made.add_argument
    add("--manifest", type=Path, default=SPEECH, help="a folder with a manifest.json, or the file")
    add("--sets", nargs="*", default=[], help="folders of the manifest; all when none is named")
    add("--only", default="", metavar="TEXT", help="only recordings whose name has this in it")
    add("--limit", type=int, help="at most so many recordings of each set, spread evenly")
    add("--seconds", type=float, help="only the beginning of each recording whose word times are known")
    add("--levels", nargs="+", choices=LEVELS, default=LEVELS, help="settings to compare (default: all)")
    add("--engine", default="pocketsphinx", help="speech engine (default: %(default)s)")
    add("--processes", type=int, default=0, help="processes that decode in parallel; 0 takes one per core")
    add("--json", type=Path, metavar="FILE", help="also write every result here")
    return made


def _one_text(item: Item) -> bool:
    return item.texts is not None and len(item.texts) == 1


def _hear_all(items: Sequence[Item], args: argparse.Namespace) -> Iterator[list[Heard]]:
    settings = load_settings(transcription={"processes": args.processes})
    with ModernPipeline(settings) as pipeline, tempfile.TemporaryDirectory() as folder:
        for item in items:
            part = excerpt(item, args.seconds, Path(folder, "excerpt.wav")) if args.seconds else item
            yield list(_hear(pipeline, part, args.levels, args.engine))


def _hear(pipeline: ModernPipeline, item: Item, levels: Sequence[Denoise], engine: str) -> Iterator[Heard]:
    """Every setting; the pipeline runs once for those that come to the same chain of filters."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(decode(item.path, Path(folder, "sound.pcm")))
    known: dict[tuple[Chain, ...], WordError] = {}
    for level in levels:
        chains = tuple(decide(each, level, bears_noise=engine != "pocketsphinx").steps for each in figures)
        if chains not in known:
            options = TranscribeOptions(engine=engine, denoise=level, diarize=False, language=item.language)
            with tempfile.TemporaryDirectory() as folder:
                transcript = pipeline.run(item.path, options, context=StageContext(Path(folder)))
            text = " ".join(word.text for word in transcript.words)
            known[chains] = word_error((item.texts or ("",))[0], text, language=item.language)
        filters = tuple(dict.fromkeys(step.filter for chain in chains for step in chain))
        yield Heard(item, level, filters, figures[0].snr_db, known[chains])


def excerpt(item: Item, seconds: float, path: Path) -> Item:
    """The recording up to the last word that ends within so many seconds; the whole where word times are unknown."""
    words = [word for word in item.words or () if word[2] <= seconds]
    if not words:
        return item
    end_s = max(end_s for _, _, end_s in words)
    with tempfile.TemporaryDirectory() as folder, wave.open(str(path), "wb") as out:
        samples = PcmAudio(decode(item.path, Path(folder, "sound.pcm"), split_channels="never")).read(0, end_s)
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return replace(item, path=path, texts=(" ".join(word for word, _, _ in words),), words=tuple(words))


def table(results: Sequence[Heard]) -> str:
    """Word error of each set at each setting, in Markdown; in brackets how many recordings were changed."""
    sets = list(dict.fromkeys(result.item.set for result in results))
    levels = list(dict.fromkeys(result.denoise for result in results))
    lines = ["| set | recordings | " + " | ".join(levels) + " |", "|---" * (len(levels) + 2) + "|"]
    for name in sets:
        cells = [_cell([r for r in results if r.item.set == name and r.denoise == level]) for level in levels]
        count = len({result.item.name for result in results if result.item.set == name})
        lines.append(f"| {name} | {count} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(results: Sequence[Heard]) -> str:
    words = sum((result.words for result in results), NO_WORDS)
    changed = sum(bool(result.filters) for result in results)
    return f"{words.rate:.1%} ({changed})"


def _line(heard: Sequence[Heard]) -> str:
    snr_db = heard[0].snr_db
    noise = "no speech" if snr_db is None else f"{snr_db:.0f} dB"
    parts = [f"{r.denoise} {r.words.errors}/{r.words.reference} {'+'.join(r.filters)}".strip() for r in heard]
    return f"{heard[0].item.name} ({noise}): {', '.join(parts)}"


def _plain(result: Heard) -> dict[str, object]:
    return {
        "file": result.item.name,
        "denoise": result.denoise,
        "filters": result.filters,
        "snr_db": result.snr_db,
        "errors": result.words.errors,
        "words": result.words.reference,
    }


if __name__ == "__main__":
    sys.exit(main())
