"""The parser: options anywhere, near misses explained."""

from pathlib import Path

import pytest
from audapolis.cli import build_parser
from audapolis.errors import InvalidOption
from audapolis.terminal.options import read_options


def _complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(arguments)
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert not captured.out
    return captured.err


def test_options_may_stand_between_files() -> None:
    args = build_parser().parse_args(["transcribe", "a.wav", "-o", "out", "b.wav", "--no-diarize", "c.wav"])
    assert args.files == ["a.wav", "b.wav", "c.wav"]
    assert args.output == "out"
    assert args.diarize is False


def test_after_two_dashes_everything_is_a_file() -> None:
    args = build_parser().parse_args(["transcribe", "-q", "--", "-talk.wav", "--quiet"])
    assert args.files == ["./-talk.wav", "./--quiet"]
    assert args.quiet


@pytest.mark.parametrize(
    "typed",
    [
        ["-f", "srt", "-f", "vtt", "talk.wav"],
        ["-f", "srt,vtt", "talk.wav"],
        ["talk.wav", "-f", "srt", "vtt"],
        ["-f", "srt", "vtt", "talk.wav"],
        ["-f", "srt", "-f", "vtt", "--", "talk.wav"],
    ],
)
def test_all_ways_to_name_several_formats_mean_the_same(typed: list[str]) -> None:
    args = build_parser().parse_args(["transcribe", *typed])
    assert args.formats == ["srt", "vtt"]
    files = [*args.files, *getattr(args, "more_files", [])]
    assert [name.removeprefix("./") for name in files] == ["talk.wav"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["transcibe", "a.wav"], "'transcribe'"),
        (["transcribe", "a.wav", "--overwite"], "'--overwrite'"),
        (["transcribe", "--speeker=2", "a.wav"], "'--speakers'"),
        (["transcribe", "a.wav", "--no-diarise"], "'--no-diarize'"),
        (["transcribe", "a.wav", "--mode", "acurate"], "'accurate'"),
        (["batch", "a", "-o", "b", "--job", "2"], "'--jobs'"),
        (["--versoin"], "'--version'"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest(
    typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _complaint(capsys, *typed)
    assert f"Did you mean {meant}?" in said
    assert "usage:" not in said


def test_a_file_with_a_leading_dash_is_explained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-talk.wav").write_bytes(b"")
    assert "./-talk.wav" in _complaint(capsys, "transcribe", "-talk.wav")


@pytest.mark.parametrize("typed", [["--speakers", "0"], ["--min-speakers", "two"], ["--audio-track", "-1"]])
def test_numbers_out_of_range_are_refused(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert typed[0] in _complaint(capsys, "transcribe", "a.wav", *typed)


def test_commands_that_do_not_exist_yet_are_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("watch", "bench", "keys"):
        assert "unknown command" in _complaint(capsys, name)


def test_speaker_numbers_become_bounds() -> None:
    def bounds(*typed: str) -> tuple[int, int | None]:
        options = read_options(build_parser().parse_args(["transcribe", "a.wav", *typed]))
        return options.min_speakers, options.max_speakers

    assert bounds() == (1, None)
    assert bounds("--speakers", "3") == (3, 3)
    assert bounds("--min-speakers", "2", "--max-speakers", "4") == (2, 4)
    for typed in (["--speakers", "2", "--max-speakers", "3"], ["--min-speakers", "4", "--max-speakers", "3"]):
        with pytest.raises(InvalidOption):
            bounds(*typed)
