"""How long a long transcript takes in every export format, and how much memory.

    python -m bench.exports                      # ten hours, 100,000 words, six speakers, all formats
    python -m bench.exports --formats srt aaf --words 10000

Each format is written in a process of its own, from a transcript that is already in memory, to a file that goes away.
Checks and report are part of it. Text formats should take two seconds at most, editor formats ten, and no process more
than 400 MB.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.recording import AudioFacts, Recording, VideoFacts
from audapolis.domain.transcript import Provenance, Segment, Speaker, Transcript, Word

SPEAKERS = 6
_VOCABULARY = (
    "and",
    "so",
    "the",
    "interview",
    "began",
    "after",
    "noon",
    "because",
    "everybody",
    "wanted",
    "to",
    "hear",
)
_LIMITS_S = {"text": 2.0, "captions": 2.0, "data": 2.0, "editors": 10.0}
_MOST_MB = 400


def talk(words: int, hours: float, *, video: bool = True) -> Transcript:
    """A transcript of many words by six speakers, the same every time."""
    draw = random.Random(1)
    duration_s = hours * 3600
    step_s = duration_s / words
    segments = []
    for start in range(0, words, 12):
        count = min(12, words - start)
        speaker = f"S{draw.randrange(SPEAKERS) + 1}"
        said = [draw.choice(_VOCABULARY) for _ in range(count)]
        said[0], said[-1] = said[0].capitalize(), f"{said[-1]}."
        spoken = tuple(
            Word(
                round((start + n) * step_s, 3),
                round((start + n + 0.8) * step_s, 3),
                text,
                round(draw.uniform(0.3, 1), 3),
                speaker,
            )
            for n, text in enumerate(said)
        )
        confidence = sum(word.confidence for word in spoken) / count
        segments.append(
            Segment(f"s{start}", spoken[0].start_s, spoken[-1].end_s, speaker, " ".join(said), confidence, spoken)
        )
    picture = VideoFacts("30000/1001", "01:00:00;00", True, 1920, 1080) if video else None
    return Transcript(
        id="00000000-0000-4000-8000-000000000010",
        created_at="2026-01-01T00:00:00Z",
        language="en",
        recording=Recording(
            "long talk.mov", "ab" * 32, duration_s, AudioFacts(0, 1, "aac", 48000, 2, "stereo"), picture
        ),
        provenance=Provenance("whisper", "small", "cpu", "int8", "acoustic", {}, (), "0.1"),
        speakers=tuple(Speaker(f"S{n + 1}", f"Speaker {n + 1}", duration_s / SPEAKERS) for n in range(SPEAKERS)),
        segments=tuple(segments),
    )


def write_one(format_id: str, words: int, hours: float) -> None:
    """Write one format and print what it took as JSON."""
    exporter, transcript = AdvancedExporter(), talk(words, hours)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        written = exporter.write(transcript, Path(folder, "result"), format_id)
        wall_s = time.perf_counter() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size_mb, problems = written.size_bytes / 1e6, len(written.report.problems)
    print(json.dumps({"wall_s": wall_s, "peak_mb": peak_mb, "size_mb": size_mb, "problems": problems}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all formats, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m bench.exports", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--formats", nargs="+", metavar="ID")
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--one", metavar="ID", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.one:
        write_one(args.one, args.words, args.hours)
        return 0
    print("| format | wall | largest process | file | problems | |\n|---|---|---|---|---|---|")
    for info in AdvancedExporter().formats():
        if args.formats and info.id not in args.formats:
            continue
        size = ["--words", str(args.words), "--hours", str(args.hours)]
        command = [sys.executable, "-m", "bench.exports", "--one", info.id, *size]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            print(f"| `{info.id}` | failed: {ran.stderr.strip().splitlines()[-1]} | | | | |")
            continue
        took = json.loads(ran.stdout)
        over = took["wall_s"] > _LIMITS_S[info.family] or took["peak_mb"] > _MOST_MB
        print(
            f"| `{info.id}` | {took['wall_s']:.2f} s | {took['peak_mb']:.0f} MB | {took['size_mb']:.1f} MB "
            f"| {took['problems']} | {'over the limit' if over else ''} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
