"""OpenTimelineIO files and bundles, read by OpenTimelineIO."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.errors import NotFound
from audapolis.export.material import Material, Source
from audapolis.export.otio.checking import structure

from tests.builders import conversation, make_transcript
from tests.export.editors.cases import PARTS
from tests.export.timeline.builders import Part, cut, source, video

exporter = AdvancedExporter()
RESOLVE_RATE = 23.976023976023979
OUR_RATE = float(24000 / 1001)


def document(material: Material, format_id: str = "otio", **options: str | bool) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(exporter.render(material, format_id, options).content)
    return loaded


def film(**facts: Any) -> Material:
    return cut(PARTS, [source("a.mov", picture=video("23.976", "01:00:00:00"), **facts)])


@pytest.mark.parametrize("cutting", [math.floor, math.trunc, round])
def test_a_quarter_of_a_frame_keeps_resolve_from_drifting(cutting: Any) -> None:
    frames = range(10_001)
    assert sum(math.floor(frame / OUR_RATE * RESOLVE_RATE) != frame for frame in frames) == 692
    assert sum(cutting((frame + 0.25) / OUR_RATE * RESOLVE_RATE) != frame for frame in frames) == 0


def test_only_source_starts_for_resolve_are_shifted() -> None:
    plain, shifted = (document(film(), profile=profile) for profile in ("neutral", "resolve"))
    for ours, theirs in zip(clips(plain), clips(shifted), strict=True):
        assert theirs["source_range"]["start_time"]["value"] == ours["source_range"]["start_time"]["value"] + 0.25
        assert theirs["source_range"]["duration"] == ours["source_range"]["duration"]


def clips(root: dict[str, Any]) -> list[dict[str, Any]]:
    return [child for track in root["tracks"]["children"] for child in track["children"] if "media_references" in child]


def test_resolve_finds_links_notes_and_paths_where_it_looks_for_them() -> None:
    root = document(film(), profile="resolve")
    assert root["metadata"]["Resolve_OTIO"] == {"Resolve OTIO Meta Version": "1.0"}
    kinds = [track["kind"] for track in root["tracks"]["children"]]
    assert kinds == sorted(kinds, reverse=True)
    links: dict[int, set[str]] = {}
    for track in root["tracks"]["children"]:
        for child in (c for c in track["children"] if "media_references" in c):
            links.setdefault(child["metadata"]["Resolve_OTIO"]["Link Group ID"], set()).add(track["kind"])
    assert all(group == {"Video", "Audio"} for group in links.values())
    assert len(links) == 4
    notes = [marker["metadata"]["Resolve_OTIO"]["Note"] for marker in root["tracks"]["markers"]]
    assert notes == [marker["comment"] for marker in root["tracks"]["markers"]]
    targets = {c["media_references"]["DEFAULT_MEDIA"]["target_url"] for c in clips(root)}
    assert targets == {"/media/a.mov"}


def test_resolve_never_gets_a_missing_reference() -> None:
    offline = cut(PARTS, [source("a.mov", folder=None)])
    for format_id in ("otio", "otioz"):
        content = exporter.render(offline, format_id, {"profile": "resolve"}).content
        text = content if format_id == "otio" else zipfile.ZipFile(io.BytesIO(content)).read("content.otio")
        assert b"MissingReference" not in text


def test_premiere_finds_its_links_and_channels() -> None:
    root = document(film(), profile="premiere")
    assert root["tracks"]["metadata"]["PremierePro_OTIO"]["VideoResolution"] == {"height": 1080, "width": 1920}
    sound = [c for track in root["tracks"]["children"] if track["kind"] == "Audio" for c in track["children"]]
    linked = [c["metadata"]["PremierePro_OTIO"] for c in sound if "media_references" in c]
    assert {link["AudioChannels"]["ChannelType"] for link in linked} == {"Stereo"}
    assert {c["media_references"]["DEFAULT_MEDIA"]["target_url"] for c in clips(root)} == {"file:///media/a.mov"}


def test_words_travel_in_the_metadata_unless_they_are_not_wanted() -> None:
    transcript = conversation()
    timeline = otio.adapters.read_from_string(exporter.render(transcript, "otio").content.decode(), "otio_json")
    found = [
        (word["text"], word["start_s"], word["end_s"], word["confidence"])
        for segment in timeline.metadata["audapolis"]["segments"]
        for word in segment["words"]
    ]
    assert found == [(word.text, word.start_s, word.end_s, word.confidence) for word in transcript.words]
    without = exporter.render(transcript, "otio", {"words": False})
    assert "segments" not in json.loads(without.content)["metadata"]["audapolis"]
    assert "Times of single words are left out." in without.losses
    assert "Times of single words are left out." not in exporter.render(transcript, "otio").losses


def test_one_track_of_each_kind_holds_everybody() -> None:
    root = document(film(), tracks="single")
    assert [(track["name"], track["kind"]) for track in root["tracks"]["children"]] == [
        ("video", "Video"),
        ("audio", "Audio"),
    ]
    speakers = [c["metadata"]["audapolis"]["speaker"] for c in root["tracks"]["children"][1]["children"] if c["name"]]
    assert speakers == ["Ann", "Bob", "Ann", "Carla"]


def test_opentimelineio_writes_again_what_it_read() -> None:
    content = exporter.render(film(), "otio").content
    timeline = otio.adapters.read_from_string(content.decode(), "otio_json")

    def without_colour(record: dict[str, Any]) -> dict[str, Any]:
        keeps_colour = record.get("OTIO_SCHEMA", "").startswith("Marker")
        return {key: value for key, value in record.items() if key != "color" or keeps_colour}

    again = json.loads(otio.adapters.write_to_string(timeline, "otio_json"), object_hook=without_colour)
    assert again == json.loads(content)


def test_a_bundle_holds_the_media_that_is_at_hand(tmp_path: Path) -> None:
    names = ("clip & ü.wav", "CLIP & Ü.wav")
    sources = []
    for number, name in enumerate(names):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(bytes([number]) * 3_000_000)
        sources.append(Source(name, source(name).recording, folder / name))
    sources.append(source("gone.wav", folder=None))
    parts = [Part(s.id, 1.0, 2.0, "words") for s in sources]
    bundle = tmp_path / "cut.otioz"
    written = exporter.write(cut(parts, sources), bundle, "otioz")
    assert written.report.problems == ()
    assert any("gone.wav" in warning for warning in written.report.warnings)
    timeline = otio.adapters.read_from_file(str(bundle), extract_to_directory=str(tmp_path))
    references = [clip.media_reference for clip in timeline.find_clips()]
    assert [type(reference).__name__ for reference in references] == [
        "ExternalReference",
        "ExternalReference",
        "MissingReference",
    ]
    for number, reference in enumerate(references[:2]):
        path = Path(otio.url_utils.filepath_from_url(reference.target_url))
        inside = path if path.is_absolute() else tmp_path / path
        assert inside.read_bytes() == bytes([number]) * 3_000_000


def test_media_that_vanished_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"talk\.wav"):
        exporter.render(make_transcript(("S1", 0, 1, "a")), "otioz", media=tmp_path / "talk.wav")


def test_a_clip_outside_of_its_medium_is_noticed() -> None:
    root = document(film())
    clips(root)[0]["source_range"]["start_time"]["value"] += 1_000_000
    root["tracks"]["markers"][0]["marked_range"]["duration"]["value"] = 0
    problems = list(structure(io.BytesIO(json.dumps(root).encode()), film()))
    assert len(problems) == 2
    assert "plays more than its medium has" in problems[0]
    assert next(iter(structure(io.BytesIO(b"{"), film()))).startswith("It is not JSON")
