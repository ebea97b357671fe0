"""Figures to chains: the whole table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from audapolis.audio.filters.choosing import decide
from audapolis.audio.filters.figures import Clipping, Dropouts, Hum, SoundFigures
from audapolis.audio.filters.metering import SoundMeter
from audapolis.audio.filters.running import Cleaner
from audapolis.domain.options import Denoise
from hypothesis import given, settings
from hypothesis import strategies as st

from .sounds import speech, white

CLEAN = SoundFigures(
    duration_s=60.0,
    speech_level_dbfs=-26.0,
    noise_level_dbfs=-66.0,
    snr_db=40.0,
    loudness_lufs=-26.0,
    peak_dbfs=-6.0,
    bandwidth_hz=8000,
    dc_offset=0.0001,
    silent_share=0.01,
)
NOISY = replace(CLEAN, noise_level_dbfs=-38.0, snr_db=12.0)
HUM = Hum(50, -18.0, (1, 2, 5))
EVERY: list[Denoise] = ["off", "auto", "light", "strong"]


def filters(figures: SoundFigures, denoise: Denoise) -> list[str]:
    return [step.filter for step in decide(figures, denoise).steps]


@pytest.mark.parametrize("denoise", EVERY)
def test_clean_speech_is_never_touched(denoise: Denoise) -> None:
    assert decide(CLEAN, denoise) == decide(replace(CLEAN, duration_s=1.0), "off")


@pytest.mark.parametrize("denoise", EVERY)
def test_measured_clean_speech_is_never_touched(denoise: Denoise) -> None:
    meter = SoundMeter()
    meter.feed(speech(20) + white(20, -66))
    assert decide(meter.flush(), denoise).steps == ()


@pytest.mark.parametrize("denoise", EVERY)
@pytest.mark.parametrize(
    "changes",
    [
        {"bandwidth_hz": 3400},
        {"peak_dbfs": 0.0},
        {"silent_share": 0.5},
        {"loudness_lufs": -40.0, "speech_level_dbfs": -50.0, "noise_level_dbfs": -80.0},
        {"hum": replace(HUM, level_dbfs=-50.0)},
        {"clipping": Clipping(0.0005, 10, 5)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_recognisers_do_not_mind_is_left_alone(changes: dict[str, Any], denoise: Denoise) -> None:
    assert filters(replace(CLEAN, **changes), denoise) == []


@pytest.mark.parametrize(
    ("changes", "auto", "light", "strong"),
    [
        ({"dc_offset": -0.02}, [], ["highpass"], ["highpass"]),
        ({"dc_offset": -0.1}, ["highpass"], ["highpass"], ["highpass"]),
        ({"hum": replace(HUM, level_dbfs=-30.0)}, [], ["bandreject"] * 3, ["bandreject"] * 3),
        ({"hum": HUM}, ["bandreject"] * 3, ["bandreject"] * 3, ["bandreject"] * 3),
        ({"snr_db": 12.0}, [], ["afftdn"], ["afftdn"]),
        ({"speech_level_dbfs": -60.0}, ["volume"], ["volume"], ["volume"]),
        (
            {"dc_offset": 0.1, "hum": HUM, "snr_db": 12.0},
            ["highpass", *["bandreject"] * 3],
            ["highpass", *["bandreject"] * 3, "afftdn"],
            ["highpass", *["bandreject"] * 3, "afftdn"],
        ),
    ],
)
def test_each_defect_calls_for_its_filters(
    changes: dict[str, Any], auto: list[str], light: list[str], strong: list[str]
) -> None:
    figures = replace(CLEAN, **changes)
    assert [filters(figures, denoise) for denoise in EVERY] == [[], auto, light, strong]


@pytest.mark.parametrize(("snr_db", "auto"), [(10.0, ["afftdn"]), (13.9, ["afftdn"]), (14.0, []), (22.0, [])])
def test_auto_reduces_strong_noise_for_a_recogniser_that_does_not_bear_it(snr_db: float, auto: list[str]) -> None:
    figures = replace(NOISY, snr_db=snr_db)
    assert [step.filter for step in decide(figures, "auto", bears_noise=False).steps] == auto
    assert decide(figures, "auto").steps == ()


@pytest.mark.parametrize("changes", [{"duration_s": 3.0}, {"snr_db": 1.0}])
def test_auto_reduces_no_noise_it_is_not_sure_of(changes: dict[str, Any]) -> None:
    assert decide(replace(NOISY, **changes), "auto", bears_noise=False).steps == ()


def test_auto_does_not_take_hum_for_noise() -> None:
    humming = replace(NOISY, snr_db=6.0, hum=Hum(50, -37.0, (1, 3)))
    assert decide(humming, "auto", bears_noise=False).steps == ()
    assert decide(replace(humming, hum=Hum(50, -45.0, (1, 3))), "auto", bears_noise=False).steps != ()


@pytest.mark.parametrize("denoise", ["off", "light", "strong"])
def test_what_was_asked_for_does_not_depend_on_the_recogniser(denoise: Denoise) -> None:
    assert decide(NOISY, denoise, bears_noise=False) == decide(NOISY, denoise, bears_noise=True)


def test_notches_sit_on_the_lines_that_were_found() -> None:
    steps = decide(replace(CLEAN, hum=HUM), "auto").steps
    assert [step.settings.split(":")[0] for step in steps] == ["f=50", "f=100", "f=250"]
    assert steps[0].reason == "Mains hum of -18 dBFS, speech is at -26 dBFS."


def test_noise_reduction_is_told_the_noise_level_that_was_found() -> None:
    assert [step.settings for step in decide(NOISY, "light").steps] == ["nr=6:nf=-38"]


def test_quiet_speech_is_brought_to_the_usual_level_but_not_amplified_without_end() -> None:
    quiet = replace(CLEAN, speech_level_dbfs=-60.0)
    assert decide(quiet, "auto").steps[0].settings == "volume=34dB"
    assert decide(replace(quiet, speech_level_dbfs=-90.0), "auto").steps[0].settings == "volume=40dB"


def test_where_nobody_speaks_nothing_is_done() -> None:
    empty = replace(CLEAN, speech_level_dbfs=None, snr_db=None, hum=replace(HUM, level_dbfs=-50.0), dc_offset=0.2)
    assert all(not filters(empty, denoise) for denoise in EVERY)


def test_loud_hum_is_removed_even_where_it_drowns_all_speech() -> None:
    drowned = replace(CLEAN, speech_level_dbfs=None, snr_db=None, hum=HUM)
    assert [filters(drowned, denoise) for denoise in EVERY] == [[], *[["bandreject"] * 3] * 3]


def test_what_is_left_alone_is_told_with_its_reason() -> None:
    figures = replace(NOISY, clipping=Clipping(0.05, 900, 12), dropouts=Dropouts(3, 0.06))
    left = decide(figures, "auto").left
    assert [sentence.split(" ", 3)[:3] for sentence in left] == [
        ["Noise", "is", "12"],
        ["5.0%", "of", "the"],
        ["3", "holes,", "0.06"],
    ]
    assert decide(CLEAN, "auto").left == ()


levels = st.floats(-100, 0)
any_figures = st.builds(
    SoundFigures,
    duration_s=st.floats(0, 1e5),
    speech_level_dbfs=st.none() | levels,
    noise_level_dbfs=st.none() | levels,
    snr_db=st.none() | st.floats(-5, 100),
    loudness_lufs=st.none() | levels,
    peak_dbfs=st.none() | levels,
    bandwidth_hz=st.none() | st.integers(0, 8000),
    dc_offset=st.floats(-1, 1),
    silent_share=st.floats(0, 1),
    hum=st.none()
    | st.builds(Hum, st.sampled_from([50, 60]), levels, st.sets(st.integers(1, 10), min_size=1).map(tuple)),
    clipping=st.builds(Clipping, st.floats(0, 1), st.integers(0, 1000), st.integers(0, 1000)),
)


@settings(max_examples=60, deadline=None)
@given(any_figures, st.sampled_from(EVERY), st.booleans())
def test_libav_takes_every_chain_that_can_be_chosen(figures: SoundFigures, denoise: Denoise, bears_noise: bool) -> None:
    decision = decide(figures, denoise, bears_noise=bears_noise)
    if decision.steps:
        cleaner = Cleaner(decision.steps)
        sound = speech(0.5)
        assert len(cleaner.feed(sound)) + len(cleaner.flush()) == len(sound)
    assert all(step.reason for step in decision.steps)
