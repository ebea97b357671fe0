"""SCC as two independent readers see it: ttconv and pycaption.

ttconv counts frames, so its times must be ours to the frame. pycaption takes drop-frame timecode for clock time (up to
two frames off) and counts on over skipped labels (two more): it gets non-drop timecode where times are compared, and
there agrees with ttconv to the frame, but for gaps of up to five frames, which it closes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pycaption
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.document import Document
from audapolis.domain.timecode import Timebase
from audapolis.domain.transcript import Transcript
from audapolis.errors import InvalidOption
from audapolis.export.captions import lay_out
from audapolis.export.cea608.characters import CHARACTERS
from audapolis.export.cea608.writable import writable
from audapolis.export.formats.scc import SccOptions
from audapolis.export.material import Material
from hypothesis import given, settings
from hypothesis import strategies as st
from ttconv import model
from ttconv.scc import reader

from tests.builders import VIDEO, Line, conversation, make_transcript

RATE = Fraction(30_000, 1001)
exporter = AdvancedExporter()

# What readers call characters that the standard draws but does not name.
TTCONV_NAMES = str.maketrans("━ʌ┃┏┓┗┛", "—^¦┌┐└┘")
FFMPEG_NAMES = str.maketrans("’´·", "'‘•")
PYCAPTION_NAMES = str.maketrans("¦|’\xa0", "|¦' ")


@dataclass(frozen=True)
class Read:
    start: int
    end: int
    lines: tuple[str, ...]


def by_ttconv(content: bytes) -> list[Read]:
    div = next(iter(reader.to_model(content.decode()).get_body()))
    return [Read(int(p.get_begin() * RATE), int(p.get_end() * RATE), tuple(ttconv_text(p).split("\n"))) for p in div]


def ttconv_text(element: model.ContentElement) -> str:
    if isinstance(element, model.Br):
        return "\n"
    if isinstance(element, model.Text):
        return element.get_text().translate(TTCONV_NAMES)
    return "".join(ttconv_text(child) for child in element)


def by_pycaption(content: bytes) -> list[Read]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captions = pycaption.SCCReader().read(content.decode()).get_captions("en-US")
    found = []
    for caption in captions:
        lines = tuple(line.strip() for line in caption.get_text().translate(PYCAPTION_NAMES).split("\n"))
        found.append(Read(*(round(Fraction(us) / 10**6 * RATE) for us in (caption.start, caption.end)), lines))
    return found


def without_short_gaps(reads: list[Read]) -> list[Read]:
    starts = [read.start for read in reads[1:]]
    closed = [
        replace(read, end=start) if start - read.end <= 5 else read for read, start in zip(reads, starts, strict=False)
    ]
    return closed + reads[-1:]


def wanted(transcript: Transcript, options: SccOptions) -> list[Read]:
    timebase = Timebase(RATE)
    laid_out = lay_out(writable(transcript).transcript, options, labels=options.speakers == "name")
    captions = sorted(laid_out, key=lambda caption: (caption.start_ms, caption.end_ms))
    frames = [(timebase.frames(c.start_ms / 1000), timebase.frames(c.end_ms / 1000)) for c in captions]
    return [Read(*edges, caption.texts) for edges, caption in zip(frames, captions, strict=True)]


# pycaption leaves the solid block out.
words = st.text(st.sampled_from(sorted(CHARACTERS - set(" █"))), min_size=1, max_size=12)
texts = st.lists(words, min_size=1, max_size=12).map(" ".join)


@st.composite
def calm_talks(draw: st.DrawFn) -> Transcript:
    """One speaks after the other, with time to send what they say."""
    lines: list[Line] = []
    at_s = 4.0
    for text in draw(st.lists(texts, min_size=1, max_size=4)):
        length_s = round(1.5 * len(text) + draw(st.floats(2, 4)), 3)
        lines.append((draw(st.sampled_from(["S1", "S2"])), at_s, round(at_s + length_s, 3), text))
        at_s = round(at_s + length_s + draw(st.floats(0, 9)), 3)
    return make_transcript(*lines)


@st.composite
def lively_talks(draw: st.DrawFn) -> Transcript:
    """Everybody speaks at once, fast."""
    lines = [
        (draw(st.sampled_from(["S1", "S2", "S3"])), start_s, round(start_s + draw(st.floats(0.1, 6)), 3), text)
        for text in draw(st.lists(texts, min_size=1, max_size=6))
        for start_s in [round(draw(st.floats(0, 20)), 3)]
    ]
    return make_transcript(*sorted(lines, key=lambda line: line[1]))


@settings(max_examples=40, deadline=None)
@given(calm_talks(), st.sampled_from(["yes", "no"]), st.integers(1, 4))
def test_captions_appear_in_their_frame_with_all_their_text(transcript: Transcript, drop: str, lines: int) -> None:
    chosen = {"drop_frame": drop, "max_lines": lines}
    exported = exporter.render(transcript, "scc", chosen)
    assert not exported.report.problems
    assert not exported.report.warnings
    expected = wanted(transcript, SccOptions(max_lines=lines))
    found = by_ttconv(exported.content)
    assert [read.lines for read in found] == [read.lines for read in expected]
    assert [read.start for read in found] == [read.start for read in expected]
    # Codes that belong together take four frames at most: the screen is cleared at the nearer end.
    assert all(abs(read.end - want.end) <= 2 for read, want in zip(found, expected, strict=True))


@settings(max_examples=40, deadline=None)
@given(lively_talks(), st.sampled_from(["centre", "left"]))
def test_both_readers_agree_to_the_frame(transcript: Transcript, alignment: str) -> None:
    content = exporter.render(transcript, "scc", {"drop_frame": "no", "alignment": alignment}).content
    assert by_pycaption(content) == without_short_gaps(by_ttconv(content))


@settings(max_examples=40, deadline=None)
@given(lively_talks())
def test_speech_that_overlaps_is_shown_in_turn_and_never_early(transcript: Transcript) -> None:
    exported = exporter.render(transcript, "scc")
    assert not exported.report.problems
    expected, found = wanted(transcript, SccOptions()), by_ttconv(exported.content)
    assert [read.lines for read in found] == [read.lines for read in expected]
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert all(read.start >= want.start for read, want in zip(found, expected, strict=True))
    late = [read for read, want in zip(found, expected, strict=True) if read.start - want.start > 2]
    told = [text for text in exported.report.warnings if "appear later" in text]
    assert [text.split()[0] for text in told] == ([str(len(late))] if late else [])


@settings(max_examples=20, deadline=None)
@given(lively_talks())
def test_the_same_talk_gives_the_same_bytes(transcript: Transcript) -> None:
    assert exporter.render(transcript, "scc") == exporter.render(transcript, "scc")


def test_pycaption_reads_drop_frame_within_four_frames() -> None:
    lines = [("S1", 57.0 + 61 * n, 61.0 + 61 * n, f"Caption number {n}, over the minute.") for n in range(12)]
    transcript = make_transcript(*lines)
    found = by_pycaption(exporter.render(transcript, "scc", {"speakers": "none"}).content)
    expected = wanted(transcript, SccOptions(speakers="none"))
    assert [read.lines for read in found] == [read.lines for read in expected]
    assert all(abs(read.start - want.start) <= 4 for read, want in zip(found, expected, strict=True))


def test_a_caption_at_the_very_start_waits_until_it_is_sent() -> None:
    exported = exporter.render(make_transcript(("S1", 0, 3, "At once."), duration_s=9), "scc", {"speakers": "none"})
    (read,) = by_ttconv(exported.content)
    assert read == Read(10, 90, ("At once.",))
    assert exported.report.warnings == (
        "1 of 1 captions appear later than spoken, by up to 0.3 s: they are sent at two bytes a frame and shown one at "
        "a time.",
    )


def test_the_timecode_is_the_recordings_own_when_asked_for() -> None:
    transcript = make_transcript(("S1", 60, 63, "Hello."), video=VIDEO)
    text = exporter.render(transcript, "scc", {"start_timecode": "auto"}).content.decode()
    first, last = text.splitlines()[2].split("\t")[0], text.splitlines()[-1].split("\t")[0]
    timebase = Timebase(RATE, drop_frame=True)
    assert timebase.parse(first) < timebase.parse("00:59:30;00") + 60 * RATE < timebase.parse(last)
    assert ";" in first


def test_a_cut_and_a_timecode_that_is_none_begin_at_zero() -> None:
    film = make_transcript(("S1", 60, 63, "Hello."), video=VIDEO)
    odd = make_transcript(("S1", 60, 63, "Hello."), video=replace(VIDEO, start_timecode="00:01:00;00"))
    for subject in (Material(film, Document.from_transcript(film)), odd):
        text = exporter.render(subject, "scc", {"start_timecode": "auto"}).content.decode()
        assert "\n00:00:59;" in text


def test_non_drop_recordings_get_non_drop_timecode() -> None:
    film = make_transcript(("S1", 9, 12, "Hello."), video=replace(VIDEO, drop_frame=False))
    assert b";" not in exporter.render(film, "scc").content
    pal = make_transcript(("S1", 9, 12, "Hello."), video=replace(VIDEO, frame_rate="25", drop_frame=False))
    exported = exporter.render(pal, "scc")
    assert b";" in exported.content
    assert exported.report.warnings == ("The picture has 25 frames a second; SCC counts 29.97 all the same.",)
    assert not exporter.render(film, "scc").report.warnings


def test_timecode_wraps_after_a_day_and_says_so() -> None:
    transcript = make_transcript(("S1", 86_390, 86_395, "Late."), ("S1", 86_500, 86_503, "Later."))
    exported = exporter.render(transcript, "scc")
    assert not exported.report.problems
    assert exported.content.splitlines()[-1].startswith(b"00:01:")
    assert any("24 hours" in text for text in exported.report.warnings)


@pytest.mark.parametrize(
    ("text", "script"),
    [("你好世界", "Cjk"), ("مرحبا بالعالم", "Arabic"), ("Привет, мир", "Cyrillic"), ("γειά σου", "Greek")],
)
def test_scripts_that_cea_608_lacks_are_refused_with_a_way_out(text: str, script: str) -> None:
    with pytest.raises(InvalidOption, match=script) as caught:
        exporter.render(make_transcript(("S1", 1, 3, text)), "scc")
    assert "imsc" in caught.value.hint


def test_single_letters_of_other_scripts_are_marked_and_counted() -> None:
    text = "This is a long sentence of Western letters about Москва, “quoted” … and ő → 😀 done."
    exported = exporter.render(make_transcript(("S1", 5, 15, text)), "scc", {"speakers": "none"})
    shown = " ".join(line for read in by_ttconv(exported.content) for line in read.lines)
    assert shown == "This is a long sentence of Western letters about ??????, “quoted” ... and o -> done."
    assert "Characters that the format lacks are replaced by similar ones." in exported.losses
    assert "for 7 of the text's" in exported.report.warnings[0]


def test_a_new_speaker_can_be_shown_by_arrows() -> None:
    lines = [("S1", 2, 4, "Hello."), ("S1", 7, 9, "Still me."), ("S2", 9.5, 11, "Me."), (None, 12, 14, "Nobody.")]
    exported = exporter.render(make_transcript(*lines), "scc", {"speakers": "arrows"})
    assert [read.lines for read in by_ttconv(exported.content)] == [
        (">> Hello.",),
        ("Still me.",),
        (">> Me.",),
        (">> Nobody.",),
    ]
    assert "Who speaks is left out." in exported.losses


def test_arrows_stand_before_segments_without_words_too() -> None:
    talk = make_transcript(("S1", 2, 6, "Hello there you all."))
    whole = replace(talk, segments=(replace(talk.segments[0], words=()),))
    (read,) = by_ttconv(exporter.render(whole, "scc", {"speakers": "arrows"}).content)
    assert read.lines == (">> Hello there you all.",)


def test_losses_name_what_this_file_lost() -> None:
    plain = exporter.render(make_transcript(("S1", 1, 4, "Plain words.")), "scc")
    assert "Characters that the format lacks are replaced by similar ones." not in plain.losses
    assert "Speech that overlaps is laid out one after the other." not in plain.losses
    both = make_transcript(("S1", 1, 4, "I speak."), ("S2", 2, 5, "Me too."))
    assert "Speech that overlaps is laid out one after the other." in exporter.render(both, "scc").losses
    assert "Who speaks is left out." in exporter.render(both, "scc", {"speakers": "none"}).losses


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_ffmpeg_decodes_the_same_lines(tmp_path: Path) -> None:
    """Its times are those of whole transmissions, so only text is compared."""
    source, target = tmp_path / "x.scc", tmp_path / "x.srt"
    letters = "".join(sorted(CHARACTERS - set(" █\\{}<>^¦|┌┐└┘—℠")))
    lines = [f"{letters[n : n + 30]}" for n in range(0, len(letters), 30)]
    transcript = make_transcript(*[("S1", 5 + n * 8.0, 10 + n * 8.0, line) for n, line in enumerate(lines)])
    content = exporter.render(transcript, "scc", {"speakers": "none"}).content
    source.write_bytes(content)
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), str(target)], check=True)
    blocks = (
        re.sub(r"</?font[^>]*>|\{\\an7\}|\\h", "", target.read_text().translate(FFMPEG_NAMES)).strip().split("\n\n")
    )
    shown = [tuple(block.split("\n")[2:]) for block in blocks]
    assert shown == [read.lines for read in by_ttconv(content)]


def test_nothing_said_makes_a_header_alone() -> None:
    exported = exporter.render(make_transcript(), "scc")
    assert exported.content == b"Scenarist_SCC V1.0\n"
    assert not exported.report.problems


def test_the_conversation_is_read_back_whole() -> None:
    content = exporter.render(conversation(), "scc").content
    assert [read.lines for read in by_ttconv(content)] == [read.lines for read in by_pycaption(content)]
