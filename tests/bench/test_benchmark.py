from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from audapolis.domain.transcript import Turn, Word
from audapolis.errors import InvalidOption, NotFound, UnsupportedMedia
from bench.manifest import Item, choose, read_manifest
from bench.measure import measure
from bench.report import ratios, summarise, table
from bench.run import main
from bench.systems import Heard, Isolated

from bench import meter


class Parrot:
    """A system that says what stands in the file."""

    name = "parrot"

    def hear(self, path: Path, *, speakers: int | None = None) -> Heard:
        text = path.read_text()
        if text == "crash":
            os._exit(1)
        if text == "broken":
            raise UnsupportedMedia("This is no recording.")
        words = tuple(Word(n, n + 0.5, word, 0.9, "S1") for n, word in enumerate(text.split()))
        return Heard(words, (Turn(0.0, float(len(words)), "S1"),))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def item(path: Path, heard: str, *said: str, group: str = "talks") -> Item:
    path.write_text(heard)
    words = tuple((word, float(n), n + 0.5) for n, word in enumerate(" ".join(said).split()))
    return Item(f"{group}/{path.name}", path, group, "en", 2.0, said, (Turn(0.0, 2.0, "A"),), 1, words or None)


def test_recordings_are_scored_and_summed_per_set(tmp_path: Path) -> None:
    items = [
        item(tmp_path / "a", "good morning", "good morning"),
        item(tmp_path / "b", "bad morning", "good morning"),
        item(tmp_path / "c", "hm", "", group="noises"),
    ]
    with Isolated(Parrot) as system:
        results = [measure(system, each) for each in items]
    talks, noises = summarise(results)
    assert talks.words.rate == 0.25
    assert talks.diarization.rate == 0
    assert talks.times.start_s(95) == 0
    assert talks.calibration_error == pytest.approx(0.15)
    assert talks.counted == (2, 2)
    assert talks.peak_process_bytes > 10_000_000
    printed = table([talks, noises])
    assert "25.0%" in printed
    assert "1 words" in printed
    assert ratios([talks], "parrot", "parrot") == ["talks: word error 25.0% is 1.000 × the 25.0% of parrot"]


def test_a_file_that_fails_is_a_result_and_counts_as_all_words_missing(tmp_path: Path) -> None:
    with Isolated(Parrot) as system:
        result = measure(system, item(tmp_path / "a", "broken", "good morning"))
        after = measure(system, item(tmp_path / "b", "good morning", "good morning"))
    assert result.error == "This is no recording."
    assert summarise([result])[0].words.rate == 1
    assert summarise([result])[0].failed == 1
    assert after.words is not None
    assert after.words.rate == 0


def test_a_system_that_dies_costs_one_file(tmp_path: Path) -> None:
    with Isolated(Parrot) as system:
        crashed = measure(system, item(tmp_path / "a", "crash", "good morning"))
        after = measure(system, item(tmp_path / "b", "good morning", "good morning"))
    assert "ended by itself" in crashed.error
    assert not after.error


def test_one_text_per_channel_is_compared_speaker_by_speaker(tmp_path: Path) -> None:
    with Isolated(Parrot) as system:
        result = measure(system, item(tmp_path / "a", "good morning", "how are you", "good morning"))
    assert result.words is not None
    assert (result.words.errors, result.words.reference) == (3, 5)


def write_manifest(folder: Path) -> None:
    (folder / "talks").mkdir()
    (folder / "talks" / "b.rttm").write_text("SPEAKER b 1 0 1 <NA> <NA> A <NA> <NA>\n")
    turns = {"turns": [{"words": [["so", 0.1, 0.2]]}]}
    (folder / "talks" / "b.json").write_text(json.dumps(turns))
    files = [
        {"file": "talks/a.wav", "seconds": 1.0, "transcript": "hello", "language": "en"},
        {"file": "talks/b.wav", "seconds": 2, "rttm": "talks/b.rttm", "turns": "talks/b.json", "n_speakers": 1},
        {"file": "talks/c.wav", "seconds": 3, "transcript_by_channel": ["left", "right"]},
        {"file": "broken/d.wav", "seconds": None, "transcript": None},
        {"file": "diar/e.wav", "seconds": 3, "n_speakers": 2},
    ]
    (folder / "manifest.json").write_text(json.dumps({"items": files}))
    (folder / "words.json").write_text(json.dumps({"talks/a.wav": [["hello", 0.2, 0.6]]}))


def test_a_manifest_gives_the_items_that_have_truth(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    a, b, c = read_manifest(tmp_path)
    assert (a.texts, a.words) == (("hello",), (("hello", 0.2, 0.6),))
    assert (b.turns, b.words, b.speakers) == ((Turn(0, 1, "A"),), (("so", 0.1, 0.2),), 1)
    assert c.texts == ("left", "right")
    assert [each.name for each in choose([a, b, c], ["talks"], limit=2)] == ["talks/a.wav", "talks/b.wav"]
    with pytest.raises(InvalidOption, match="songs"):
        choose([a], ["songs"])
    with pytest.raises(NotFound):
        read_manifest(tmp_path / "nowhere")


def test_a_wrong_set_ends_with_code_two_and_says_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(tmp_path)
    assert main(["--manifest", str(tmp_path), "--sets", "songs"]) == 2
    assert "talks" in capsys.readouterr().err


def test_programs_are_measured_with_their_children() -> None:
    child = "x = bytearray(80_000_000)\nimport time\nt = time.process_time()\nwhile time.process_time() < t + .3: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    ran, cost = meter.run([sys.executable, "-c", code])
    assert ran.returncode == 0
    assert cost.cpu_s > 0.3
    assert cost.wall_s >= 0.3
    assert cost.peak_process_bytes > 80_000_000
    assert cost.peak_tree_bytes > cost.peak_process_bytes
    assert cost.processes == 2


@pytest.mark.slow
@pytest.mark.speech
def test_the_benchmark_runs_over_real_recordings(speech_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--manifest", str(speech_dir), "--sets", "nonspeech", "stereo"]
    command += ["--limit", "1", "--baseline", "pocketsphinx-plain", "--json", str(tmp_path / "r.json")]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    record = json.loads((tmp_path / "r.json").read_text())
    assert [(s["set"], s["system"]) for s in record["summaries"]] == [
        ("nonspeech", "audapolis (pocketsphinx)"),
        ("nonspeech", "pocketsphinx-plain"),
        ("stereo", "audapolis (pocketsphinx)"),
        ("stereo", "pocketsphinx-plain"),
    ]
    assert record["summaries"][0]["word_error"]["insertions"] == 0
    assert "| nonspeech" in ran.stdout
