"""Every series of the table has a source, and every source is of the table."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from audapolis.analytics.facts import ExportFact, Sample
from audapolis.analytics.history.store import History
from audapolis.analytics.sampler.inside import Kept, Queue, QueueState, Source, size_bytes
from audapolis.analytics.sampler.sampler import Sampler
from audapolis.analytics.sampler.sources import machine_sources
from audapolis.analytics.sampler.system import Disks
from audapolis.analytics.series import SERIES
from audapolis.domain.options import TranscribeOptions
from audapolis.engines.devices import MachineProbe
from audapolis.engines.leases import DeviceLeases
from audapolis.jobs.database import Database
from audapolis.jobs.record import Job, JobState
from audapolis.jobs.store import JobStore
from audapolis.stages.cache import FolderCache

from tests.engines.test_devices import DriverLibrary

from .children import child, until
from .test_system import write_disks


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    """A store with a job that waits."""
    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    database.migrate()
    opened = JobStore(database, home="here")
    opened.add(Job(id="1", name="talk", options=TranscribeOptions(), source="/nowhere", created_at=time.time() - 5))
    yield opened
    database.close()


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """A history with a fact in it."""
    opened = History(tmp_path / "history.sqlite")
    opened.write([ExportFact(at=1.0, format="srt")])
    yield opened
    opened.close()


def inside(folder: Path, store: JobStore) -> dict[str, Source]:
    """What a server would hand in."""

    def queue() -> QueueState:
        waiting = store.list(JobState.QUEUED)
        oldest_s = time.time() - min(job.created_at for job in waiting)
        return QueueState({"batch": len(waiting)}, oldest_s, workers=1, busy=0)

    return {
        "queue": Queue(queue),
        "cache": Kept("cache.bytes", lambda: size_bytes(folder / "cache")),
        "history": Kept("history.bytes", lambda: size_bytes(folder / "history.sqlite")),
    }


def some_disks(folder: Path) -> Disks:
    """The machine's, or what they would be where they can't be seen."""
    disks = Disks()
    list(disks(0.0))
    time.sleep(0.02)
    if list(disks(0.0)):
        return Disks()
    (folder / "block" / "sda").mkdir(parents=True)
    write_disks(folder, ("sda", 1, 1, 1))
    return Disks(folder, folder / "block")


def test_every_series_has_a_source_and_every_sample_is_of_a_series(
    tmp_path: Path, store: JobStore, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", DriverLibrary())
    probe = MachineProbe({})
    FolderCache(tmp_path / "cache", 10**9, 10**9).of("recording").save("words", b"result")
    model = DeviceLeases(tmp_path / "run", probe).request(probe.devices()[0], 2**20, "whisper tiny on cuda:0")
    assert model.poll()
    with child() as worker:
        folders = {"data": tmp_path, "models": tmp_path / "models", "cache": tmp_path / "cache"}
        sources = machine_sources(folders, probe, tmp_path / "run", lambda: [worker.pid])
        sources |= {"disks": some_disks(tmp_path), **inside(tmp_path, store)}
        found: list[Sample] = []
        sampler = Sampler(sources, found.extend)

        def look() -> list[Sample]:
            found.extend(sampler.look())
            return found

        until(lambda: {sample.series for sample in look()} >= SERIES.keys())
    assert {sample.series for sample in found} == SERIES.keys()
    for sample in found:
        series = SERIES[sample.series]
        assert tuple(name for name, _ in sample.labels) == tuple(sorted(series.labels)), sample
        assert sample.value >= 0
        if series.unit == "fraction" and sample.series not in {"process.cpu", "worker.cpu"}:  # those are cores
            assert sample.value <= 1
    history.write(samples=found)
