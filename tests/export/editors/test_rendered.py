"""A cut document goes out as a timeline, is read by others, and is rendered by ffmpeg: every cut is within a frame.

Every sample of the recordings says where it is: its value is the millisecond it lies in, negative in the second one.
What sounds after rendering is held against the document itself, not against our timeline of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import opentimelineio as otio
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.recording import VideoFacts
from audapolis.export.examining import examined
from audapolis.export.material import Material, Source

from tests.export.editors.readers import comment, exact, read_edl, read_mlt, read_xges
from tests.export.timeline.builders import RATES, Part, cut

exporter = AdvancedExporter()
SAMPLE_RATE = 48_000
SECONDS = 30
PARTS = (
    Part("a", 12.013, 2.35, "Good morning.", "Ann"),
    Part("b", 4.3, 1.0041, "Hello;", "Bob"),
    Part("", 0, 0.5, "", "Bob"),
    Part("a", 0.7, 0.96, "Later.", "Ann"),
    Part("a", 1.66, 0.333, "And later.", "Bob"),
    Part("b", 3.0007, 3.77, "Before.", "Ann"),
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of the result, in seconds: from when to when, and what plays from where."""

    start_s: Fraction
    end_s: Fraction
    source: str
    source_s: Fraction


def recording(path: Path, *, sign: int) -> Path:
    """A WAV file whose samples say where they are."""
    place = np.arange(SECONDS * SAMPLE_RATE) // (SAMPLE_RATE // 1000) + 1
    command = ["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-", str(path)]
    subprocess.run(command, check=True, input=(sign * place).astype("<i2").tobytes())
    return path


def render(cues: Sequence[Cue], folder: Path) -> np.ndarray:
    """Play a timeline with ffmpeg."""
    filters, labels, reached = [], [], Fraction(0)
    for number, cue in enumerate(cues):
        if cue.start_s > reached:
            filters.append(f"anullsrc=r={SAMPLE_RATE}:cl=mono,atrim=end={float(cue.start_s - reached):.9f}[g{number}]")
            labels.append(f"[g{number}]")
        first, last = (float(s) for s in (cue.source_s, cue.source_s + cue.end_s - cue.start_s))
        filters.append(f"[{'ab'.index(cue.source)}:a]atrim={first:.9f}:{last:.9f},asetpts=PTS-STARTPTS[c{number}]")
        labels.append(f"[c{number}]")
        reached = cue.end_s
    graph = ";".join([*filters, f"{''.join(labels)}concat=n={len(labels)}:v=0:a=1[out]"])
    command = ["ffmpeg", "-v", "error", "-i", str(folder / "a.wav"), "-i", str(folder / "b.wav")]
    command += ["-filter_complex", graph, "-map", "[out]", "-f", "s16le", "-c:a", "pcm_s16le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i2")


def wanted(time_s: float) -> tuple[float, float]:
    """What the document plays at a time, as a sample says it, and how far the next cut is."""
    position = 0.0
    for part in PARTS:
        if time_s < position + part.length_s:
            inside = time_s - position
            distance = min(inside, part.length_s - inside)
            sign = {"a": 1000.0, "b": -1000.0, "": 0.0}[part.source]
            return sign * (part.start_s + inside), distance
        position += part.length_s
    return 0.0, 0.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("media")
    recording(place / "a.wav", sign=1)
    recording(place / "b.wav", sign=-1)
    return place


def material(folder: Path, rate: str) -> Material:
    frame_rate, drop_frame = RATES[rate]
    picture = VideoFacts(frame_rate, "00:59:58:00" if not drop_frame else "00:59:58;00", drop_frame, 1920, 1080)
    sources = []
    for name in "ab":
        facts = examined(folder / f"{name}.wav", name)
        sources.append(
            Source(name, type(facts)(facts.name, name, facts.duration_s, facts.audio, picture), folder / facts.name)
        )
    return cut(PARTS, sources)


def from_otio(timeline: otio.schema.Timeline, rate: Fraction) -> list[Cue]:
    """What OpenTimelineIO found, in any format it reads."""
    cues = []
    for clip in (clip for track in timeline.audio_tracks() for clip in track.find_clips()):
        target = getattr(clip.media_reference, "target_url", "") or ""
        first = clip.available_range().start_time
        start = clip.source_range.start_time
        into_s = Fraction(start.value) / exact(start.rate) - Fraction(first.value) / exact(first.rate)
        place = clip.range_in_parent().start_time.value / rate
        length = clip.duration().value / rate
        cues.append(Cue(Fraction(place), Fraction(place + length), Path(target).stem, into_s))
    return sorted(set(cues), key=lambda cue: cue.start_s)


