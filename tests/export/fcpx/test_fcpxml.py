"""What FCPXML makes of names, languages, rates and doubts, and what its checks notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.base import Exported
from audapolis.export.editors.fcpx.checking import structure
from audapolis.export.editors.fcpx.naming import caption_language, caption_role, format_name, rational, roles
from audapolis.export.material import Material
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.builders import conversation, make_transcript
from tests.export.fcpx.reading import read, seconds
from tests.export.timeline.builders import Part, cut, source, video
from tests.strategies import transcripts

exporter = AdvancedExporter()


def exported(material: Material, **options: str | float | bool) -> Exported:
    return exporter.render(material, "fcpxml", options)


def one_clip(*, picture: str = "25", name: str = "a.mov", speaker: str = "Ann", text: str = "Hello there.") -> Material:
    return cut([Part(name, 2.0, 3.0, text, speaker)], [source(name, picture=video(picture, "10:00:00:00"))])


@pytest.mark.parametrize("version", ["1.9", "1.10", "1.11", "1.12", "1.13"])
def test_each_version_says_which_it_is(version: str) -> None:
    made = exported(one_clip(), version=version)
    assert read(made.content).version == version
    assert made.report.problems == ()


@pytest.mark.parametrize(
    ("rate", "name"),
    [("25", "FFVideoFormat1080p25"), ("29.97 DF", "FFVideoFormat1080p2997"), ("50", "FFVideoFormat1080p50")],
)
def test_formats_go_by_the_names_final_cut_pro_has_for_them(rate: str, name: str) -> None:
    assert read(exported(one_clip(picture=rate)).content).format_name == name


def test_formats_without_a_name_are_described() -> None:
    material = one_clip()
    odd = replace(material.sources[0].recording.video, width=1440, height=1080, frame_rate="48")  # type: ignore[union-attr, type-var]
    recording = replace(material.sources[0].recording, video=odd)  # type: ignore[type-var]
    project = read(exported(replace(material, sources=(replace(material.sources[0], recording=recording),))).content)
    assert project.format_name == ""
    assert project.size == (1440, 1080)
    assert 1 / project.frame_s == 48


def test_small_pictures_have_names_too() -> None:
    assert format_name(seconds("50s"), (1280, 720)) == "FFVideoFormat720p50"


def test_clips_of_sound_have_no_rate() -> None:
    root = etree.fromstring(exported(cut([Part("a.wav", 1, 2, "Hi.")], [source("a.wav")])).content)
    asset, clip = root.find("resources/asset"), root.find(".//spine/asset-clip")
    assert asset.get("format") is None
    assert asset.get("hasVideo") is None
    assert root.find(f"resources/format[@id='{clip.get('format')}']").get("name") == "FFVideoFormatRateUndefined"


def test_picture_and_sound_share_a_storyline_without_holes() -> None:
    parts = [Part("a.mov", 0, 1.23, "One."), Part("", 0, 0.77), Part("b.wav", 5, 2.01, "Two.", "Bob")]
    made = exported(cut(parts, [source("a.mov", picture=video("25")), source("b.wav")]))
    project = read(made.content)
    assert made.report.problems == ()
    assert [(item.start, item.frames) for item in project.items] == [(0, 31), (31, 19), (50, 50)]
    assert project.items[1].src == ""


def test_silence_alone_and_nothing_at_all_are_projects_too() -> None:
    for parts in ([Part("", 0, 2.0)], []):
        made = exported(cut(parts, []))
        assert made.report.problems == ()
        assert read(made.content).frames == (60 if parts else 0)


def test_where_a_clip_begins_counts_in_the_recordings_timecode() -> None:
    root = etree.fromstring(exported(one_clip(), start_timecode="02:00:00:00").content)
    clip = root.find(".//spine/asset-clip")
    assert seconds(clip.get("offset")) == 7200
    assert seconds(clip.get("start")) == 36_002
    assert seconds(root.find("resources/asset").get("start")) == 36_000


def test_a_recording_at_another_rate_keeps_its_speed() -> None:
    made = exported(one_clip(picture="29.97 DF"), rate="25")
    clip = etree.fromstring(made.content).find(".//spine/asset-clip")
    conform = clip.find("conform-rate")
    assert (conform.get("scaleEnabled"), conform.get("srcFrameRate")) == ("0", "29.97")
    assert clip.get("tcFormat") == "DF"
    assert any("another frame rate" in warning for warning in made.report.warnings)


def test_doubtful_segments_are_to_dos() -> None:
    sure, unsure = exported(one_clip()), exported(one_clip(), doubtful_below=0.99)
    assert [m.kind for m in read(sure.content).all("markers")] == [""]
    assert [m.kind for m in read(unsure.content).all("markers")] == ["0"]


def test_captions_and_keywords_can_be_left_out() -> None:
    project = read(exported(one_clip(), captions="none", keywords="none", markers="none").content)
    assert [project.all(kind) for kind in ("captions", "keywords", "markers")] == [[], [], []]
    assert project.collections == ()


def test_keywords_in_the_browser_count_in_the_recordings_timecode() -> None:
    recording = next(iter(read(exported(one_clip()).content).recordings.values()))
    assert recording.keywords == ((36_002, 3, "Ann", "Hello there."),)


def test_people_who_begin_at_once_share_a_caption() -> None:
    lines = (("S1", 1.0, 3.0, "I was there."), ("S2", 1.1, 2.0, "No!"), ("S1", 5.0, 6.5, "I was."))
    material = Material.of(make_transcript(*lines, names=("Ann", "Bob")))
    assert [c.text for c in read(exported(material).content).all("captions")] == ["- I was there.\n- No!", "I was."]


def test_who_begins_later_takes_the_place() -> None:
    lines = (("S1", 1.0, 5.0, "I was there all day long."), ("S2", 3.0, 4.0, "No!"))
    captions = read(exported(Material.of(make_transcript(*lines))).content).all("captions")
    assert [(c.start, c.text) for c in captions] == [(30, "I was there all day long."), (90, "No!")]
    assert captions[0].frames == 60


def test_no_two_speakers_have_one_role() -> None:
    names = roles(["Dr. No", "Dr? No", "Dr, No", "", "..."])
    assert names == {
        "Dr. No": "dialogue.Dr No",
        "Dr? No": "dialogue.Dr No 2",
        "Dr, No": "dialogue.Dr No 3",
        "": "dialogue",
        "...": "dialogue",
    }


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en-US", "en"), ("de", "de"), ("zh", "cmn-Hans"), ("zh-TW", "cmn-Hant"), ("no", "nb"), ("", "en"), ("und", "en")],
)
def test_languages_go_by_final_cut_pros_tags(tag: str, language: str) -> None:
    assert caption_language(tag) == language
    assert caption_role("srt", tag) == f"SRT?captionFormat=SRT.{language}"


@pytest.mark.parametrize("language", ["", "und"])
def test_without_a_language_captions_are_english_and_it_says_so(language: str) -> None:
    transcript = replace(conversation(), language=language)
    assert any("marked as English" in w for w in exported(Material.of(transcript)).report.warnings)


@given(st.fractions(min_value=0, max_value=10**6))
def test_times_are_read_as_they_were_written(time_s: object) -> None:
    assert seconds(rational(time_s)) == time_s  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(transcripts())
def test_any_transcript_is_a_sound_project(transcript: object) -> None:
    made = exported(Material.of(transcript))  # type: ignore[arg-type]
    assert made.report.problems == ()
    project = read(made.content)
    assert sum(item.frames for item in project.items) == project.frames


def test_the_same_again_is_the_same() -> None:
    assert exported(one_clip()).content == exported(one_clip()).content


def broken(change: Callable[[etree._Element], None]) -> list[str]:
    parts = [Part("a.mov", 0, 2.0, "One."), Part("", 0, 1.0), Part("a.mov", 5, 2.0, "Two.", "Bob")]
    material = cut(parts, [source("a.mov", picture=video("25", "01:00:00:00"))])
    root = etree.fromstring(exported(material).content)
    change(root)
    return list(structure(BytesIO(etree.tostring(root)), material))


def put(path: str, name: str, value: str) -> Callable[[etree._Element], None]:
    return lambda root: root.find(path).set(name, value)


def swap(path: str) -> Callable[[etree._Element], None]:
    """Put an element's first child last."""
    return lambda root: root.find(path).append(root.find(path)[0])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (put(".//spine/gap", "offset", "3603s"), "does not follow"),
        (put(".//spine/gap", "duration", "1/24s"), "whole frames"),
        (put(".//spine/asset-clip", "start", "3599s"), "more than its recording has"),
        (put(".//spine/asset-clip", "start", "4199s"), "more than its recording has"),
        (put(".//spine/asset-clip", "start", "360001/100s"), "between frames"),
        (put(".//spine/asset-clip", "ref", "r77"), "'r77' is referred to"),
        (put(".//resources/asset", "id", "r1"), "twice"),
        (put(".//resources/asset", "start", "1/3s"), "its frames"),
        (put(".//sequence", "tcStart", "1/3s"), "whole number of frames"),
        (put(".//spine//marker", "start", "1/3s"), "does not fall on a frame"),
        (put(".//spine//caption", "offset", "3599s"), "does not fall on a frame"),
        (put(".//spine//keyword", "duration", "1/24s"), "does not last whole frames"),
        (swap(".//spine/asset-clip"), "does not belong"),
        (swap(".//caption"), "does not belong"),
        (lambda root: root.find(".//spine").clear(), "not as long"),
        (lambda root: root.find(".//spine//marker").attrib.pop("value"), "lacks 'value'"),
    ],
)
def test_checks_notice_what_is_wrong(change: Callable[[etree._Element], None], problem: str) -> None:
    assert any(problem in found for found in broken(change))


def test_checks_pass_what_is_right() -> None:
    assert broken(lambda _: None) == []
    assert next(iter(structure(BytesIO(b"<fcpxml"), cut([], [])))).startswith("It is not XML")


def test_checks_notice_that_the_sequence_is_missing() -> None:
    def without(root: etree._Element) -> None:
        project = root.find(".//project")
        project.getparent().remove(project)

    assert broken(without) == ["It has no sequence."]
