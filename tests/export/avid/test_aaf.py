"""AAF files: what is in them beyond the matrix, and what is refused."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import aaf2
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.errors import InvalidOption
from audapolis.export.avid.identity import moment
from audapolis.export.avid.media import file_url
from audapolis.export.avid.reopening import whole_structure
from audapolis.export.material import Material
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import VIDEO, conversation, make_transcript
from tests.export.avid.reading import ReadAaf, read_aaf
from tests.export.avid.test_waves import make_wave
from tests.export.timeline.builders import Part, cut, source, video
from tests.strategies import transcripts

GOLDEN = Path(__file__).parents[1] / "golden" / "conversation.aaf.txt"
exporter = AdvancedExporter()
AFRESH = """
import hashlib
from audapolis.advanced_export import AdvancedExporter
from tests.builders import conversation
print(hashlib.sha256(AdvancedExporter().render(conversation(), "aaf").content).hexdigest())
"""


def exported(subject: Transcript | Material, folder: Path, media: Path | None = None, **options: Any) -> ReadAaf:
    path = folder / "cut.aaf"
    exporter.write(subject, path, "aaf", options, media=media, overwrite=True)
    return read_aaf(path)


def outline(path: Path) -> str:
    """The mobs of a file with all their properties."""
    with aaf2.open(str(path), "r") as file:
        mobs = sorted(file.content.mobs, key=lambda mob: (type(mob).__name__, mob.name, str(mob.mob_id)))
        return "\n".join(line for mob in mobs for line in _outline(mob, ""))


def _outline(item: Any, indent: str) -> Iterator[str]:
    yield f"{indent}{type(item).__name__}"
    for prop in item.properties():
        value = prop.value
        if isinstance(value, aaf2.core.AAFObject) and "Definition" not in prop.name and prop.name != "ContainerFormat":
            yield f"{indent}  {prop.name}:"
            yield from _outline(value, indent + "    ")
        elif isinstance(value, list) and value and isinstance(value[0], aaf2.core.AAFObject):
            yield f"{indent}  {prop.name}:"
            for one in value:
                yield from _outline(one, indent + "    ")
        else:
            yield f"{indent}  {prop.name}: {value.name if isinstance(value, aaf2.core.AAFObject) else value}"


def test_the_golden_outline_is_what_comes_out(tmp_path: Path) -> None:
    exporter.write(conversation(), tmp_path / "x.aaf", "aaf")
    text = outline(tmp_path / "x.aaf") + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_another_process_writes_the_same_bytes() -> None:
    here = hashlib.sha256(exporter.render(conversation(), "aaf").content).hexdigest()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        run = subprocess.run(
            [sys.executable, "-c", AFRESH], env=environment, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == here


@settings(max_examples=15, deadline=None)
@given(transcript=transcripts(), channels=st.sampled_from(["all", "first"]), spans=st.booleans())
def test_any_transcript_gives_a_file_that_passes_its_checks(transcript: Transcript, channels: str, spans: bool) -> None:
    result = exporter.render(transcript, "aaf", {"channels": channels, "spans": spans})
    assert result.report.problems == ()


def test_a_master_clip_is_shared_by_all_clips_and_known_again_in_every_export(tmp_path: Path) -> None:
    transcript = make_transcript(*((f"S{n % 3}", n, n + 0.9, f"Line {n}.") for n in range(30)), video=VIDEO)
    masters = []
    for options in ({}, {"cuts": "none"}, {"markers": "none"}):
        read = exported(transcript, tmp_path, **options)
        assert read.mobs == {"CompositionMob": 1, "MasterMob": 1, "SourceMob": 2}
        with aaf2.open(str(tmp_path / "cut.aaf"), "r") as file:
            masters.append([str(mob.mob_id) for mob in file.content.mastermobs()])
    assert masters[0] == masters[1] == masters[2]


def test_stereo_recordings_have_a_track_for_each_channel(tmp_path: Path) -> None:
    sources = [source("a.wav", channels=2, sample_rate_hz=44_100), source("b.wav", channels=1)]
    material = cut([Part("a.wav", 1, 2, "One", "Ann"), Part("b.wav", 3, 1, "two", "Ann")], sources)
    read = exported(material, tmp_path)
    assert [(track.name, track.number, len(track.clips)) for track in read.tracks] == [("Ann L", 1, 2), ("Ann R", 2, 1)]
    read = exported(material, tmp_path, channels="first")
    assert [(track.name, len(track.clips)) for track in read.tracks] == [("Ann", 2)]


def test_sound_is_counted_in_samples_of_its_own_rate(tmp_path: Path) -> None:
    exported(cut([Part("a.wav", 0, 2, "One")], [source("a.wav", sample_rate_hz=44_100, duration_s=10.0)]), tmp_path)
    with aaf2.open(str(tmp_path / "cut.aaf"), "r") as file:
        (mob,) = [mob for mob in file.content.sourcemobs() if isinstance(mob.descriptor, aaf2.essence.PCMDescriptor)]
        assert [(Fraction(str(slot.edit_rate)), slot.segment.length) for slot in mob.slots] == [(44_100, 441_000)] * 2
        descriptor = mob.descriptor
        assert [descriptor[name].value for name in ("Channels", "Length", "BlockAlign", "AverageBPS")] == [
            2,
            441_000,
            4,
            176_400,
        ]


def test_clips_say_who_speaks_and_how_it_begins(tmp_path: Path) -> None:
    read = exported(conversation(), tmp_path)
    labels = [clip.label for track in read.tracks for clip in track.clips]
    assert labels == [
        "Anna & Söhne: Good morning, and welcome to the show about train…",
        "Anna & Söhne: Thank you.",
        "Bob <b>: Yes. I would say so --> and I would also say that ünïc…",
    ]


def test_markers_are_as_media_composer_writes_them(tmp_path: Path) -> None:
    read = exported(conversation(), tmp_path)
    first = min(read.markers, key=lambda marker: marker.position)
    assert first.attributes == {
        "_ATN_CRM_USER": "Anna & Söhne",
        "_ATN_CRM_COLOR": "Blue",
        "_ATN_CRM_COM": "Good morning, and welcome to the show about trains.",
        "_ATN_CRM_DATE": "01/31/2026",
        "_ATN_CRM_TIME": "12:00",
        "_ATN_CRM_ID": first.attributes["_ATN_CRM_ID"],
        "_ATN_CRM_LENGTH": 81,
    }
    assert len({marker.attributes["_ATN_CRM_ID"] for marker in read.markers}) == 5
    points = exported(conversation(), tmp_path, spans="false").markers
    assert all("_ATN_CRM_LENGTH" not in marker.attributes and marker.length == 1 for marker in points)
    assert exported(conversation(), tmp_path, markers="none").markers == []


def test_markers_of_pictures_stand_on_the_picture_and_others_on_their_speaker(tmp_path: Path) -> None:
    lines = (("S1", 0.0, 1.0, "One."), ("S2", 1.0, 2.0, "Two."))
    read = exported(make_transcript(*lines, video=VIDEO), tmp_path)
    assert {marker.slot for marker in read.markers} == {read.tracks[0].slot}
    read = exported(make_transcript(*lines), tmp_path)
    assert [(m.user, m.slot) for m in read.markers] == [(track.name, track.slot) for track in read.tracks]


def test_who_only_speaks_over_others_still_has_markers(tmp_path: Path) -> None:
    read = exported(make_transcript(("S1", 0.0, 4.0, "All"), ("S2", 0.0, 4.0, "")), tmp_path)
    assert [marker.user for marker in read.markers] == ["Speaker 1"]
    assert exported(make_transcript(duration_s=5.0), tmp_path).markers == []


def test_a_word_at_the_very_end_is_marked_on_the_last_frame(tmp_path: Path) -> None:
    read = exported(make_transcript(("S1", 0.5, 2.0, "One"), ("S1", 2.0, 3.0, "two"), duration_s=2.0), tmp_path)
    assert [(m.position, m.length) for m in read.markers] == [(15, 45), (read.length - 1, 1)]


def test_a_very_long_text_is_cut_and_the_report_says_so(tmp_path: Path) -> None:
    transcript = make_transcript(("S1", 0.0, 900.0, "wörd😀 " * 4000))
    result = exporter.write(transcript, tmp_path / "x.aaf", "aaf")
    assert result.report.losses[-1].startswith("1 markers hold only the beginning")
    (marker,) = read_aaf(tmp_path / "x.aaf").markers
    assert len(marker.comment) == 16_000
    assert marker.comment.endswith("…")


def test_a_recording_at_hand_is_linked_by_its_url(tmp_path: Path) -> None:
    path = tmp_path / "Interview & Ünï #1 50%.wav"
    read = exported(conversation(), tmp_path, media=path)
    assert {clip.url for track in read.tracks for clip in track.clips} == {path.as_uri()}
    assert "%231%2050%25" in path.as_uri()


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/a b/ü#%.wav", "file:///a%20b/%C3%BC%23%25.wav"),
        (r"C:\My Media\a&b.wav", "file:///C:/My%20Media/a%26b.wav"),
        (r"\\server\share\a.wav", "file://server/share/a.wav"),
        ("https://host/a.wav", "https://host/a.wav"),
        ("only a name.wav", "only%20a%20name.wav"),
        ("media/a.wav", "media/a.wav"),
    ],
)
def test_file_urls(location: str, url: str) -> None:
    assert file_url(location) == url


def test_an_offline_recording_is_named_and_warned_of() -> None:
    result = exporter.render(conversation(), "aaf")
    assert result.report.warnings == (
        "The recording 'talk.wav' is not at hand: its clips are offline until it is linked in the editor.",
    )


def test_a_recording_at_another_rate_is_warned_of(tmp_path: Path) -> None:
    sources = [source("a.mov", picture=video("29.97 DF", "01:00:00;00")), source("b.mov", picture=video("25"))]
    material = cut([Part("a.mov", 1, 2, "One"), Part("b.mov", 3.44, 1, "two")], sources)
    result = exporter.write(material, tmp_path / "x.aaf", "aaf")
    assert [warning for warning in result.report.warnings if "'b.mov' runs at another frame rate" in warning]
    clips = read_aaf(tmp_path / "x.aaf").tracks[0].clips
    assert [(clip.source_rate, clip.source_start) for clip in clips] == [(Fraction(30000, 1001), 30), (25, 103)]


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("channels", [1, 2])
def test_embedded_sound_is_the_file_s_own(tmp_path: Path, width: int, channels: int) -> None:
    path = tmp_path / "talk.wav"
    frames = 44_100 * 17
    samples = make_wave(path, channels=channels, width=width, frames=frames)
    exporter.write(conversation(), tmp_path / "x.aaf", "aaf", {"media": "embed"}, media=path)
    read = read_aaf(tmp_path / "x.aaf")
    assert read.mobs == {"CompositionMob": 1, "MasterMob": 1, "SourceMob": channels + 1}
    with aaf2.open(str(tmp_path / "x.aaf"), "r") as file:
        (master,) = file.content.mastermobs()
        for index, slot in enumerate(master.slots):
            mob = slot.segment.mob
            sound = bytes(mob.essence.open("r").read())
            own = b"".join(samples[n : n + width] for n in range(index * width, len(samples), channels * width))
            assert sound == own
            assert (mob.descriptor["QuantizationBits"].value, mob.descriptor.length) == (8 * width, frames)
            assert mob.slot_at(1).segment.length == frames


def test_what_can_t_be_embedded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match=r"'talk\.wav' can't be embedded: it is not at hand"):
        exporter.render(conversation(), "aaf", {"media": "embed"})
    film = tmp_path / "talk.mov"
    film.write_bytes(b"\0\0\0\x18ftypqt  ")
    with pytest.raises(InvalidOption, match=r"'talk\.mov' can't be embedded: only WAV files"):
        exporter.render(conversation(), "aaf", {"media": "embed"}, media=film)


def test_more_than_two_gigabytes_are_not_embedded(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    make_wave(path, channels=2)
    data = bytearray(path.read_bytes()[:44])
    data[40:44] = (0x7FFF_0000).to_bytes(4, "little")
    path.write_bytes(data)
    os.truncate(path, 0x7FFF_0000 + 44)
    with pytest.raises(InvalidOption, match="too large to embed"):
        exporter.render(conversation(), "aaf", {"media": "embed"}, media=path)


def test_the_check_finds_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "cut.aaf"
    exporter.write(conversation(), path, "aaf")
    with aaf2.open(str(path), "rw") as file:
        (mob,) = file.content.toplevel()
        track = mob.slot_at(100).segment
        track.components[0].length += 1
        track.components[0].slot_id = 77
        marker = mob.slot_at(1099).segment.components[0]
        marker["Position"].value = 99_999
        marker["DescribedSlots"].value = {5}
    problems = list(whole_structure(io.BytesIO(path.read_bytes()), Material.of(conversation())))
    assert problems == [
        "A clip in 'Anna & Söhne' refers to a recording that is not in the file.",
        "Track 'Anna & Söhne' is 488 long, its parts 489, the sequence 488.",
        "A marker lies outside of the sequence, at frame 99999.",
        "The marker at frame 99999 belongs to a track that is not there.",
    ]


def test_dates_are_those_of_the_transcript() -> None:
    assert str(moment("2026-01-31T12:00:00+02:00")) == "2026-01-31 10:00:00"
    assert str(moment("yesterday")) == "2000-01-01 00:00:00"
    earlier = replace(conversation(), created_at="2025-01-31T12:00:00Z")
    assert exporter.render(earlier, "aaf").content != exporter.render(conversation(), "aaf").content
