"""Every rate with every kind of content: what the reader finds is the timeline, frame for frame."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import unquote

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.timeline.model import Clip, Timeline

from tests.export.editors.cases import CASES, Case
from tests.export.fcpx.reading import Item, Project, read

exporter = AdvancedExporter()
matrix = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rate}, {case.kind}")


def read_back(case: Case, **options: str) -> Project:
    exported = exporter.render(case.material, "fcpxml", {**case.options, **options})
    assert exported.report.problems == ()
    return read(exported.content)


@matrix
def test_the_sequence(case: Case) -> None:
    timeline, project = case.timeline, read_back(case)
    assert 1 / project.frame_s == timeline.timebase.rate
    assert project.start_frame == timeline.start_frame
    assert project.frames == timeline.frames
    assert project.drop_frame is timeline.timebase.drop_frame
    assert (project.name, project.size) == (timeline.name, timeline.size)


@matrix
def test_recordings(case: Case) -> None:
    timeline, project = case.timeline, read_back(case)
    for found, medium in zip(project.recordings.values(), timeline.media, strict=True):
        assert 1 / found.frame_s == medium.timebase.rate
        assert (found.start_frame, found.frames) == (medium.start_frame, medium.frames)
        assert found.has_video is medium.has_video
        assert (found.channels, found.sample_rate_hz) == (medium.channels, medium.sample_rate_hz)
        assert unquote(found.src).removeprefix("file://") == medium.location


@matrix
def test_clips(case: Case) -> None:
    timeline, project = case.timeline, read_back(case)
    assert [(i.start, i.frames) for i in project.items] == [(c.start, c.frames) for c in timeline.clips]
    assert all(one.start + one.frames == following.start for one, following in pairwise(project.items))
    for found, clip in zip(project.items, timeline.clips, strict=True):
        compare_clip(found, clip, timeline)


def compare_clip(found: Item, clip: Clip, timeline: Timeline) -> None:
    if clip.media is None:
        assert found.src == found.role == ""
        return
    assert unquote(found.src).removeprefix("file://") == clip.media.location
    assert found.source_start == clip.source_start
    assert found.note == clip.text
    assert found.drop_frame is clip.media.timebase.drop_frame
    assert bool(found.conformed) is (clip.media.timebase.rate != timeline.timebase.rate)
    assert found.role == f"dialogue.{clip.speaker.replace('.', ' ')}"


@matrix
def test_markers_and_keywords(case: Case) -> None:
    timeline, project = case.timeline, read_back(case)
    found = project.all("markers")
    assert [(m.start, m.text) for m in found] == [(m.start, m.note) for m in timeline.markers]
    assert {m.frames for m in found} == {1}
    keywords = sorted(k for k in ((k.start, k.start + k.frames, k.kind, k.text) for k in project.all("keywords")))
    told = [(k[0], k[2], k[3]) for k in keywords if k[3]]
    assert told == sorted((s.start, s.speaker, s.text) for s in timeline.speech)
    said = sum(s.end - s.start for s in timeline.speech)
    silent = sum(overlapping(c, s.start, s.end) for c in timeline.clips if c.media is None for s in timeline.speech)
    assert sum(end - start for start, end, *_ in keywords) == said - silent
    for item in project.items:
        assert all(item.start <= n.start for n in (*item.markers, *item.keywords))
        assert all(n.start + n.frames <= item.start + item.frames for n in item.keywords)
    assert set(project.collections) == {s.speaker for s in timeline.speech}


def overlapping(clip: Clip, start: int, end: int) -> int:
    return max(0, min(clip.end, end) - max(clip.start, start))


@matrix
@pytest.mark.parametrize("kind", ["itt", "srt"])
def test_captions(case: Case, kind: str) -> None:
    timeline, project = case.timeline, read_back(case, captions=kind)
    captions = project.all("captions")
    role = {"itt": "iTT?captionFormat=ITT.en", "srt": "SRT?captionFormat=SRT.en"}[kind]
    assert {caption.kind for caption in captions} == {role}
    assert all(one.start + one.frames <= following.start for one, following in pairwise(captions))
    assert captions[-1].start + captions[-1].frames <= timeline.frames
    words = sorted(word for caption in captions for word in caption.text.split() if word != "-")
    assert words == sorted(word for speech in timeline.speech for word in speech.text.split())
    for item in project.items:
        assert all(item.start <= caption.start < item.start + item.frames for caption in item.captions)
    readable = min(int(0.3 / project.frame_s), *(s.end - s.start for s in timeline.speech))
    assert all(caption.frames >= readable for caption in captions)
