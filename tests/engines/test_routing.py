"""Where a job is done soonest, and how much memory it takes."""

from __future__ import annotations

from math import inf, isfinite
from pathlib import Path

import pytest
from audapolis.engines.footprint import predicted_bytes
from audapolis.engines.leases import Held, Queue
from audapolis.engines.measured import Measured
from audapolis.engines.routing import Candidate, finish_s, presumed_speed, soonest, wait_s
from hypothesis import given
from hypothesis import strategies as st

GIB = 2**30
seconds = st.floats(0, 1e5)
speeds = st.floats(0.01, 1e3)
candidates = st.builds(Candidate, name=st.text(max_size=3), speed=speeds, load_s=seconds, wait_s=seconds)


def test_a_short_clip_goes_to_the_processor_while_the_gpu_is_busy_and_a_long_one_waits() -> None:
    gpu = Candidate("gpu", speed=40, load_s=0, wait_s=60)
    cpu = Candidate("cpu", speed=4, load_s=2)
    assert soonest(30, [gpu, cpu]) is cpu
    assert soonest(3600, [gpu, cpu]) is gpu


@given(seconds, st.lists(candidates, min_size=1, max_size=5))
def test_nothing_is_done_sooner_than_at_the_place_chosen(sound_s: float, places: list[Candidate]) -> None:
    best = soonest(sound_s, places)
    assert all(finish_s(sound_s, best) <= finish_s(sound_s, other) for other in places)


@given(seconds, seconds, candidates)
def test_more_sound_never_takes_less_time(some_s: float, more_s: float, place: Candidate) -> None:
    assert finish_s(some_s, place) <= finish_s(some_s + more_s, place)


@given(seconds, candidates, seconds)
def test_waiting_longer_never_makes_a_place_better(sound_s: float, place: Candidate, later_s: float) -> None:
    later = Candidate(place.name, place.speed, place.load_s, place.wait_s + later_s)
    assert finish_s(sound_s, later) >= finish_s(sound_s, place)


sizes = st.integers(0, 8)
held = st.builds(Held, size_bytes=sizes, for_s=st.none() | st.floats(0, 1e4), idle=st.booleans())
waiting = st.lists(st.tuples(sizes, st.floats(0, 1e4)), max_size=4).map(tuple)
queues = st.builds(Queue, free_bytes=st.integers(-4, 16), held=st.lists(held, max_size=4).map(tuple), waiting=waiting)


def test_an_empty_device_is_not_waited_for() -> None:
    assert wait_s(Queue(8, (), ()), 8) == 0


def test_what_will_never_fit_is_waited_for_for_ever() -> None:
    assert wait_s(Queue(2, (Held(2, 5.0, False),), ()), 8) == inf


def test_idle_memory_is_given_up_at_once_and_work_is_waited_for() -> None:
    assert wait_s(Queue(0, (Held(4, None, True),), ()), 4) == 0
    assert wait_s(Queue(0, (Held(4, 25.0, False),), ()), 4) == 25
    assert wait_s(Queue(0, (Held(4, 25.0, False),), ((4, 100.0),)), 4) == 125


@given(queues, sizes)
def test_asking_for_less_never_means_waiting_longer(queue: Queue, size: int) -> None:
    assert wait_s(queue, size) <= wait_s(queue, size + 1)


@given(queues, sizes, st.tuples(sizes, st.floats(0.1, 1e4)))
def test_one_more_ahead_never_means_waiting_less(queue: Queue, size: int, more: tuple[int, float]) -> None:
    longer = Queue(queue.free_bytes, queue.held, (*queue.waiting, more))
    assert wait_s(longer, size) >= wait_s(queue, size)


@given(queues, sizes)
def test_who_fits_behind_the_queue_when_all_is_given_back_waits_for_a_finite_time(queue: Queue, size: int) -> None:
    everything = queue.free_bytes + sum(each.size_bytes for each in queue.held)
    fits = max([size, *(wanted for wanted, _ in queue.waiting)]) <= everything
    assert isfinite(wait_s(queue, size)) == fits


@pytest.mark.parametrize(
    ("file_mb", "precision", "batch_size", "published_mb"),
    [
        (3087, "float16", 1, 4525),
        (3087, "int8", 1, 2926),
        (3087, "float16", 8, 6090),
        (3087, "int8", 8, 4500),
        (1620, "float16", 1, 2537),
        (1620, "int8", 1, 1545),
        (1515, "float16", 1, 2409),
        (1515, "int8", 1, 1481),
    ],
)
def test_predicted_gpu_memory_is_near_published_peaks(
    file_mb: int, precision: str, batch_size: int, published_mb: int
) -> None:
    predicted = predicted_bytes(file_mb * 10**6, precision, batch_size, on_gpu=True)
    assert 0.98 < predicted / (published_mb * 10**6) < 1.15


@given(st.integers(10**6, 10**10), st.integers(1, 32), st.booleans())
def test_larger_batches_and_wider_numbers_take_more_memory(file_bytes: int, batch: int, on_gpu: bool) -> None:
    small = predicted_bytes(file_bytes, "int8", batch, on_gpu=on_gpu)
    assert small < predicted_bytes(file_bytes, "int8", batch + 1, on_gpu=on_gpu)
    assert small < predicted_bytes(file_bytes, "float16", batch, on_gpu=on_gpu)


def test_a_gpu_is_presumed_faster_than_a_processor() -> None:
    assert presumed_speed("cuda", GIB, 4, 8) > presumed_speed("cpu", GIB, 4, 8)


def test_what_was_measured_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "measured" / "engines.json"
    measured = Measured(path)
    assert (measured.memory_bytes("small"), measured.speed("small")) == (None, None)
    measured.note_memory("small", 1000)
    measured.note_speed("small", sound_s=100, wall_s=10)
    again = Measured(path)
    assert again.memory_bytes("small") == 1100
    assert again.speed("small") == 10


def test_speed_follows_what_is_seen_without_jumping(tmp_path: Path) -> None:
    measured = Measured(tmp_path / "engines.json")
    for _ in range(30):
        measured.note_speed("small", 100, 10)
    measured.note_speed("small", 100, 50)
    assert 2 < (measured.speed("small") or 0) < 10
    for _ in range(30):
        measured.note_speed("small", 100, 50)
    assert measured.speed("small") == pytest.approx(2, rel=0.01)


def test_where_nothing_can_be_written_nothing_is_learnt_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    measured = Measured(tmp_path / "file" / "engines.json")
    measured.note_memory("small", 1000)
    assert measured.memory_bytes("small") is None
