"""The sample conversation is what its script makes, and the demo reports it truly."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from audapolis.audio.decoding import decode
from audapolis.audio.pcm import PcmAudio
from bench.scoring import read_rttm, words_of

SAMPLES = Path(__file__).parents[1] / "samples"


def sound(path: Path, folder: Path) -> np.ndarray:
    audio = PcmAudio(decode(path, folder / f"{path.parent.name}.pcm"))
    return audio.read(0.0, audio.duration_s)


def test_the_sample_is_about_a_minute_of_two_speakers_with_its_truth(conversation: Path, tmp_path: Path) -> None:
    length_s = len(sound(conversation, tmp_path)) / 16_000
    turns = read_rttm(SAMPLES / "conversation.rttm")
    assert 55 <= length_s <= 75
    assert {turn.speaker for turn in turns} == {"Host", "Reporter"}
    assert turns[0].start_s > 0
    assert turns[-1].end_s < length_s
    assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(turns))
    assert conversation.stat().st_size < 600_000


def test_the_text_names_the_speakers_in_the_order_of_the_turns() -> None:
    speakers = [line.partition(":")[0] for line in (SAMPLES / "conversation.txt").read_text().splitlines()]
    turns = [turn.speaker for turn in read_rttm(SAMPLES / "conversation.rttm")]
    assert speakers == [b for a, b in zip([None, *turns], turns, strict=False) if a != b]
    assert len(words_of((SAMPLES / "conversation.txt").read_text())) > 150


def test_it_is_quiet_between_the_turns_and_loud_within(conversation: Path, tmp_path: Path) -> None:
    samples = sound(conversation, tmp_path)
    turns = read_rttm(SAMPLES / "conversation.rttm")

    def level(start_s: float, end_s: float) -> float:
        return float(np.sqrt((samples[int(start_s * 16_000) : int(end_s * 16_000)] ** 2).mean()))

    within = [level(turn.start_s, turn.end_s) for turn in turns]
    between = [level(a.end_s + 0.02, b.start_s - 0.02) for a, b in itertools.pairwise(turns)]
    assert min(within) > 20 * max(between)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("flite") is None, reason="flite makes the sample; Debian: apt-get install flite")
def test_the_script_makes_the_sample_again(conversation: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    subprocess.run([sys.executable, SAMPLES / "make_sample.py", "-o", made], check=True, capture_output=True)
    assert (made / "conversation.txt").read_text() == (SAMPLES / "conversation.txt").read_text()
    again, kept = read_rttm(made / "conversation.rttm"), read_rttm(SAMPLES / "conversation.rttm")
    assert [turn.speaker for turn in again] == [turn.speaker for turn in kept]
    assert [turn.start_s for turn in again] == pytest.approx([turn.start_s for turn in kept], abs=0.02)
    ours, theirs = sound(made / "conversation.flac", tmp_path), sound(conversation, tmp_path)
    length = min(len(ours), len(theirs))
    assert abs(len(ours) - len(theirs)) < 16_000 * 0.05
    assert np.sqrt(((ours[:length] - theirs[:length]) ** 2).mean()) < 0.01


def test_without_flite_the_script_says_where_to_get_it(tmp_path: Path) -> None:
    command = [sys.executable, SAMPLES / "make_sample.py", "-o", tmp_path / "made"]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env={"PATH": str(tmp_path)})
    assert ran.returncode == 1
    assert "apt-get install flite" in ran.stderr
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
def test_the_demo_meets_its_promises() -> None:
    ran = subprocess.run([sys.executable, SAMPLES / "demo.py"], check=True, capture_output=True, text=True)
    figures = {line[:18].strip(): line[19:].split("%")[0] for line in ran.stdout.splitlines() if "%" in line}
    assert float(figures["Word error"]) <= 8.0
    assert float(figures["Diarization error"]) <= 5.0
    output = SAMPLES.parent / "output" / "demo"
    assert all((output / f"conversation.{name}").stat().st_size for name in ("txt", "json", "srt", "vtt", "rttm"))
