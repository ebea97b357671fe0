"""Batches: every file is made once, what fails stops nothing else, and a stop loses nothing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.codec import from_json
from audapolis.domain.transcript import Transcript
from audapolis.errors import Conflict, InvalidDocument, UnknownName
from audapolis.export.base import Written
from audapolis.export.material import Material
from audapolis.export.workflow.ledger import BatchReport, Ledger
from audapolis.export.workflow.outputs import Output
from audapolis.export.workflow.plan import Subject, plan_batch
from audapolis.export.workflow.running import Batch, Result
from audapolis.export.workflow.targets import open_target

from tests.builders import conversation, make_transcript


class Counting(AdvancedExporter):
    """Knows which files it wrote; fails on Chinese in SCC, as the real one does, and where told to."""

    def __init__(self) -> None:
        super().__init__()
        self.wrote: list[str] = []
        self.before: Callable[[], None] = lambda: None

    def write(self, subject: Any, path: Path, format_id: str, options: Any = None, **more: Any) -> Written:
        self.before()
        self.wrote.append(format_id)
        return super().write(subject, path, format_id, options, **more)


def subject(path: str, transcript: Transcript, digest: str = "1") -> Subject:
    return Subject(Path(path), digest, lambda: Material.of(transcript))


def broken(path: str) -> Subject:
    def fail() -> Material:
        raise InvalidDocument("This is no transcript.", hint="Give another.")

    return Subject(Path(path), None, fail)


TWO = (subject("/a/talk.json", conversation()), subject("/b/Talk.json", make_transcript(("S1", 0.0, 1.0, "Hello."))))
OUTPUTS = (Output("srt"), Output("vtt"), Output("srt", {"language": "en"}))


def run(
    target: Path | str,
    exporter: Counting,
    subjects: tuple[Subject, ...] = TWO,
    outputs: tuple[Output, ...] = OUTPUTS,
    *,
    overwrite: bool = False,
    cancel: CancelToken | None = None,
) -> Result:
    opened = open_target(str(target), overwrite=overwrite)
    plan = plan_batch(subjects, outputs, exporter)
    result = Batch(plan, Ledger.of(opened.store), exporter, overwrite=overwrite).run(cancel or CancelToken())
    opened.finish(result)
    return result


def report(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return loaded


def content(target: Path) -> Mapping[str, bytes]:
    if target.is_dir():
        return {path.name: path.read_bytes() for path in target.iterdir()}
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def exporter() -> Counting:
    return Counting()


@pytest.mark.parametrize("name", ["results", "results.zip"])
def test_every_file_is_made_without_collisions_and_reported(tmp_path: Path, exporter: Counting, name: str) -> None:
    result = run(tmp_path / name, exporter)
    files = content(tmp_path / name)
    assert len(files) == 7
    assert len({name.lower() for name in files}) == 7
    assert set(result.made) == set(files) - {"report.json"}
    facts = from_json(BatchReport, files["report.json"])
    for entry in facts.files:
        assert entry.state == "done"
        assert len(files[entry.name]) == entry.size_bytes
        assert entry.checks is not None
    assert "Times of single words are left out." in next(e for e in facts.files if e.format == "srt").losses
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["results", "results.zip"])
def test_a_second_run_makes_nothing_and_changes_nothing(tmp_path: Path, exporter: Counting, name: str) -> None:
    run(tmp_path / name, exporter)
    before = content(tmp_path / name)
    exporter.wrote.clear()
    again = run(tmp_path / name, exporter)
    assert (exporter.wrote, again.made, len(again.kept)) == ([], (), 6)
    assert content(tmp_path / name) == before


@pytest.mark.parametrize("name", ["results", "results.zip"])
def test_only_what_changed_is_made_again(tmp_path: Path, exporter: Counting, name: str) -> None:
    run(tmp_path / name, exporter)
    exporter.wrote.clear()
    changed = (TWO[0], subject("/b/Talk.json", make_transcript(("S1", 0.0, 1.0, "Bye.")), digest="2"))
    result = run(tmp_path / name, exporter, changed)
    assert sorted(exporter.wrote) == ["srt", "srt", "vtt"]
    assert len(result.kept) == 3
    assert any(b"Bye." in each for each in content(tmp_path / name).values())


def test_a_result_that_somebody_deleted_or_damaged_is_made_again_or_spared(tmp_path: Path, exporter: Counting) -> None:
    first = run(tmp_path / "r", exporter)
    deleted, edited = first.made[0], first.made[1]
    (tmp_path / "r" / deleted).unlink()
    (tmp_path / "r" / edited).write_text("my own work")
    second = run(tmp_path / "r", exporter)
    assert second.made == (deleted,)
    assert second.report.count("failed") == 1
    assert (tmp_path / "r" / edited).read_text() == "my own work"
    third = run(tmp_path / "r", exporter, overwrite=True)
    assert third.made == (edited,)
    assert (tmp_path / "r" / edited).read_text() != "my own work"


def test_files_of_others_are_not_replaced_unless_told_to(tmp_path: Path, exporter: Counting) -> None:
    (tmp_path / "talk.srt").write_text("mine")
    result = run(tmp_path, exporter, TWO[:1], OUTPUTS[:2])
    assert result.made == ("talk.vtt",)
    assert [entry.error.code for entry in result.report.files if entry.error] == ["conflict"]
    (tmp_path / "mine.zip").write_text("no archive")
    with pytest.raises(Conflict, match="exists already"):
        run(tmp_path / "mine.zip", exporter)
    run(tmp_path / "mine.zip", exporter, overwrite=True)
    assert zipfile.is_zipfile(tmp_path / "mine.zip")


def test_one_failing_item_never_stops_the_others(tmp_path: Path, exporter: Counting) -> None:
    def explode() -> None:
        if not exporter.wrote:
            exporter.wrote.append("boom")
            raise KeyError("a bug")

    exporter.before = explode
    result = run(tmp_path / "r", exporter, (broken("/x/no.json"), *TWO), OUTPUTS[:2])
    assert (result.report.count("failed"), result.report.count("done")) == (3, 3)
    codes = [entry.error.code for entry in result.report.files if entry.error]
    assert codes == ["invalid_document", "invalid_document", "audapolis_error"]
    assert report(tmp_path / "r")["files"][0]["state"] in {"failed", "done"}


@pytest.mark.parametrize("name", ["results", "results.zip"])
def test_a_stopped_batch_goes_on_where_it_was(tmp_path: Path, exporter: Counting, name: str) -> None:
    cancel = CancelToken()
    exporter.before = lambda: cancel.cancel() if len(exporter.wrote) == 2 else None
    stopped = run(tmp_path / name, exporter, cancel=cancel)
    assert stopped.stopped
    assert (stopped.report.count("done"), stopped.report.count("waiting")) == (3, 3)
    assert not (tmp_path / "results.zip").exists()
    exporter.before = lambda: None
    exporter.wrote.clear()
    result = run(tmp_path / name, exporter)
    assert len(exporter.wrote) == 3
    assert result.report.count("done") == 6
    assert len(content(tmp_path / name)) == 7


def test_archives_of_the_same_are_the_same_bytes(tmp_path: Path, exporter: Counting) -> None:
    run(tmp_path / "a.zip", exporter)
    run(tmp_path / "b.zip", exporter)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_formats_and_options_are_checked_before_anything_is_written(tmp_path: Path, exporter: Counting) -> None:
    with pytest.raises(UnknownName, match="strt"):
        plan_batch(TWO, (Output("strt"),), exporter)
    with pytest.raises(UnknownName):
        plan_batch(TWO, (Output("srt", {"nothing": 1}),), exporter)
