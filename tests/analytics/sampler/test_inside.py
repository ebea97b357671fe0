"""What the server tells of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audapolis.analytics.facts import Sample
from audapolis.analytics.sampler.inside import Kept, Queue, QueueState, Seldom, size_bytes

from .children import told


def test_a_kind_that_no_longer_waits_is_told_as_none_waiting() -> None:
    states = [QueueState({"batch": 3, "interactive": 1}, 12.5, 2, 2), QueueState({"batch": 1}, 0.5, 2, 1)]
    queue = Queue(lambda: states.pop(0))
    samples = list(queue(1.0))
    assert told(samples, "queue.depth", kind="interactive") == 1
    assert told(samples, "queue.oldest_s") == 12.5
    samples = list(queue(2.0))
    assert told(samples, "queue.depth", kind="interactive") == 0
    assert told(samples, "queue.depth", kind="batch") == 1
    assert (told(samples, "workers.alive"), told(samples, "workers.busy")) == (2, 1)


def test_a_size_that_cannot_be_told_has_no_sample() -> None:
    assert list(Kept("cache.bytes", lambda: None)(1.0)) == []
    assert list(Kept("history.bytes", lambda: 7)(1.0)) == [Sample("history.bytes", 1.0, 7)]


def test_what_costs_much_is_asked_seldom() -> None:
    now_s, asked = [0.0], []

    def source(at: float) -> Iterator[Sample]:
        asked.append(at)
        yield Sample("cache.bytes", at, 1.0)

    seldom = Seldom(source, 60.0, clock=lambda: now_s[0])
    told_at = []
    for second in range(0, 121, 10):
        now_s[0] = float(second)
        told_at += [sample.at for sample in seldom(second)]
    assert told_at == asked == [0, 60, 120]


def test_sizes_are_of_files_and_of_all_that_is_in_folders(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "one").write_bytes(b"1" * 10)
    (tmp_path / "deep" / "er" / "two").write_bytes(b"2" * 5)
    (tmp_path / "deep" / "er" / "round").symlink_to(tmp_path)
    (tmp_path / "file").write_bytes(b"3" * 3)
    assert size_bytes(tmp_path / "deep", tmp_path / "file", tmp_path / "gone") == 18
