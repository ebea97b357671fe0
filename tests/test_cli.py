"""The command line as its users meet it: real processes, real recordings, real files."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

AUDAPOLIS = (sys.executable, "-m", "audapolis")
TEXT = "The weather is good today."


def run(*arguments: str | Path, cwd: Path | None = None, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*AUDAPOLIS, *map(str, arguments)],
        cwd=cwd,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **changes,
    )


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUDAPOLIS_")}
    return kept | {"OMP_NUM_THREADS": "1"}


def _silence(path: Path, seconds: float, *, rate: int = 16000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(bytes(int(seconds * rate) * channels * 2))
    return path


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short sentence, spoken by flite."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed")
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", TEXT, "-o", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def transcript(talk: Path) -> bytes:
    """The transcript of the talk, as JSON."""
    done = run("transcribe", talk, "-f", "json")
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


def test_help_and_version_are_instant_and_import_nothing_heavy() -> None:
    heavy = ["numpy", "pydantic", "fastapi", "sqlalchemy", "av", "tqdm", "onnxruntime", "asyncio"]
    code = f"import audapolis.cli, sys; sys.exit(', '.join(set({heavy!r}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"imported: {done.stderr}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run("--help").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime <= 0.4, "processor time: a busy machine takes longer by the clock"


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("transcribe", "batch", "export", "formats", "serve", "doctor"):
        assert name in done.stdout
    assert re.fullmatch(r"audapolis \d+\.\d+\.\d+\n", run("--version").stdout)


def test_no_command_is_bad_usage() -> None:
    done = run()
    assert done.returncode == 2
    assert "no command" in done.stderr


def test_a_transcript_goes_to_stdout_and_nothing_else_does(talk: Path) -> None:
    done = run("transcribe", talk)
    assert done.returncode == 0, done.stderr
    assert "weather" in done.stdout.lower()
    assert "draft" not in done.stdout
    assert done.stderr.count("draft") == 1
    assert "Whisper" in done.stderr


def test_the_json_is_the_contracts_transcript(transcript: bytes) -> None:
    found = json.loads(transcript)
    assert found["schema"] == "audapolis.transcript/1"
    assert found["recording"]["name"] == "talk.wav"
    assert found["speakers"]
    assert found["segments"][0]["words"][0]["start_s"] >= 0


def test_several_formats_go_into_a_folder_under_the_inputs_name(tmp_path: Path) -> None:
    talk = _silence(tmp_path / "talk.wav", 0.5)
    done = run("transcribe", talk, "-o", tmp_path / "out", "-f", "srt", "json,vtt", "--rttm", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["talk.json", "talk.rttm", "talk.srt", "talk.vtt"]


def test_the_output_files_extension_tells_the_format(talk: Path, tmp_path: Path) -> None:
    done = run("transcribe", "-q", talk, "-o", tmp_path / "said.srt", "--no-diarize", "--rttm")
    assert done.returncode == 0, done.stderr
    assert "00:00:00," in (tmp_path / "said.srt").read_text()
    assert (tmp_path / "said.rttm").exists()


def test_inputs_with_the_same_stem_do_not_overwrite_one_another(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for name in ("talk.wav", "talk.WAVE", "other/talk.wav"):
        _silence(tmp_path / name, 0.5)
    done = run("transcribe", "talk.wav", "talk.WAVE", "other/talk.wav", "-q", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_awkward_file_names_work_like_any_other(tmp_path: Path) -> None:
    stems = [
        "with space",
        "two\nlines",
        "\U0001f399\ufe0f talk",
        "\u05e9\u05dc\u05d5\u05dd",
        "-rf",
        "n" * 200,
        "100%",
        "[1] *",
    ]
    for stem in stems:
        _silence(tmp_path / f"{stem}.wav", 0.5)
    done = run("transcribe", "-o", "out", "--no-diarize", "--", *(f"{stem}.wav" for stem in stems), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{stem}.txt" for stem in stems}
    assert "\nlines" not in done.stderr


def _bad_inputs(folder: Path) -> dict[str, str]:
    """Bad inputs by name, and a word their message must hold."""
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("This is no recording at all.\n" * 100)
    (folder / "folder").mkdir()
    _silence(folder / "blip.wav", 0.05)
    return {
        "missing.wav": "no file",
        "empty.wav": "empty",
        "text.wav": "text.wav",
        "folder": "batch",
        "blip.wav": "blip.wav",
        "x" * 300: "name",
    }


def test_each_bad_input_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    bad = _bad_inputs(tmp_path)
    _silence(tmp_path / "talk.wav", 0.5)
    done = run("transcribe", *bad, "talk.wav", "-o", "out", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in bad.values():
        assert word in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["talk.txt"]


@pytest.mark.speech
@pytest.mark.parametrize("name", ["video_without_audio.mp4", "no_moov.m4a", "no_samples.wav", "png.wav", "random.wav"])
def test_really_broken_files_are_told(speech_dir: Path, name: str) -> None:
    done = run("transcribe", speech_dir / "broken" / name)
    assert done.returncode == 2, done.stderr
    assert not done.stdout
    assert "Traceback" not in done.stderr


def test_unusual_but_sound_recordings_are_taken(tmp_path: Path) -> None:
    files = [
        _silence(tmp_path / "silence.wav", 2.0),
        _silence(tmp_path / "twelve.wav", 1.0, channels=12),
        _silence(tmp_path / "slow.wav", 1.0, rate=2000),
    ]
    done = run("transcribe", *files, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no words were heard") == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-f", "srrt"], "Did you mean 'srt'?"),
        (["--engine", "pocketsphnix"], "Did you mean 'pocketsphinx'?"),
        (["--overwite"], "Did you mean '--overwrite'?"),
        (["-o", "out.docxx"], "Unknown format 'docxx'"),
        (["second.wav", "-f", "audapolis"], "not text"),
        (["-f", "txt,json"], "standard output"),
        (["--speakers", "2", "--min-speakers", "1"], "--speakers"),
        (["--min-speakers", "3", "--max-speakers", "2"], "speakers"),
        (["-o", "talk.wav", "-f", "txt", "--overwrite"], "would replace the recording"),
    ],
)
def test_bad_options_are_told_before_any_work(talk: Path, options: list[str], said: str) -> None:
    before = talk.read_bytes()
    done = run("transcribe", talk, *options, cwd=talk.parent)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert not done.stdout
    assert talk.read_bytes() == before
    assert [path.name for path in talk.parent.iterdir()] == ["talk.wav"]


def test_an_existing_result_is_kept_unless_overwriting_is_asked_for(tmp_path: Path) -> None:
    talk, result = _silence(tmp_path / "talk.wav", 0.5), tmp_path / "talk.txt"
    result.write_text("mine")
    done = run("transcribe", talk, "-o", tmp_path)
    assert done.returncode == 2
    assert "--overwrite" in done.stderr
    assert result.read_text() == "mine"
    assert run("transcribe", talk, "-o", tmp_path, "--overwrite").returncode == 0
    assert result.read_text() != "mine"


def test_on_a_terminal_there_is_a_bar_and_a_question(talk: Path, tmp_path: Path) -> None:
    result = tmp_path / "talk.txt"
    result.write_text("mine")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*AUDAPOLIS, "transcribe", str(talk), "-o", str(tmp_path)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=_environment() | {"TERM": "xterm"},
    )
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # Linux says EIO when the other end has closed
        while chunk := os.read(ours, 4096):
            seen += chunk
            if seen.endswith(b"[a]ll: "):
                os.write(ours, b"y\n")
    os.close(ours)
    assert process.wait() == 0, seen
    assert b"Overwrite?" in seen
    assert b"100%" in seen or b"%|" in seen.replace(b" ", b"")
    assert "weather" in result.read_text().lower()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    talk = _silence(tmp_path / "talk.wav", 0.5)
    done = run("transcribe", talk, "-f", "json", "-o", "/dev/full")
    assert done.returncode == 2, done.stderr
    assert "no room" in done.stderr
    assert Path("/dev/full").is_char_device()
    with Path("/dev/full").open("w") as full:
        to_full = subprocess.run(
            [*AUDAPOLIS, "formats"], stdout=full, stderr=subprocess.PIPE, text=True, env=_environment(), check=False
        )
    assert to_full.returncode == 2
    assert "no room" in to_full.stderr
    assert "Traceback" not in to_full.stderr


def test_what_may_not_be_read_or_written_is_told_before_any_work(tmp_path: Path) -> None:
    for name in ("secret.wav", "open.wav"):
        _silence(tmp_path / name, 0.5)
    (tmp_path / "secret.wav").chmod(0)
    (tmp_path / "locked").mkdir(mode=0o555)
    unprivileged: list[str] = []
    if os.geteuid() == 0:  # root may do everything, unless it gives that up
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed")
        unprivileged = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    done = subprocess.run(
        [*unprivileged, *AUDAPOLIS, "transcribe", "secret.wav", "open.wav", "-o", "locked"],
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "may not read" in done.stderr
    assert "permission denied" in done.stderr
    assert not list((tmp_path / "locked").iterdir())


def test_a_reader_that_leaves_is_not_an_error_worth_words(tmp_path: Path) -> None:
    talk = _silence(tmp_path / "talk.wav", 0.5)
    process = subprocess.Popen(
        [*AUDAPOLIS, "transcribe", "-q", "-f", "json", str(talk)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found |= {int(child)} | _children(int(child))
    return found


def _alive(pids: set[int]) -> set[int]:
    living = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                living.add(pid)
    return living


def _until(true: Callable[[], object], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def _long(talk: Path, path: Path, times: int) -> Path:
    with wave.open(str(talk), "rb") as one, wave.open(str(path), "wb") as many:
        many.setparams(one.getparams())
        frames = one.readframes(one.getnframes())
        for _ in range(times):
            many.writeframes(frames)
    return path


def _start(arguments: Sequence[str | Path], cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*AUDAPOLIS, *map(str, arguments)],
        cwd=cwd,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(talk: Path, tmp_path: Path) -> None:
    shutil.copy(talk, tmp_path / "a.wav")
    _long(talk, tmp_path / "b c.wav", 60)
    process = _start(["transcribe", "a.wav", "b c.wav", "-o", "out"], tmp_path)
    _until((tmp_path / "out" / "a.txt").exists)
    time.sleep(1.5)
    children = _children(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: everybody in the foreground gets it
    began = time.monotonic()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert time.monotonic() - began < 5
    assert "Traceback" not in said
    assert "Done: a.wav" in said
    assert "To go on: audapolis transcribe" in said
    assert "b c.wav'" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.txt"]
    _until(lambda: not _alive(children), 5)


@pytest.mark.slow
def test_a_batch_goes_on_after_bad_files_and_knows_what_is_done(talk: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    shutil.copy(talk, tmp_path / "in" / "talk.wav")
    _silence(tmp_path / "in" / "deep" / "talk.wav", 0.5)
    (tmp_path / "in" / "broken.mp3").write_text("no sound")
    (tmp_path / "in" / "notes.txt").write_text("not even meant to be")
    command = ("batch", "in", "nowhere.wav", "-o", "out", "-f", "json")
    first = run(*command, cwd=tmp_path)
    assert first.returncode == 2, first.stderr
    assert "4 files: 2 done, 2 failed." in first.stdout
    assert "notes.txt" not in first.stdout + first.stderr
    results = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert results == [".audapolis", "deep-talk.wav.json", "in-talk.wav.json"]
    said = json.loads((tmp_path / "out" / "in-talk.wav.json").read_text())
    assert "weather" in said["segments"][0]["text"].lower()
    with contextlib.closing(sqlite3.connect(tmp_path / "out" / ".audapolis" / "jobs.sqlite")) as store:
        assert store.execute("SELECT DISTINCT origin, kind FROM jobs").fetchall() == [("batch", "batch")]

    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.json")}
    again = run(*command, cwd=tmp_path)
    assert again.returncode == 2
    assert "2 of them before" in again.stdout
    assert times == {path: path.stat().st_mtime_ns for path in times}

    (tmp_path / "out" / "in-talk.wav.json").unlink()
    more = run(*command[:-1], "json", "txt", cwd=tmp_path)
    assert "4 files: 2 done, 2 failed." in more.stdout
    assert json.loads((tmp_path / "out" / "in-talk.wav.json").read_text())["id"] == said["id"], "made anew"
    assert (tmp_path / "out" / "in-talk.wav.txt").exists()

    other = run("batch", "in/talk.wav", "-o", "out", "-f", "json", "--no-diarize", cwd=tmp_path)
    assert other.returncode == 0
    assert (tmp_path / "out" / "talk.json").exists()


@pytest.mark.parametrize("output", ["-", "talk.wav"])
def test_a_batch_needs_a_folder(tmp_path: Path, output: str) -> None:
    talk = _silence(tmp_path / "talk.wav", 0.5)
    before = talk.read_bytes()
    done = run("batch", "talk.wav", "-o", output, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "folder" in done.stderr or "directory" in done.stderr
    assert "Traceback" not in done.stderr
    assert talk.read_bytes() == before


def test_a_batch_does_not_replace_what_is_not_its_own(tmp_path: Path) -> None:
    _silence(tmp_path / "talk.wav", 0.5)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "talk.txt").write_text("mine")
    refused = run("batch", "talk.wav", "-o", "out", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert (tmp_path / "out" / "talk.txt").read_text() == "mine"
    assert run("batch", "talk.wav", "-o", "out", "--overwrite", "-q", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out" / "talk.txt").read_text() != "mine"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_was_stopped_goes_on_where_it_was(talk: Path, tmp_path: Path, number: signal.Signals) -> None:
    shutil.copy(talk, tmp_path / "a.wav")
    _long(talk, tmp_path / "b.wav", 20)
    command = ("batch", "a.wav", "b.wav", "-o", "out", "--jobs", "1")
    process = _start(command, tmp_path)
    _until((tmp_path / "out" / "a.txt").exists)
    time.sleep(3)
    children = _children(process.pid)
    process.send_signal(number) if number == signal.SIGKILL else os.killpg(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[number], said
    assert "Traceback" not in said
    _until(lambda: not _alive(children), 10)
    stamp = (tmp_path / "out" / "a.txt").stat().st_mtime_ns
    again = run(*command, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "2 done (1 of them before)" in again.stdout
    assert (tmp_path / "out" / "a.txt").stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_two_batches_do_not_write_into_one_folder(talk: Path, tmp_path: Path) -> None:
    _long(talk, tmp_path / "long.wav", 30)
    first = _start(["batch", "long.wav", "-o", "out"], tmp_path)
    try:
        _until((tmp_path / "out" / ".audapolis" / "batch.json").exists)
        second = run("batch", "long.wav", "-o", "out", cwd=tmp_path)
        assert second.returncode == 2
        assert "Another batch" in second.stderr
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)


def test_export_turns_a_transcript_into_other_formats(transcript: bytes, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_bytes(transcript)
    assert "WEBVTT" in run("export", "talk.json", "-f", "vtt", cwd=tmp_path).stdout
    done = run("export", "talk.json", "-o", "talk.srt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "-->" in (tmp_path / "talk.srt").read_text()
    assert run("export", "talk.json", "-o", "talk.srt", cwd=tmp_path).returncode == 2
    assert run("export", "talk.json", "-o", "talk.srt", "--overwrite", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json", "-f", "txt"], "nowhere.json"),
        (["broken.json", "-f", "txt"], "Transcript"),
        (["talk.json", "-f", "vvt"], "Did you mean 'vtt'?"),
        (["talk.json", "-f", "srt", "-O", "no_such_option=1"], "no_such_option"),
        (["talk.json", "-f", "srt", "-O", "nonsense"], "nonsense"),
        (["talk.json", "-f", "json", "-o", "talk.json", "--overwrite"], "would replace"),
    ],
)
def test_bad_exports_are_told(transcript: bytes, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "talk.json").write_bytes(transcript)
    (tmp_path / "broken.json").write_text('{"schema": "something else"}')
    done = run("export", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert not done.stdout


def test_the_options_of_one_format_can_be_asked_for() -> None:
    told = run("formats", "resolve-markers").stdout
    assert told.startswith("resolve_markers: DaVinci Resolve marker list (.markers.edl, ")
    assert re.search(r"^drop_frame +auto or yes or no +auto +Drop-frame timecode", told, flags=re.MULTILINE)
    refused = run("formats", "sr")
    assert refused.returncode == 2
    assert "Did you mean 'srt'" in refused.stderr


def test_formats_are_listed_for_people_and_programs() -> None:
    listed = json.loads(run("formats", "--json").stdout)
    ids = [each["id"] for each in listed]
    assert {"txt", "json", "srt", "vtt", "rttm", "audapolis"} <= set(ids)
    assert all({"id", "name", "extension"} <= each.keys() for each in listed)
    text = run("formats").stdout
    assert all(name in text for name in ids)


def test_the_doctor_tells_what_works(tmp_path: Path) -> None:
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    names = {each["name"]: each for each in found["capabilities"]}
    assert names["pocketsphinx"]["available"]
    assert all(each["available"] or (each["reason"] and each["remedy"]) for each in names.values())
    assert found["libav"]["libavcodec"]
    assert "pocketsphinx" in run("doctor").stdout


def test_the_server_tells_its_address_and_token_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    process = _start(["serve", "--port", "0", "--data-dir", str(tmp_path / "data")], tmp_path)
    assert process.stderr is not None
    said = process.stderr.readline() + process.stderr.readline()
    address, token = re.search(r"(http://127\.0\.0\.1:\d+)\nToken: (\S+)", said).groups()  # type: ignore[union-attr]
    request = Request(f"{address}/tasks/list/", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=10) as answer:
        assert json.loads(answer.read()) == []
    children = _children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    out, rest = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, ""), rest
    assert "Traceback" not in rest
    _until(lambda: not _alive(children), 5)


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]), "--data-dir", tmp_path)
    assert done.returncode == 2
    assert "in use" in done.stderr


def test_what_nobody_expected_is_one_line_and_how_to_report_it(tmp_path: Path) -> None:
    code = (
        "import sys, audapolis.cli as cli\ncli._formats = lambda args, console: 1 / 0\nsys.exit(cli.main(sys.argv[1:]))"
    )
    for options, traced in ((["formats"], False), (["formats", "--verbose"], True)):
        done = subprocess.run([sys.executable, "-c", code, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "ZeroDivisionError" in done.stderr
        assert "report" in done.stderr
        assert ("Traceback" in done.stderr) is traced
