from __future__ import annotations

from audapolis.domain.events import DeviceAwaited, ModelFetching, StageStarted
from audapolis.terminal.waiting import Waiting


def fetching(done_bytes: int) -> ModelFetching:
    return ModelFetching(model="small", source="https://hub/small", done_bytes=done_bytes, total_bytes=400 * 10**6)


def test_a_download_is_told_with_what_how_large_and_from_where_and_then_every_ten_per_cent() -> None:
    waiting = Waiting()
    lines = [waiting.told(fetching(percent * 4 * 10**6)) for percent in range(101)]
    said = [line for line in lines if line]
    assert said[0] == "Fetching the model small (400 MB) from https://hub/small: 0 %"
    assert said[1] == "Fetching the model small: 10 % of 400 MB"
    assert len(said) == 11


def test_waiting_for_a_device_is_said_once_and_other_events_not_at_all() -> None:
    waiting = Waiting()
    assert "cuda:0" in waiting.told(DeviceAwaited(device="cuda:0"))
    assert waiting.told(DeviceAwaited(device="cuda:0")) == ""
    assert waiting.told(StageStarted(stage="probe")) == ""
