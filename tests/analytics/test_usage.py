"""Who uses this installation, when, and for what."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from audapolis.analytics.facts import ExportFact
from audapolis.analytics.processing import DURATION_CLASSES
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.analytics.usage import usage, wall_clock, zone_of
from audapolis.domain.codec import to_plain
from audapolis.errors import InvalidOption
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.fact_builders import MONDAY, done, history_of, site, whole

WEEK = Period(MONDAY, MONDAY + 7 * DAY_S)


@given(
    st.lists(st.floats(0, 4e9), min_size=1, max_size=20),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_clocks_and_calendars_agree_with_the_time_zone(times: list[float], name: str) -> None:
    zone = zone_of(name)
    shown = wall_clock(np.array(times), zone)
    for row, at in enumerate(times):
        wanted = datetime.fromtimestamp(int(at), zone)  # datetime rounds what is less than a microsecond
        assert (shown["hour"][row], shown["weekday"][row]) == (wanted.hour, wanted.weekday())


def test_zones_that_do_not_exist_are_refused() -> None:
    assert zone_of("utc") is UTC
    assert zone_of("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    for name in ("Europe/Atlantis", "", "../etc/passwd"):
        with pytest.raises(InvalidOption, match="is no time zone"):
            zone_of(name)


def test_jobs_are_counted_by_when_they_came_in_by_the_clocks_of_the_place(tmp_path: Path) -> None:
    jobs = [
        done(MONDAY + 23.75 * HOUR_S, queued_at=MONDAY + 23.5 * HOUR_S),
        done(MONDAY + DAY_S + HOUR_S, queued_at=MONDAY + 23.6 * HOUR_S),
        done(MONDAY + 3 * DAY_S, queued_at=MONDAY + 2.5 * DAY_S),
    ]
    history = history_of(tmp_path, jobs)
    here, there = usage(history, WEEK), usage(history, WEEK, zone_of("Europe/Berlin"))
    assert (here.by_hour[23], here.by_hour[12], here.by_weekday) == (2, 1, (2, 0, 1, 0, 0, 0, 0))
    assert (there.by_hour[0], there.by_hour[13], there.by_weekday) == (2, 1, (0, 2, 1, 0, 0, 0, 0))
    assert there.by_weekday_hour[1][0] == 2
    assert (here.zone, there.zone) == ("UTC", "Europe/Berlin")


def test_peaks_are_the_busiest_hour_and_the_most_jobs_at_once(tmp_path: Path) -> None:
    noon = MONDAY + 12 * HOUR_S
    jobs = [
        done(noon + 100, queued_at=noon + 5, run_s=50.0),
        done(noon + 120, queued_at=noon + 6, run_s=50.0),
        done(noon + 170, queued_at=noon + 7, run_s=50.0),  # begins when the one before it ends
        done(noon + 9000, queued_at=noon + 8000, run_s=1000.0),
    ]
    peaks = usage(history_of(tmp_path, jobs), WEEK).peaks
    assert peaks is not None
    assert (peaks.busiest_at, peaks.busiest_jobs) == (noon, 3)
    assert (peaks.running, peaks.running_at) == (2, noon + 70)
    assert (peaks.present, peaks.present_at) == (3, noon + 7)


def test_the_busiest_hour_begins_as_clocks_show_it_where_zones_are_half_an_hour_off(tmp_path: Path) -> None:
    history = history_of(tmp_path, [done(MONDAY + 7200, queued_at=MONDAY + 0.6 * HOUR_S)])
    peaks = usage(history, WEEK, zone_of("Asia/Kolkata")).peaks
    assert peaks is not None
    assert peaks.busiest_at == MONDAY + 0.5 * HOUR_S


def test_what_jobs_were_is_tallied_with_shares(tmp_path: Path) -> None:
    jobs = site(8, jobs=400)
    exports = [ExportFact(at=jobs[n].at, format="srt" if n % 4 else "aaf") for n in range(40)]
    exports.append(ExportFact(at=jobs[0].at, format="docx", error="export_failed"))
    told = usage(history_of(tmp_path, [*jobs, *exports]), whole(jobs), top=5)
    clients = Counter(job.client for job in jobs)
    assert (told.jobs, told.clients, len(told.top_clients)) == (400, len(clients), 5)
    assert [tally.count for tally in told.top_clients] == [count for _, count in clients.most_common(5)]
    assert told.top_clients[0].share == pytest.approx(clients.most_common(1)[0][1] / 400)
    assert told.audio_h == pytest.approx(sum(job.audio_s or 0 for job in jobs) / HOUR_S)
    for tallies in (told.origins, told.file_types, told.durations, told.languages, told.models):
        assert sum(tally.count for tally in tallies) == 400
        assert sum(tally.share for tally in tallies) == pytest.approx(1)
        assert sum(tally.audio_h or 0 for tally in tallies) == pytest.approx(told.audio_h)
    assert {tally.name for tally in told.durations} <= {name for name, _, _ in DURATION_CLASSES}
    assert [(tally.name, tally.count, tally.audio_h) for tally in told.formats] == [
        ("srt", 30, None),
        ("aaf", 10, None),
    ]


def test_clients_that_are_not_known_are_none(tmp_path: Path) -> None:
    told = usage(history_of(tmp_path, [done(MONDAY + 1, client=""), done(MONDAY + 2, client="c")]), WEEK)
    assert (told.clients, [tally.name for tally in told.top_clients]) == (1, ["c"])


def test_a_load_that_doubles_is_told_as_a_trend(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    jobs = [
        done(MONDAY + day * DAY_S + 100 * n + 3600, job_id=f"{day}-{n}")
        for day in range(28)
        for n in range(dice.poisson(20 if day < 16 else 40))
    ]
    told = usage(history_of(tmp_path, jobs), Period(MONDAY, MONDAY + 28 * DAY_S))
    assert {trend.figure for trend in told.trends} == {"jobs", "audio_h"}
    assert all(abs(trend.change.at - (MONDAY + 16 * DAY_S)) <= DAY_S for trend in told.trends)


def test_an_installation_nobody_used_is_told_as_that(tmp_path: Path) -> None:
    told = usage(history_of(tmp_path), WEEK)
    assert (told.jobs, told.peaks, told.models, told.clients, told.trends) == (0, None, (), 0, ())
    assert sum(told.by_hour) == sum(told.by_weekday) == 0
    assert to_plain(told)["by_weekday_hour"][6] == [0] * 24
