"""Exports in the background: tried again by themselves, forgotten in time, the same wish taken once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.config import Settings
from audapolis.domain.events import Event, ExportCancelled, ExportFailed, ExportFinished, ExportStarted, FormatRendered
from audapolis.errors import Conflict, InvalidOption, NotFound, UnknownName
from audapolis.export.material import Material
from audapolis.export.workflow.clerk import RETRIES_S
from audapolis.export.workflow.outputs import Output, Preset
from audapolis.export.workflow.plan import Subject
from audapolis.export_desk import ExportDesk

from tests.builders import conversation

TASK = "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def find(subject: str) -> Subject:
    if subject == "gone":
        raise NotFound("It is gone.")
    return Subject(Path("/", subject, "talk.wav"), "1", lambda: Material.of(conversation()))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_desk(tmp_path: Path, clock: Clock) -> Callable[[], ExportDesk]:
    exports = {"targets": {"nas": str(tmp_path / "nas")}, "on_completion": ["srt@nas"], "keep_days": 1}
    settings = Settings.model_validate({"data_dir": tmp_path / "data", "exports": exports})
    return lambda: ExportDesk(lambda: settings, AdvancedExporter(), find=find, check=find, now=clock)


@pytest.fixture
def desk(open_desk: Callable[[], ExportDesk]) -> Iterator[ExportDesk]:
    opened = open_desk()
    opened.save_preset(Preset("srt", (Output("srt"),)))
    yield opened
    opened.stop()


@pytest.fixture
def told(desk: ExportDesk) -> list[Event]:
    events: list[Event] = []
    desk.subscribe(events.append)
    return events


def test_an_automatic_export_is_tried_again_and_again_and_then_given_up(
    desk: ExportDesk, clock: Clock, tmp_path: Path, told: list[Event]
) -> None:
    (tmp_path / "nas").write_text("in the way")
    [order] = desk.complete(TASK, None)
    for attempt, wait_s in enumerate(RETRIES_S, start=1):
        assert desk.clerk.make_next()
        failed = desk.orders.get(order.id)
        assert (failed.state, failed.attempts, failed.ended) == ("failed", attempt, False)
        assert failed.retry_at == clock.now + wait_s
        assert not desk.clerk.make_next()
        clock.now += wait_s
    assert desk.clerk.make_next()
    assert desk.orders.get(order.id).ended
    assert len([event for event in told if isinstance(event, ExportFinished | ExportFailed)]) == 5
    (tmp_path / "nas").unlink()
    desk.retry(order.id)
    assert desk.clerk.make_next()
    assert desk.orders.get(order.id).state == "done"


def test_the_end_of_a_task_orders_once_even_after_a_restart(
    desk: ExportDesk, open_desk: Callable[[], ExportDesk], tmp_path: Path
) -> None:
    [first] = desk.complete(TASK, None)
    assert [first] == desk.complete(TASK, None)
    assert desk.clerk.make_next()
    again = open_desk()
    [known] = again.complete(TASK, None)
    assert (known.id, known.state) == (first.id, "done")
    assert not again.clerk.make_next()
    assert {path.name for path in (tmp_path / "nas" / "srt-6d0b3c1e").iterdir()} == {"talk.srt", "report.json"}


def test_what_a_task_wants_for_itself_wins_over_the_settings(desk: ExportDesk) -> None:
    assert desk.complete(TASK, ()) == []
    [own] = desk.complete(TASK, ("srt",))
    assert own.target == ""
    with pytest.raises(NotFound):
        desk.check_wishes(["gone"])
    with pytest.raises(UnknownName):
        desk.check_wishes(["srt@moon"])
    desk.check_wishes(["srt", "srt@nas"])


def test_a_transcript_that_is_gone_spoils_only_its_own_files(desk: ExportDesk, told: list[Event]) -> None:
    order = desk.submit(["a", "b"], [Output("srt")])
    desk.orders.change(order.id, subjects=("a", "gone"))
    desk.clerk.make_next()
    ended = desk.orders.get(order.id)
    assert (ended.state, ended.failed, ended.total, ended.ended) == ("failed", 1, 2, True)
    assert [type(event) for event in told] == [ExportStarted, FormatRendered, ExportFinished]
    assert desk.archive(order.id).exists()
    assert b'"not_found"' in desk.report(order.id)


def test_an_unfinished_order_is_taken_up_at_the_next_start(
    desk: ExportDesk, open_desk: Callable[[], ExportDesk]
) -> None:
    order = desk.submit(["a"], [Output("srt")])
    desk.orders.change(order.id, state="running")  # as if killed
    again = open_desk()
    again.start()
    try:
        for _ in range(200):
            if again.orders.get(order.id).ended:
                break
            again.clerk.sleep(0.05)
    finally:
        again.stop()
    assert again.orders.get(order.id).state == "done"


def test_a_cancelled_order_is_not_made(desk: ExportDesk, told: list[Event]) -> None:
    order = desk.submit(["a"], [Output("srt")])
    desk.cancel(order.id)
    assert not desk.clerk.make_next()
    assert [type(event) for event in told] == [ExportCancelled]
    with pytest.raises(Conflict):
        desk.cancel(order.id)
    with pytest.raises(Conflict):
        desk.report(order.id)
    with pytest.raises(Conflict):
        desk.archive(order.id)


def test_an_order_cancelled_while_it_is_made_stops(
    desk: ExportDesk, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = desk.submit(["a", "b"], [Output("srt"), Output("vtt")])
    write = AdvancedExporter.write

    def cancelling(*given: object, **more: object) -> object:
        made = write(*given, **more)  # type: ignore[arg-type]
        desk.cancel(order.id)
        monkeypatch.setattr(AdvancedExporter, "write", write)
        return made

    monkeypatch.setattr(AdvancedExporter, "write", cancelling)
    desk.clerk.make_next()
    assert desk.orders.get(order.id).state == "cancelled"
    assert [type(event) for event in told] == [ExportStarted, FormatRendered, ExportCancelled]
    desk.retry(order.id)
    desk.clerk.make_next()
    assert (desk.orders.get(order.id).state, desk.orders.get(order.id).done) == ("done", 4)


def test_a_deleted_order_leaves_nothing(desk: ExportDesk, tmp_path: Path) -> None:
    order = desk.submit(["a"], [Output("srt")])
    desk.clerk.make_next()
    desk.delete(order.id)
    assert list((tmp_path / "data" / "exports" / "batches").iterdir()) == []
    with pytest.raises(NotFound):
        desk.delete(order.id)


def test_what_ended_long_ago_is_forgotten(desk: ExportDesk, clock: Clock) -> None:
    order = desk.submit(["a"], [Output("srt")])
    desk.clerk.make_next()
    clock.now += 86_000
    desk.start()
    desk.clerk.sleep(0.2)
    assert desk.orders.get(order.id)
    desk.stop()
    clock.now += 1000
    desk.start()
    desk.clerk.sleep(0.2)
    desk.stop()
    with pytest.raises(NotFound):
        desk.orders.get(order.id)


def test_an_order_needs_something_to_do(desk: ExportDesk) -> None:
    for subjects, outputs in (([], [Output("srt")]), (["a"], [])):
        with pytest.raises(InvalidOption):
            desk.submit(subjects, outputs)
    with pytest.raises(NotFound):
        desk.submit(["gone"], [Output("srt")])
