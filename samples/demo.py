"""Transcribe the sample conversation with the command line, score it and show it. `make demo` runs this.

Works offline. Results go to `output/demo/`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
sys.path.insert(0, str(REPOSITORY))

from audapolis.domain.codec import from_json  # noqa: E402 - the line above is needed first
from audapolis.domain.transcript import Transcript  # noqa: E402
from bench.scoring import DiarizationError, WordError, diarization_error, read_rttm, word_error  # noqa: E402

FORMATS = ("txt", "json", "srt", "vtt", "rttm")
AUDIO = HERE / "conversation.flac"


def said(path: Path) -> str:
    """What is truly said, without the speakers' names that begin each line."""
    return " ".join(line.partition(": ")[2] for line in path.read_text(encoding="utf-8").splitlines())


def scores(transcript: Transcript, truth: Path) -> tuple[WordError, DiarizationError]:
    """Compare a transcript of the sample with the truth in a folder."""
    heard = " ".join(word.text for word in transcript.words)
    turns = read_rttm(truth / "conversation.rttm")
    return word_error(said(truth / "conversation.txt"), heard), diarization_error(turns, transcript.turns)


def transcribe(output: Path) -> float:
    """Run `audapolis transcribe` on the sample; how long it took, in seconds."""
    command = [sys.executable, "-m", "audapolis", "transcribe", str(AUDIO), "-o", str(output), "-f", *FORMATS]
    command += ["--engine", "pocketsphinx", "--offline", "--no-reuse", "--overwrite"]
    started = time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    if code:
        raise SystemExit(code)
    return time.perf_counter() - started


def report(output: Path, wall_s: float) -> str:
    """What the demo has to say at the end."""
    transcript = from_json(Transcript, (output / "conversation.json").read_bytes())
    words, speakers = scores(transcript, HERE)
    length_s = transcript.recording.duration_s
    files = "\n".join(f"  {_short(output / f'conversation.{name}')}" for name in FORMATS)
    return f"""
{(output / "conversation.txt").read_text(encoding="utf-8").strip()}

Word error         {words.rate:.1%}  ({words.errors} of {words.reference} words wrong)
Diarization error  {speakers.rate:.1%}  (collar 0.25 s; {len(transcript.speakers)} speakers found, 2 talk)
Speed              {length_s:.0f} s of sound in {wall_s:.1f} s, start included: real-time factor {wall_s / length_s:.2f}

Files
{files}

The sample is synthetic and plain-spoken, which suits the embedded recogniser; people talking freely are harder.
Now one of yours, audio or video:
  {_short(Path(sys.executable).with_name("audapolis"))} transcribe YOUR-FILE -f srt -o output/
"""


def _short(path: Path) -> str:
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)


def main() -> int:
    """Run the demo."""
    output = REPOSITORY / "output" / "demo"
    output.mkdir(parents=True, exist_ok=True)
    print(f"Transcribing {_short(AUDIO)} …", file=sys.stderr)
    wall_s = transcribe(output)
    print(report(output, wall_s))
    return 0


if __name__ == "__main__":
    sys.exit(main())
