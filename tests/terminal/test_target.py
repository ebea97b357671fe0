"""Where results go is decided the same way every time."""

from pathlib import Path

import pytest
from audapolis.errors import InvalidOption, UnknownName
from audapolis.terminal.target import Target, choose_target

EXTENSIONS = {"txt": "txt", "json": "json", "srt": "srt", "rttm": "rttm"}


def _choose(output: str | None, *formats: str, rttm: bool = False, inputs: int = 1) -> Target:
    return choose_target(output, formats, rttm=rttm, inputs=inputs, extensions=EXTENSIONS)


@pytest.mark.parametrize("output", [None, "-"])
def test_nothing_and_a_dash_mean_standard_output_in_plain_text(output: str | None) -> None:
    target = _choose(output)
    assert (target.file, target.folder, target.formats) == (None, None, ("txt",))
    assert _choose(output, "json").formats == ("json",)
    assert _choose(output, rttm=True).formats == ("rttm",)


def test_standard_output_takes_one_format() -> None:
    for formats, rttm in ((["txt", "json"], False), (["txt"], True)):
        with pytest.raises(InvalidOption, match="standard output"):
            _choose(None, *formats, rttm=rttm)


def test_a_folder_is_told_by_what_is_there_or_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "there.d").mkdir()
    assert _choose(str(tmp_path / "there.d")).folder == tmp_path / "there.d"
    assert _choose(str(tmp_path / "new")).folder == tmp_path / "new"
    assert _choose(f"{tmp_path}/new.d/").folder == tmp_path / "new.d"
    assert _choose(str(tmp_path / "v1.5"), inputs=2).folder == tmp_path / "v1.5"
    assert _choose(str(tmp_path / "v1.5"), "txt", "srt").folder == tmp_path / "v1.5"


def test_a_file_is_told_by_its_extension_which_also_names_the_format(tmp_path: Path) -> None:
    target = _choose(str(tmp_path / "said.SRT"))
    assert (target.file, target.formats) == (tmp_path / "said.SRT", ("srt",))
    assert _choose(str(tmp_path / "said.srt"), "json").formats == ("json",)
    assert _choose("/dev/null").file == Path("/dev/null")
    with pytest.raises(UnknownName, match="'srt'"):
        _choose("said.srtt")


def test_several_results_do_not_go_into_one_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    for output in (tmp_path / "all.srt", tmp_path / "notes"):
        with pytest.raises(InvalidOption, match="one file"):
            _choose(str(output), inputs=2)


def test_speaker_turns_go_beside_the_file(tmp_path: Path) -> None:
    target = _choose(str(tmp_path / "said.txt"), rttm=True)
    recording = Path("/a/talk.wav")
    assert target.results([recording]) == {recording: {"txt": tmp_path / "said.txt", "rttm": tmp_path / "said.rttm"}}


def test_no_result_replaces_a_recording_not_even_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_bytes(b"really sound")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(InvalidOption, match="replace the recording"):
        _choose(str(tmp_path / "link")).results([tmp_path / "talk.txt"])
