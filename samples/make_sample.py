"""Make the sample: a conversation of about a minute between two synthetic voices in a quiet room.

    python samples/make_sample.py             # writes conversation.{flac,txt,rttm} beside this script
    python samples/make_sample.py -o FOLDER

The voices are flite's (Debian: `apt-get install flite`), which is needed only to make the sample anew: the finished
files are part of the project. The same flite gives the same files, byte for byte in text and RTTM.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
SEED = 2026
LEVEL_DBFS = -23.0
ROOM_DBFS = -60.0
BITS = 11
"""Steps finer than this drown in the room tone; leaving them out halves the FLAC file."""

Sound = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker: the name in the truth, flite's voice, and how much slower than usual it talks."""

    name: str
    flite: str
    stretch: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence in the recording, as it sounds: from its first to its last audible sample."""

    start_s: float
    end_s: float
    speaker: str
    text: str


HOST = Voice("Host", "slt", 1.06)
REPORTER = Voice("Reporter", "rms", 1.05)

CONVERSATION: tuple[tuple[Voice, tuple[str, ...]], ...] = (
    (
        HOST,
        (
            "Good morning, and welcome to the program.",
            "You have been a reporter for more than twenty years.",
            "How did you begin?",
        ),
    ),
    (
        REPORTER,
        (
            "In those days we had a small tape machine.",
            "After every interview I went back to the office and wrote down every word by hand.",
        ),
    ),
    (HOST, ("That must have been very hard.",)),
    (
        REPORTER,
        (
            "One hour of sound could take me a whole day.",
            "You have to stop the tape, go back, and listen again.",
            "My hands were tired, but I remember every voice.",
        ),
    ),
    (HOST, ("That sounds like a lot of work.", "And what has changed since that time?")),
    (
        REPORTER,
        ("Today there is a program that listens for me.", "And everything stays on my own computer."),
    ),
    (HOST, ("That sounds very good.", "But can you believe every word?")),
    (
        REPORTER,
        (
            "No, the machine is not always right.",
            "So I read everything and listen to the important parts again.",
        ),
    ),
    (HOST, ("Do you have any advice for people who want to do this work?",)),
    (REPORTER, ("When you wait a little longer, people often tell you the real story.",)),
    (HOST, ("That is good advice.", "Thank you for talking with us this morning.")),
)


def speak(voice: Voice, text: str) -> Sound:
    """The sentence as flite says it, at the sample's level, cut to what is audible."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sentence.wav")
        subprocess.run(
            ["flite", "-voice", voice.flite, "--setf", f"duration_stretch={voice.stretch}", "-t", text, "-o", path],
            check=True,
            capture_output=True,
        )
        with wave.open(str(path)) as file:
            if file.getframerate() != RATE_HZ or file.getnchannels() != 1:
                raise SystemExit(f"flite's voice {voice.flite} is not 16 kHz mono here; another flite is needed.")
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 2**15
    return _level(_audible(sound), LEVEL_DBFS)


def _audible(sound: Sound) -> Sound:
    """Cut what is 45 dB below the loudest 10 ms off both ends."""
    step = RATE_HZ // 100
    power = (sound[: len(sound) // step * step].reshape(-1, step) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10**-4.5)
    first, last = int(loud[0]), int(loud[-1])
    return sound[first * step : (last + 1) * step]


def _level(sound: Sound, dbfs: float) -> Sound:
    return sound * (10 ** (dbfs / 20) / float(np.sqrt((sound**2).mean())))


def room_tone(samples: int, rng: np.random.Generator) -> Sound:
    """Soft noise that falls by 3 dB per octave, as quiet rooms have it."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequency_hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    return _level(np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency_hz, 40.0)), samples), ROOM_DBFS)


def converse() -> tuple[Sound, list[Spoken]]:
    """The whole conversation and where each sentence is in it."""
    rng = np.random.default_rng(SEED)
    pieces: list[Sound] = [np.zeros(RATE_HZ // 2)]
    truth: list[Spoken] = []
    length = len(pieces[0])
    for voice, sentences in CONVERSATION:
        for last, text in zip([*[False] * (len(sentences) - 1), True], sentences, strict=True):
            sound = speak(voice, text)
            truth.append(Spoken(length / RATE_HZ, (length + len(sound)) / RATE_HZ, voice.name, text))
            pause_s = rng.uniform(0.45, 0.75) if last else rng.uniform(0.3, 0.45)
            pieces += [sound, np.zeros(int(pause_s * RATE_HZ))]
            length += len(sound) + len(pieces[-1])
    conversation = np.concatenate(pieces)
    return conversation + room_tone(len(conversation), rng), truth


def as_text(truth: Sequence[Spoken]) -> str:
    """What is said, one line per turn: `Host: …`."""
    lines: list[list[str]] = []
    for before, sentence in zip([None, *truth], truth, strict=False):
        if before is None or before.speaker != sentence.speaker:
            lines.append([f"{sentence.speaker}:"])
        lines[-1].append(sentence.text)
    return "".join(f"{' '.join(line)}\n" for line in lines)


def as_rttm(truth: Sequence[Spoken]) -> str:
    """Who speaks when, one line per sentence."""
    return "".join(
        f"SPEAKER conversation 1 {s.start_s:.3f} {s.end_s - s.start_s:.3f} <NA> <NA> {s.speaker} <NA> <NA>\n"
        for s in truth
    )


def write_flac(sound: Sound, path: Path) -> None:
    """Write mono FLAC of `BITS` bits in 16."""
    step = 2 ** (16 - BITS)
    samples = (np.round(np.clip(sound, -1, 1 - 2**-11) * 2**15 / step) * step).astype(np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE_HZ, options={"compression_level": "12"})
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def main() -> int:
    """Make the three files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent, help="the folder to write to")
    folder: Path = parser.parse_args().output
    if shutil.which("flite") is None:
        print("The voices come from flite, which is not here. On Debian: apt-get install flite", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    sound, truth = converse()
    write_flac(sound, folder / "conversation.flac")
    (folder / "conversation.txt").write_text(as_text(truth), encoding="utf-8")
    (folder / "conversation.rttm").write_text(as_rttm(truth), encoding="utf-8")
    words = sum(len(sentence.text.split()) for sentence in truth)
    print(f"{len(sound) / RATE_HZ:.1f} s, {words} words, {len(truth)} sentences: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
