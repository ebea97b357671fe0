"""Markdown, read back by a CommonMark parser that shares no code with us."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.export.prose import passages
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript, transcript_with
from tests.export.prose_samples import bilingual
from tests.strategies import transcripts

markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py, the reader of these tests, is not installed")
exporter = AdvancedExporter()
SPECIALS = st.text(st.sampled_from("#*_`[]<>()!\\|~&;:+-=.1aX \"'$%@/{}^\u00a0"), min_size=1, max_size=14)


def rendered(transcript: Transcript, **options: str | bool) -> str:
    exported = exporter.render(transcript, "md", options)
    assert exported.report.problems == ()
    return exported.content.decode()


def blocks(text: str) -> list[tuple[str, str]]:
    """Kind and shown text of each block: what a reader sees; bold text between stars, breaks as they are."""
    reader = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found: list[tuple[str, str]] = []
    kinds: list[str] = []
    for token in reader.parse(text):
        if token.nesting == 1:
            kinds.append(token.tag)
        elif token.nesting == -1:
            kinds.pop()
        elif token.type == "inline":
            shown = {"strong_open": "*", "strong_close": "*", "softbreak": "\n"}
            parts = [
                child.content if child.type == "text" else shown.get(child.type, f"<{child.type}>")
                for child in token.children
            ]
            found.append((" ".join(kinds), "".join(parts)))
        else:
            found.append((token.type, token.content))
    return found


def test_the_head_is_a_heading_and_a_table() -> None:
    found = blocks(rendered(conversation()))
    assert found[0] == ("h1", "talk.wav")
    assert ("table tbody tr td", "Anna & Söhne (54%), Bob <b> (46%)") in found
    assert found[-1] == ("p", "[0:14] *Anna & Söhne:* Thank you.")


def test_a_translation_is_a_quotation() -> None:
    found = blocks(rendered(bilingual(), second_language="fr", title=False, metadata=False))
    assert found[2:4] == [("p", "[0:06] *Bob <b>:* Yes."), ("blockquote p", "Oui.")]


@pytest.mark.parametrize(
    "text",
    ["# no heading", "1. no list", "1) no list", "- no list", "+ no", "> no quote", "=== no", "--- ---", "*no* _no_",
     "`no`", "[no](link)", "![no](x.png)", "<b>no</b>", "&amp; &#35; &copy", "a | b |", "~~no~~", "\\*", "C:\\", "C #"],
)  # fmt: skip
def test_what_looks_like_markup_is_shown_as_it_is(text: str) -> None:
    transcript = make_transcript(("S1", 0, 1, text), name=text, names=(text,))
    options = {"timestamps": False, "metadata": False}
    assert blocks(rendered(transcript, **options)) == [("h1", text), ("p", f"*{text}:* {text}")]
    assert blocks(rendered(transcript, **options, title=False, speakers=False)) == [("p", text)]


@settings(max_examples=150)
@given(st.lists(SPECIALS, min_size=1, max_size=5), SPECIALS, st.booleans(), st.booleans())
def test_a_reader_shows_the_very_text(texts: list[str], name: str, speakers: bool, timestamps: bool) -> None:
    segment = make_transcript(("S1", 0.0, 1.0, "x")).segments[0]
    words = tuple(replace(segment.words[0], text=text) for text in texts)
    transcript = transcript_with([replace(segment, words=words)], duration_s=2.0, names=(name,), name=name)
    found = blocks(rendered(transcript, speakers=speakers, timestamps=timestamps, metadata=False, title=False))
    wanted = []
    for passage in passages(transcript):
        time = "[0:00] " if timestamps else ""
        who = f"*{passage.name}:* " if speakers and passage.name else ""
        wanted.append(("p", f"{time}{who}{passage.text}"))
    assert found == wanted


@settings(max_examples=40)
@given(transcripts())
def test_there_is_a_paragraph_for_each_passage(transcript: Transcript) -> None:
    found = blocks(rendered(transcript, title=False, metadata=False, timestamps=False, speakers=False))
    assert [text for _, text in found] == [passage.text for passage in passages(transcript)]
