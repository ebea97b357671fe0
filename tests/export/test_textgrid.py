"""TextGrids, read back by a reader of our own written after Praat's manual, that shares no code with the writer."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.export.losses import Loss
from audapolis.export.material import Material
from audapolis.export.praat.checking import check_textgrid
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.export.prose_samples import bilingual
from tests.strategies import transcripts

exporter = AdvancedExporter()


@dataclass
class Grid:
    """What Praat would hold in memory."""

    end_s: float
    tiers: dict[str, list[tuple[float, float, str]]]


def read(text: str) -> Grid:
    """Praat reads only strings in quotes, free-standing numbers and <flags>; everything else is for people."""
    marks = re.findall(r'"((?:[^"]|"")*)"|(?<![^\s])(-?\d+(?:\.\d+)?)(?=\s)|<(\w+)>', text)
    values = iter([string if not (number or flag) else float(number) if number else flag
                   for string, number, flag in marks])  # fmt: skip
    assert (next(values), next(values)) == ("ooTextFile", "TextGrid")
    assert next(values) == 0
    end_s = next(values)
    assert next(values) == "exists"
    tiers: dict[str, list[tuple[float, float, str]]] = {}
    for _ in range(int(next(values))):
        assert next(values) == "IntervalTier"
        name = str(next(values)).replace('""', '"')
        assert (next(values), next(values)) == (0, end_s)
        assert name not in tiers
        tiers[name] = [
            (next(values), next(values), str(next(values)).replace('""', '"')) for _ in range(int(next(values)))
        ]
    assert not list(values)
    return Grid(end_s, tiers)


def grid(transcript: Transcript, **options: str | bool) -> Grid:
    exported = exporter.render(transcript, "textgrid", options)
    assert exported.report.problems == ()
    found = read(exported.content.decode())
    for intervals in found.tiers.values():
        assert intervals[0][0] == 0
        assert intervals[-1][1] == found.end_s
        assert all(one[1] == two[0] for one, two in pairwise(intervals))
        assert all(start_s < end_s for start_s, end_s, _ in intervals)
    return found


def spoken(intervals: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    return [interval for interval in intervals if interval[2]]


def test_each_speaker_has_tiers_of_segments_words_and_translations() -> None:
    found = grid(bilingual())
    assert list(found.tiers) == [
        "Anna & Söhne", "Anna & Söhne (ar)", "Anna & Söhne (fr)", "Anna & Söhne (words)",
        "Bob <b>", "Bob <b> (ar)", "Bob <b> (fr)", "Bob <b> (words)",
    ]  # fmt: skip
    assert spoken(found.tiers["Bob <b>"])[0] == (6.4, 7.0, "Yes.")
    assert spoken(found.tiers["Bob <b> (fr)"])[0] == (6.4, 7.0, "Oui.")
    assert len(spoken(found.tiers["Anna & Söhne (words)"])) == 22
    assert found.end_s == 16.25


def test_tiers_can_be_chosen() -> None:
    assert list(grid(bilingual(), tiers="words", translations=False).tiers) == [
        "Anna & Söhne (words)",
        "Bob <b> (words)",
    ]
    assert list(grid(conversation(), tiers="segments").tiers) == ["Anna & Söhne", "Bob <b>"]
    assert Loss.WORD_TIMES in exporter.render(bilingual(), "textgrid", {"tiers": "segments"}).losses
    assert Loss.TRANSLATIONS in exporter.render(bilingual(), "textgrid", {"translations": False}).losses


def test_what_one_speaker_says_at_the_same_time_gets_a_further_tier() -> None:
    transcript = make_transcript(("S1", 0, 3, 'Say "one".'), ("S1", 1, 2, "Two."), ("S1", 3, 4, "Three."))
    tiers = grid(transcript, tiers="segments").tiers
    assert spoken(tiers["Speaker 1"]) == [(0.0, 3.0, 'Say "one".'), (3.0, 4.0, "Three.")]
    assert spoken(tiers["Speaker 1 2"]) == [(1.0, 2.0, "Two.")]


def test_speakers_of_one_name_are_told_apart_by_id() -> None:
    transcript = make_transcript(("S1", 0, 1, "a"), ("S2", 1, 2, "b"), (None, 2, 3, "c"), names=("Ann", "Ann"))
    assert list(grid(transcript, tiers="segments").tiers) == ["Ann S1", "Ann S2", "unknown"]


def test_silence_is_one_empty_tier() -> None:
    assert grid(make_transcript(duration_s=0.0)).tiers == {"speech": [(0.0, 0.001, "")]}


@settings(max_examples=40)
@given(transcripts())
def test_all_words_are_there_at_their_time(transcript: Transcript) -> None:
    transcript = replace(transcript, speakers=tuple(replace(s, name=s.id) for s in transcript.speakers))
    tiers = grid(transcript, tiers="words", translations=False).tiers
    found = Counter(
        (round(start_s * 1000), max(round(end_s * 1000), round(start_s * 1000) + 1), text)
        for intervals in tiers.values()
        for start_s, end_s, text in spoken(intervals)
    )
    wanted = Counter(
        (round(w.start_s * 1000), max(round(w.end_s * 1000), round(w.start_s * 1000) + 1), tidy(w.text))
        for w in transcript.words
        if tidy(w.text)
    )
    assert found == wanted


def tidy(text: str) -> str:
    unfit = {*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF}
    return " ".join("".join(c for c in text if ord(c) not in unfit).split())


@settings(max_examples=30)
@given(st.text(st.sampled_from('"a1 .<>=\\é'), min_size=1, max_size=12))
def test_quotes_and_what_looks_like_numbers_come_back(text: str) -> None:
    tiers = grid(make_transcript(("S1", 0, 1, "x" + text), names=("x" + text,)), tiers="segments").tiers
    [(name, intervals)] = tiers.items()
    assert name == tidy("x" + text)
    assert spoken(intervals)[0][2] == tidy("x" + text)


def test_damaged_files_are_found() -> None:
    content = exporter.render(conversation(), "textgrid").content
    for broken in (
        b"nothing",
        content.replace(b"xmax = 3.200 \n            text", b"xmax = 3.300 \n            text", 1),
        content.replace(b"size = 4", b"size = 5"),
        content.replace(b"intervals: size = 7", b"intervals: size = 8"),
        content.replace(b"xmax = 16.250 \n            text", b"xmax = 16.000 \n            text", 1),
    ):
        assert list(check_textgrid(io.BytesIO(broken), Material.of(conversation())))
