"""Results that one job leaves to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from audapolis.domain.events import CacheLooked, Event, StageStarted
from audapolis.domain.options import TranscribeOptions
from audapolis.stages.base import Stage, StageContext
from audapolis.stages.cache import FolderCache
from audapolis.stages.runner import run_stages
from audapolis.stages.work import Work


@dataclass(frozen=True)
class Sound:
    path: str
    text: str
    duration_s: float = 0.0


class Record(Stage[Sound]):
    """Writes a file and counts how often it did."""

    name, after, leaves, result_type = "decode", (), "pcm", Sound
    heeds, cached = ("audio_track",), True

    def __init__(self, setting: int = 0) -> None:
        self.runs = 0
        self.setting = setting

    def run(self, work: Any, context: StageContext) -> Sound:
        self.runs += 1
        path = context.workdir / "audio.pcm"
        path.unlink(missing_ok=True)
        path.write_text(f"sound {self.runs}")
        return Sound(str(path), f"run {self.runs}")

    def basis(self, work: Any) -> Any:
        return self.setting

    def sound_of(self, result: Sound) -> str:
        return result.path

    def with_sound(self, result: Sound, path: Path) -> Sound:
        return replace(result, path=str(path))


class Listen(Stage[str]):
    name, after, leaves, result_type = "speech", ("decode",), "chunks", str
    cached = True

    def __init__(self) -> None:
        self.runs = 0

    def run(self, work: Any, context: StageContext) -> str:
        self.runs += 1
        return f"speech in {work.pcm.text}"


@pytest.fixture
def cache(tmp_path: Path) -> FolderCache:
    return FolderCache(tmp_path / "cache", 10**6, 3600)


@pytest.fixture
def run(tmp_path: Path, cache: FolderCache) -> Any:
    """Runs stages as another job each time, on the recording with the given digest."""
    jobs = iter(range(100))

    def run_job(
        *stages: Stage[Any], recording: str = "ab", track: int | None = None, keep: bool = True
    ) -> tuple[Work, list[bool]]:
        workdir = tmp_path / f"job-{next(jobs)}"
        workdir.mkdir()
        work = Work(Path("x.wav"), "x.wav", TranscribeOptions(audio_track=track))
        work.probed = SimpleNamespace(sha256=recording)  # type: ignore[assignment]
        events: list[Event] = []
        run_stages(stages, work, StageContext(workdir, emit=events.append, cache=cache if keep else None))
        return work, [event.resumed for event in events if isinstance(event, StageStarted)]

    return run_job


def test_the_second_job_on_a_recording_repeats_nothing(run: Any) -> None:
    stages = Record(), Listen()
    run(*stages)
    work, resumed = run(*stages)
    assert resumed == [True, True]
    assert [stage.runs for stage in stages] == [1, 1]
    assert work.chunks == "speech in run 1"


def test_the_sound_comes_with_it_into_the_job_s_own_folder(run: Any) -> None:
    stage = Record()
    first, _ = run(stage)
    second, _ = run(stage)
    assert Path(second.pcm.path).parent != Path(first.pcm.path).parent
    assert Path(second.pcm.path).read_text() == "sound 1"


def test_without_its_sound_a_result_is_made_anew(run: Any, tmp_path: Path) -> None:
    stage = Record()
    run(stage)
    next((tmp_path / "cache").rglob("*.pcm")).unlink()
    work, resumed = run(stage)
    assert resumed == [False]
    assert Path(work.pcm.path).read_text() == "sound 2"


def test_another_recording_option_setting_or_earlier_result_repeats_the_stage(run: Any) -> None:
    stages = Record(), Listen()
    run(*stages)
    assert run(*stages, recording="cd")[1] == [False, False]
    assert run(*stages, track=1)[1] == [False, False]
    assert run(Record(setting=1), Listen())[1] == [False, False], "speech was found in other sound"
    assert run(*stages)[1] == [True, True]


def test_a_result_of_another_shape_is_made_anew(run: Any, tmp_path: Path) -> None:
    stage = Record()
    run(stage)
    for path in (tmp_path / "cache").rglob("decode-*"):
        path.write_bytes(b"{}")
    assert run(stage)[1] == [False]


def test_who_wants_nothing_reused_gets_nothing_reused_or_kept(run: Any, tmp_path: Path) -> None:
    stage = Record()
    run(stage, keep=False)
    assert not (tmp_path / "cache").exists()
    run(stage)
    assert run(stage, keep=False)[1] == [False]


def test_it_is_told_whether_earlier_results_were_there(tmp_path: Path, cache: FolderCache) -> None:
    def looked(job: str, *stages: Stage[Any], keep: bool = True, digest: bool = True) -> list[tuple[str, int, int]]:
        (tmp_path / job).mkdir()
        work = Work(Path("x.wav"), "x.wav", TranscribeOptions())
        if digest:
            work.probed = SimpleNamespace(sha256="ab")  # type: ignore[assignment]
        events: list[Event] = []
        run_stages(stages, work, StageContext(tmp_path / job, emit=events.append, cache=cache if keep else None))
        return [(event.stage, event.looks, event.hits) for event in events if isinstance(event, CacheLooked)]

    assert looked("1", Record(), Listen()) == [("decode", 1, 0), ("speech", 1, 0)]
    assert looked("2", Record(), Listen()) == [("decode", 1, 1), ("speech", 1, 1)]
    assert looked("3", Record(setting=1), Listen()) == [("decode", 1, 0), ("speech", 1, 0)]
    assert looked("4", Record(), keep=False) == []
    assert looked("5", Record(), digest=False) == []