def read_as_otio(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    return from_otio(otio.adapters.read_from_string(content.decode(), "otio_json"), rate)


def read_as_aaf(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    path = folder / "cut.aaf"
    path.write_bytes(content)
    return from_otio(otio.adapters.read_from_file(str(path)), rate)


def read_as_fcpxml(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    tree = ET.fromstring(content)
    assets = {asset.attrib["id"]: asset.attrib for asset in tree.iter("asset")}
    (sequence,) = tree.iter("sequence")
    begin = xml_seconds(sequence.attrib["tcStart"])
    (spine,) = tree.iter("spine")
    return [
        Cue(start, start + xml_seconds(clip.attrib["duration"]), Path(asset["name"]).stem, into)
        for clip in spine
        if clip.tag == "asset-clip"
        for asset in [assets[clip.attrib["ref"]]]
        for start in [xml_seconds(clip.attrib["offset"]) - begin]
        for into in [xml_seconds(clip.attrib["start"]) - xml_seconds(asset["start"])]
    ]


def xml_seconds(text: str) -> Fraction:
    return Fraction(text.removesuffix("s"))


def read_as_xmeml(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    (sequence,) = ET.fromstring(content).iter("sequence")
    names = {
        f.attrib["id"]: f.findtext("name", "")
        for f in ET.fromstring(content).iter("file")
        if f.find("name") is not None
    }
    cues = set()
    for clip in sequence.iterfind("./media/audio/track/clipitem"):
        start, end, first = (int(clip.findtext(key, "")) for key in ("start", "end", "in"))
        file = clip.find("file")
        assert file is not None
        cues.add(Cue(start / rate, end / rate, Path(names[file.attrib["id"]]).stem, first / rate))
    return sorted(cues, key=lambda cue: cue.start_s)


def read_as_edl(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    nominal = -(-rate.numerator // rate.denominator)
    _, events = read_edl(content, nominal)
    first = events[0].record_in
    base = (59 * 60 + 58) * nominal
    dropped = nominal // 15 * 54 if b"FCM: DROP" in content else 0
    return [
        Cue(
            (event.record_in - first) / rate,
            (event.record_out - first) / rate,
            Path(comment(event, "FROM CLIP NAME:")).stem,
            (event.source_in - base + dropped) / rate,
        )
        for event in events
        if event.reel != "BL"
    ]


def read_as_mlt(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    found_rate, clips, _ = read_mlt(content)
    assert found_rate == rate
    return [Cue(c.start / rate, (c.start + c.frames) / rate, Path(c.source).stem, c.source_s) for c in clips]


def read_as_xges(content: bytes, rate: Fraction, folder: Path) -> list[Cue]:
    found_rate, clips, _ = read_xges(content)
    assert found_rate == rate
    return [Cue(c.start / rate, (c.start + c.frames) / rate, Path(c.source).stem, c.source_s) for c in clips]


READERS: dict[str, Callable[[bytes, Fraction, Path], list[Cue]]] = {
    "aaf": read_as_aaf,
    "fcpxml": read_as_fcpxml,
    "xmeml": read_as_xmeml,
    "otio": read_as_otio,
    "edl": read_as_edl,
    "kdenlive": read_as_mlt,
    "xges": read_as_xges,
}


@pytest.mark.parametrize("rate", ["23.976", "25", "29.97 DF", "50"])
@pytest.mark.parametrize("format_id", READERS)
def test_every_cut_sounds_within_a_frame_of_where_the_document_has_it(folder: Path, format_id: str, rate: str) -> None:
    content = exporter.render(material(folder, rate), format_id).content
    frames_per_s = Fraction(RATES[rate][0])
    heard = render(READERS[format_id](content, frames_per_s, folder), folder).astype(float)
    frame_s = float(1 / frames_per_s)
    total_s = sum(part.length_s for part in PARTS)
    assert abs(len(heard) / SAMPLE_RATE - total_s) <= frame_s
    compared = 0
    for sample in range(0, len(heard), SAMPLE_RATE // 500):
        time_s = sample / SAMPLE_RATE
        expected, distance_s = wanted(time_s)
        if distance_s > frame_s and time_s < total_s - frame_s:
            assert abs(heard[sample] - expected) <= 1000 * frame_s + 1.5
            compared += 1
    assert compared > 3000
