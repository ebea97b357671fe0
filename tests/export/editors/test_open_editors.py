"""Projects for Kdenlive and Pitivi in their details; `test_matrix` reads every kind of them back."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from xml.etree import ElementTree as ET

from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.timecode import timebase_of
from audapolis.export.kdenlive.checking import structure as kdenlive_structure
from audapolis.export.xges.checking import structure as xges_structure
from audapolis.export.xges.project import nanos
from audapolis.export.xges.structures import string
from hypothesis import given
from hypothesis import strategies as st

from tests.export.editors.cases import ODD_FOLDER, ODD_NAME, PARTS, Case
from tests.export.editors.readers import prop, unescaped
from tests.export.timeline.builders import RATES, cut, source, video

exporter = AdvancedExporter()


def kdenlive(case: Case) -> ET.Element:
    return ET.fromstring(exporter.render(case.material, "kdenlive", case.options).content)


def test_kdenlive_finds_sequence_bin_and_tracks_by_their_names() -> None:
    root = kdenlive(Case("25", "video"))
    main = next(p for p in root.iter("playlist") if p.attrib["id"] == "main_bin")
    sequence = prop(main, "kdenlive:docproperties.activetimeline")
    tractor = next(t for t in root.iter("tractor") if t.attrib["id"] == sequence)
    assert prop(tractor, "kdenlive:uuid") == sequence
    tracks = [t.attrib["producer"] for t in tractor.findall("track")]
    assert tracks[0] == "black_track"
    named = {t.attrib["id"]: t for t in root.iter("tractor")}
    assert [prop(named[t], "kdenlive:track_name") for t in tracks[1:]] == ["Carla", "Bob", "Ann", "Ann", "Bob", "Carla"]
    last = list(root.iter("tractor"))[-1]
    assert prop(last, "kdenlive:projectTractor") == "1"
    blends = [(prop(t, "mlt_service"), prop(t, "b_track")) for t in tractor.findall("transition")]
    assert blends == [*(("mix", str(n)) for n in (1, 2, 3)), *(("qtblend", str(n)) for n in (4, 5, 6))]


def test_kdenlive_gets_paths_as_they_are() -> None:
    root = kdenlive(Case("25", "names"))
    producer = next(p for p in root.iter("producer") if p.attrib["id"] == "producer1")
    assert prop(producer, "resource") == f"{ODD_FOLDER}/{ODD_NAME}"


def test_kdenlive_calls_colours_of_guides_by_their_speakers() -> None:
    root = kdenlive(Case("25", "video"))
    main = next(p for p in root.iter("playlist") if p.attrib["id"] == "main_bin")
    categories = json.loads(prop(main, "kdenlive:docproperties.guidesCategories"))
    assert {c["comment"] for c in categories if c["index"] in (1, 3, 4)} == {"Ann", "Bob", "Carla"}


def test_a_broken_project_is_noticed() -> None:
    material = cut(PARTS, [source("a.mov", picture=video("25"))])
    content = exporter.render(material, "kdenlive").content
    assert list(kdenlive_structure(io.BytesIO(content.replace(b'id="playlist0"', b'id="other"')), material))
    assert next(iter(kdenlive_structure(io.BytesIO(content[:-20]), material))).startswith("It is not XML")
    too_far = content.replace(b'<entry producer="producer1" in="300"', b'<entry producer="producer1" in="999999"')
    assert too_far != content
    assert list(kdenlive_structure(io.BytesIO(too_far), material))
    project = exporter.render(material, "xges").content
    assert list(xges_structure(io.BytesIO(project.replace(b'<asset id="', b'<asset id="x')), material))
    assert next(iter(xges_structure(io.BytesIO(project[:-20]), material))).startswith("It is not XML")


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_gstreamer_reads_every_string_again(text: str) -> None:
    written = string(text)
    assert written.isascii()
    assert unescaped(written.removeprefix('(string)"').removesuffix('"')) == text


@given(st.sampled_from(list(RATES)), st.integers(0, 10**8))
def test_a_frame_found_by_its_nanoseconds_is_the_same_frame(rate: str, frame: int) -> None:
    timebase = timebase_of(RATES[rate][0])
    exact = Fraction(nanos(frame, timebase), 10**9) * timebase.rate
    assert int(exact) == round(exact) == frame
