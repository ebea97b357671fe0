"""What is forgotten is gone from every answer, and from the file."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from audapolis.analytics.facts import (
    ChangeFact,
    ExportFact,
    Fact,
    FailureFact,
    FallbackFact,
    FeedbackFact,
    JobFact,
    LoadFact,
    Sample,
    StageFact,
)
from audapolis.analytics.history import database as database_module
from audapolis.analytics.history.store import History
from audapolis.analytics.span import Period

NOW = 1_700_000_000.0


def identity(kind: str, n: int) -> str:
    return f"{kind}-{random.Random(f'{kind}{n}').getrandbits(128):032x}"


def about(n: int) -> list[Fact]:
    """Everything about job `n` of the client `n % 7`, on the recording `n % 11`: nine facts."""
    job_id, transcript_id, at = identity("job", n), identity("transcript", n), NOW + n
    client, recording = identity("client", n % 7), identity("recording", n % 11)
    whose = {"client": client, "recording": recording}
    done = {"outcome": "done", "transcript_id": transcript_id, "queued_at": at - 9}
    return [
        StageFact(at=at - 2, job_id=job_id, stage="decode", began_at=at - 3),
        StageFact(at=at - 1, job_id=job_id, stage="transcribe", began_at=at - 2),
        FailureFact(at=at - 1, kind="attempt", error="worker_lost", job_id=job_id, **whose),  # type: ignore[arg-type]
        FallbackFact(at=at, job_id=job_id, wanted="cuda:0", used="cpu", reason="no_memory"),
        LoadFact(at=at, what="cold", model="small", job_id=job_id),
        JobFact(at=at, job_id=job_id, **done, **whose),  # type: ignore[arg-type]
        FeedbackFact(at=at + 1, job_id=job_id, kind="rating", stars=5),
        ExportFact(at=at + 1, format="srt", transcript_id=transcript_id),
        ExportFact(at=at + 2, format="vtt", transcript_id=transcript_id),
    ]


@pytest.fixture
def filled(history: History) -> History:
    """Enough of it that pages were split and joined, some of it kept by column."""
    for first in range(0, 2500, 20):
        numbers = range(first, first + 20)
        history.write([fact for n in numbers for fact in about(n)], [Sample("cpu.load", NOW + n, 1.0) for n in numbers])
    history.write([ChangeFact(at=NOW, what="setting", key="workers.count")])
    history.thin_out(NOW + 3600)
    return history


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def count(history: History) -> int:
    tables = ("jobs", "stages", "failures", "fallbacks", "loads", "exports", "feedback", "changes")
    return sum(len(history.frame(table, None, ["at"])) for table in tables)


def test_a_job_is_forgotten_with_everything_about_it(filled: History, path: Path) -> None:
    for n in (0, 1234, 2499):
        names = (identity("job", n).encode(), identity("transcript", n).encode())
        assert all(name in on_disk(path) for name in names)
        assert filled.forget_job(identity("job", n)) == 9
        assert not any(name in on_disk(path) for name in names)
        assert filled.forget_job(identity("job", n)) == 0
    assert count(filled) == 2497 * 9 + 1
    assert identity("job", 5).encode() in on_disk(path)


def test_a_client_is_forgotten_with_all_jobs(filled: History, path: Path) -> None:
    own = [n for n in range(2500) if n % 7 == 3]
    assert filled.forget_client(identity("client", 3)) == len(own) * 9
    left = on_disk(path)
    assert identity("client", 3).encode() not in left
    assert not any(identity(kind, n).encode() in left for n in own for kind in ("job", "transcript"))
    assert identity("client", 4).encode() in left
    assert count(filled) == (2500 - len(own)) * 9 + 1


def test_a_recording_is_forgotten_with_all_jobs(filled: History, path: Path) -> None:
    own = [n for n in range(2500) if n % 11 == 0]
    assert filled.forget_recording(identity("recording", 0)) == len(own) * 9
    left = on_disk(path)
    assert identity("recording", 0).encode() not in left
    assert not any(identity("job", n).encode() in left for n in own)
    assert count(filled) == (2500 - len(own)) * 9 + 1


def test_a_failure_that_belongs_to_no_job_is_forgotten_with_its_client(history: History) -> None:
    history.write([FailureFact(at=NOW, kind="export", error="export_failed", client="one", recording="two")])
    history.write([JobFact(at=NOW, job_id="a", queued_at=NOW, outcome="done", client="other")])
    assert history.forget_client("one") == 1
    assert count(history) == 1


def test_everything_can_be_forgotten(filled: History, path: Path) -> None:
    assert filled.forget_all() > 2500 * 9
    assert count(filled) == 0
    assert filled.curves("cpu.load", Period(0, 2 * NOW)) == []
    left = on_disk(path)
    assert not any(word in left for word in (b"job-", b"client-", b"recording-", b"transcribe", b"cpu.load"))
    filled.write(about(1), [Sample("cpu.load", NOW, 1.0)])
    assert len(filled.curves("cpu.load", Period(0, 2 * NOW))) == 1


def test_another_process_that_knew_the_series_goes_on_after_all_was_forgotten(history: History, path: Path) -> None:
    other = History(path)
    other.write((), [Sample("cpu.load", NOW, 1.0), Sample("cpu.iowait", NOW, 1.0)])
    history.forget_all()
    history.write((), [Sample("queue.oldest_s", NOW, 1.0)])
    other.write((), [Sample("cpu.iowait", NOW, 1.0)])
    assert [len(history.curves(name, Period(0, 2 * NOW))) for name in ("cpu.load", "cpu.iowait")] == [0, 1]
    other.close()


@pytest.mark.parametrize("forget", ["forget_job", "forget_client", "forget_recording"])
def test_nobody_in_particular_is_not_forgotten(history: History, forget: str) -> None:
    history.write(
        [JobFact(at=NOW, job_id="a", queued_at=NOW, outcome="done"), LoadFact(at=NOW, what="warm", model="x")]
    )
    assert getattr(history, forget)("") == 0
    assert count(history) == 2


def test_what_a_long_question_keeps_in_the_file_goes_when_it_is_next_thinned_out(
    filled: History, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database_module, "BUSY_S", 0.1)
    filled.close()
    asked, answered = threading.Event(), threading.Event()
    other = History(path)

    def ask() -> None:
        def wait(database: object) -> None:
            other_rows = database.execute("SELECT count(*) FROM jobs")  # type: ignore[attr-defined]
            assert other_rows.fetchone() == (2500,)
            asked.set()
            answered.wait(60)

        other._database.read(wait)

    asking = threading.Thread(target=ask)
    asking.start()
    assert asked.wait(60)
    assert filled.forget_job(identity("job", 7)) == 9
    assert "Somebody reads" in caplog.text
    assert count(filled) == 2499 * 9 + 1
    answered.set()
    asking.join()
    assert identity("job", 7).encode() in on_disk(path)
    filled.thin_out(NOW + 3600)
    assert identity("job", 7).encode() not in on_disk(path)
    other.close()
