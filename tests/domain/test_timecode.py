"""Frame arithmetic and SMPTE labels."""

from __future__ import annotations

from fractions import Fraction

import opentimelineio.opentime as otio
import pytest
from audapolis.domain.timecode import Timebase, parse_rate, timebase_of
from audapolis.errors import InvalidOption
from hypothesis import given
from hypothesis import strategies as st

RATES = ["24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "120000/1001"]
TIMEBASES = [Timebase(parse_rate(rate)) for rate in RATES] + [
    Timebase(parse_rate(rate), drop_frame=True) for rate in ("30000/1001", "60000/1001", "120000/1001")
]
timebases = st.sampled_from(TIMEBASES)


@given(timebases, st.floats(0, 1, exclude_max=True))
def test_every_frame_of_a_day_survives_its_label(timebase: Timebase, part: float) -> None:
    frame = int(part * timebase.frames_per_day)
    assert timebase.parse(timebase.format(frame)) == frame


@given(timebases, st.integers(0, 200_000_000))
def test_frames_survive_seconds(timebase: Timebase, frame: int) -> None:
    assert timebase.frames(timebase.seconds(frame)) == frame
    assert timebase.frame_at(timebase.seconds(frame)) == frame


@given(timebases, st.floats(0, 1, exclude_max=True))
def test_later_frames_have_later_labels(timebase: Timebase, part: float) -> None:
    frame = int(part * (timebase.frames_per_day - 1))
    assert timebase.format(frame) < timebase.format(frame + 1)


@pytest.mark.parametrize("timebase", TIMEBASES[-3:-1])
def test_drop_frame_skips_exactly_the_first_labels_of_minutes_not_divisible_by_ten(
    timebase: Timebase,
) -> None:
    drop = timebase.nominal // 15
    labels = [timebase.format(frame) for frame in range(timebase.parse("00:20:00;00"))]
    expected = [
        f"00:{minute:02d}:{second:02d};{frame:02d}"
        for minute in range(20)
        for second in range(60)
        for frame in range(timebase.nominal)
        if not (minute % 10 and second == 0 and frame < drop)
    ]
    assert labels == expected


@pytest.mark.parametrize(
    ("rate", "drop", "frame", "label"),
    [
        ("29.97", True, 1799, "00:00:59;29"),
        ("29.97", True, 1800, "00:01:00;02"),
        ("29.97", True, 17981, "00:09:59;29"),
        ("29.97", True, 17982, "00:10:00;00"),
        ("29.97", True, 107892, "01:00:00;00"),
        ("59.94", True, 215784, "01:00:00;00"),
        ("59.94", True, 3600, "00:01:00;04"),
        ("29.97", False, 107892, "00:59:56:12"),
        ("25", False, 90000, "01:00:00:00"),
        ("23.976", False, 86400, "01:00:00:00"),
    ],
)
def test_known_labels(rate: str, drop: bool, frame: int, label: str) -> None:
    timebase = timebase_of(rate, drop_frame=drop)
    assert timebase.format(frame) == label
    assert timebase.parse(label) == frame


def test_drop_frame_keeps_step_with_the_wall_clock_for_a_day() -> None:
    timebase = timebase_of("29.97", drop_frame=True)
    hour_s = timebase.seconds(timebase.parse("23:59:00;02"))
    assert abs(hour_s - (23 * 3600 + 59 * 60)) < Fraction(1, 10)


def test_opentimelineio_labels_the_same_frames_the_same_way() -> None:
    for rate, drop in (("30000/1001", True), ("60000/1001", True), ("25", False), ("24000/1001", False)):
        timebase = timebase_of(rate, drop_frame=drop)
        for frame in range(0, timebase.frames_per_day, 99_991):
            time = otio.RationalTime(frame, float(timebase.rate))

            assert time.to_timecode(float(timebase.rate), drop) == timebase.format(frame)


def test_the_clock_wraps_after_a_day() -> None:
    for timebase in TIMEBASES:
        assert timebase.format(timebase.frames_per_day) == timebase.format(0)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("23.976", "24000/1001"),
        ("23.98", "24000/1001"),
        ("29.97", "30000/1001"),
        ("59.94", "60000/1001"),
        ("119.88", "120000/1001"),
        ("25", "25"),
        ("12.5", "25/2"),
        ("30000/1001", "30000/1001"),
        ("2997/100", "30000/1001"),
    ],
)
def test_usual_short_forms_are_read_exactly(text: str, rate: str) -> None:
    assert parse_rate(text) == Fraction(rate)
    assert parse_rate(float(Fraction(text))) == Fraction(rate)


@pytest.mark.parametrize("text", ["", "fast", "0", "-25", "1/0", "nan", "inf", "2000", float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(text: str | float) -> None:
    with pytest.raises(InvalidOption):
        parse_rate(text)


@pytest.mark.parametrize(
    "text", ["", "1:2", "00:00:00", "00:60:00:00", "00:00:60:00", "24:00:00:00", "00:00:00:25", "00:00:00;01"]
)
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption):
        timebase_of(25).parse(text)


def test_skipped_labels_are_refused_in_drop_frame() -> None:
    timebase = timebase_of("29.97", drop_frame=True)
    with pytest.raises(InvalidOption, match="skips"):
        timebase.parse("00:01:00;01")
    assert timebase.parse("00:10:00;01") == 17983
    assert timebase.parse("00:01:00:02") == 1800


@pytest.mark.parametrize("rate", ["25", "24000/1001", "30", "60"])
def test_drop_frame_exists_only_at_its_rates(rate: str) -> None:
    with pytest.raises(InvalidOption, match="drop-frame"):
        timebase_of(rate, drop_frame=True)


def test_times_that_are_none_are_refused() -> None:
    timebase = timebase_of(25)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(InvalidOption):
            timebase.frames(bad)
    with pytest.raises(InvalidOption):
        timebase.format(-1)
    with pytest.raises(InvalidOption):
        Timebase(Fraction(0))


def test_a_time_between_frames_goes_to_the_nearest_boundary() -> None:
    timebase = timebase_of(25)
    assert [timebase.frames(s) for s in (0.019, 0.02, 0.021, 0.059)] == [0, 1, 1, 1]
    assert timebase.frame_at(0.0399) == 0
