"""The web page: its text for another parser, its policy, its colours; and used in a real browser."""

from __future__ import annotations

import io
import json
import re
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript, TranslatedSegment
from audapolis.errors import InvalidOption
from audapolis.export.html.checking import check_html
from audapolis.export.html.page import asset
from audapolis.export.losses import Loss
from audapolis.export.material import Material
from audapolis.export.prose import passages
from hypothesis import given, settings
from lxml import html as lxml_html
from playwright.sync_api import Browser, Page

from tests.builders import conversation, make_transcript
from tests.export.browser import browser, until
from tests.export.prose_samples import bilingual
from tests.strategies import transcripts

exporter = AdvancedExporter()


def page(transcript: Transcript, **options: str | float | bool) -> str:
    exported = exporter.render(transcript, "html", options)
    assert exported.report.problems == ()
    return exported.content.decode()


@settings(max_examples=40, deadline=None)
@given(transcripts())
def test_text_names_and_times_come_back(transcript: Transcript) -> None:
    tree = lxml_html.document_fromstring(page(transcript, second_language="fr" if transcript.translations else ""))
    wanted = passages(transcript, "fr" if transcript.translations else "")
    turns = tree.xpath("//div[@class='turn']")
    assert [[span.text_content() for span in turn.find("p").iter("span")] for turn in turns] == [
        [word.text for word in passage.words] for passage in wanted
    ]
    assert [turn.xpath("string(p[@class='other'])") for turn in turns] == [p.translation for p in wanted]
    names = [turn.xpath("string(h3)") for turn in turns]
    assert all(name in ("", p.name) for name, p in zip(names, wanted, strict=True))
    numbers = json.loads(tree.get_element_by_id("times").text)
    start_ms = 0
    for index, word in enumerate(word for passage in wanted for word in passage.words):
        start_ms += numbers[3 * index]
        assert (start_ms, numbers[3 * index + 2]) == (round(word.start_s * 1000), int(word.confidence * 100))
        assert start_ms + numbers[3 * index + 1] == round(word.end_s * 1000)


def test_nothing_lies_elsewhere_and_the_policy_allows_only_what_is_inside() -> None:
    text = page(bilingual(), second_language="fr", media="a talk & more.wav")
    assert "http:" not in text
    assert "https:" not in text
    policy = lxml_html.document_fromstring(text).xpath("string(//meta[@http-equiv]/@content)")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert ' src="./a%20talk%20%26%20more.wav"' in text


def test_languages_have_their_direction() -> None:
    tree = lxml_html.document_fromstring(page(bilingual(), second_language="ar"))
    [said, *_] = tree.xpath("//p[@class='said']")
    [other, *_] = tree.xpath("//p[@class='other']")
    assert (said.get("lang"), said.get("dir"), other.get("lang"), other.get("dir")) == ("en", "ltr", "ar", "rtl")
    unknown = lxml_html.document_fromstring(page(make_transcript(("S1", 0, 1, "x"), language="und")))
    assert unknown.xpath("//p[@class='said']")[0].attrib.get("dir") == "auto"


@pytest.mark.parametrize("media", ["https://example.org/a.wav", "//example.org/a.wav", "/etc/x",
                                   "\\\\host\\a.wav", "C:\\a.wav"])  # fmt: skip
def test_recordings_from_elsewhere_are_refused(media: str) -> None:
    with pytest.raises(InvalidOption, match="not a path from the page"):
        page(conversation(), media=media)


def test_names_that_look_like_addresses_are_names() -> None:
    assert ' src="./javascript%3Aalert%281%29"' in page(conversation(), media="javascript:alert(1)")


def test_parts_can_be_left_out() -> None:
    bare = page(conversation(), speakers=False, timestamps=False, metadata=False, theme="dark")
    tree = lxml_html.document_fromstring(bare)
    assert not tree.xpath("//h3 | //aside | //button[@class='at']")
    assert tree.get("data-theme") == "dark"
    assert "Nobody says anything" in page(make_transcript())
    assert set(exporter.render(conversation(), "html").losses) == {Loss.EMBEDDINGS}
    assert Loss.SPEAKERS in exporter.render(conversation(), "html", {"speakers": False}).losses


def test_line_ends_and_marks_do_not_break_the_policy() -> None:
    assert exporter.render(conversation(), "html", {"newline": "crlf", "bom": True}).report.problems == ()


def test_damaged_pages_are_found() -> None:
    content = exporter.render(conversation(), "html", {"media": "auto"}).content
    for broken in (
        content.replace(b'"use strict"', b'"use strct"'),
        content.replace(b"--paper:", b"--papers:", 1),
        content.replace(b"<span class=c18>Yes.</span>", b""),
        content.replace(b'id="times">[', b'id="times">[x'),
        content.replace(b'src="./talk.wav"', b'src="https://example.org/talk.wav"'),
    ):
        assert list(check_html(io.BytesIO(broken), Material.of(conversation())))


class TestContrast:
    """WCAG 2: 4.5 between text and what is behind it, in both looks."""

    COLOURS: ClassVar = dict(re.findall(r"--([\w-]+): (light-dark\([^)]*\))", asset("page.css")))
    ON_PAPER = ("ink", "soft", "accent", *(f"s{number}" for number in range(8)))
    PAIRS = (
        *((text, "paper") for text in ON_PAPER),
        *(("soft", behind) for behind in ("panel", "raised")),
        *(("ink", behind) for behind in ("panel", "raised", "now", "doubt", "hit")),
        ("on-accent", "accent"),
    )

    @pytest.mark.parametrize("look", [0, 1])
    def test_is_enough_to_read(self, look: int) -> None:
        ratios = {pair: contrast(*(self._colour(name, look) for name in pair)) for pair in self.PAIRS}
        assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}

    def _colour(self, name: str, look: int) -> str:
        return re.findall(r"#[0-9a-f]{6}", self.COLOURS[name])[look]


def contrast(one: str, two: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    """The bilingual talk with its recording beside it; nothing else is asked for, and nothing is complained of."""
    with wave.open(str(tmp_path / "talk.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 8000 * 17))
    path = tmp_path / "talk.html"
    exporter.write(bilingual(), path, "html", {"second_language": "fr", "media": "auto", "doubtful_below": 0.5})
    found = chromium.new_page(viewport={"width": 1200, "height": 800})
    complaints: list[str] = []
    asked: list[str] = []
    found.on("console", lambda message: complaints.append(message.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("request", lambda request: request.url.startswith("blob:") or asked.append(request.url))
    found.goto(path.as_uri())
    until(found, "media.readyState >= 1")
    yield found
    assert complaints == []
    assert {url.rpartition("/")[2] for url in asked} == {"talk.html", "talk.wav"}
    found.close()


@pytest.mark.slow
class TestInChromium:
    def test_a_click_on_a_word_plays_from_there(self, opened: Page) -> None:
        opened.get_by_text("captions.", exact=True).click()
        assert opened.evaluate("media.currentTime") == pytest.approx(13.408, abs=0.001)
        assert opened.locator(".now").all_inner_texts() == ["captions."]
        assert "42 % sure" not in opened.inner_text("#say")
        assert opened.url.endswith("#t=13.408")
        opened.locator(".at").nth(1).click()
        assert opened.evaluate("media.currentTime") == pytest.approx(6.4, abs=0.001)

    def test_the_word_that_is_heard_is_marked(self, opened: Page) -> None:
        opened.evaluate("media.muted = true")
        opened.get_by_text("Thank", exact=True).click()
        opened.keyboard.press("Space")
        until(opened, "find('.now').textContent === 'you.'")
        assert opened.get_attribute("#play", "aria-label") == "Pause"
        opened.keyboard.press("k")
        assert opened.evaluate("media.paused")

    def test_keys_go_from_word_to_word_and_from_doubt_to_doubt(self, opened: Page) -> None:
        opened.keyboard.press("ArrowRight")
        opened.keyboard.press("ArrowRight")
        assert opened.inner_text(".now") == "morning,"
        opened.keyboard.press("n")
        assert opened.inner_text(".now") == "welcome"
        opened.keyboard.press("Shift+N")
        assert opened.inner_text(".now") == "Good"
        opened.locator("#strip").focus()
        opened.keyboard.press("ArrowRight")
        assert opened.evaluate("media.currentTime") == pytest.approx(5.5, abs=0.001)

    def test_doubtful_words_are_shaded_from_a_threshold_on(self, opened: Page) -> None:
        def shaded() -> int:
            return opened.evaluate(
                "words.filter(w => getComputedStyle(w).textDecorationLine.includes('underline')).length"
            )

        doubtful = sum(word.confidence < 0.5 for word in bilingual().words)
        assert shaded() == doubtful
        opened.fill("#below", "95")
        assert shaded() == len(bilingual().words)
        opened.click("#doubt")
        assert shaded() == 0

    def test_search_knows_no_accents_and_finds_translations(self, opened: Page) -> None:
        opened.keyboard.press("/")
        opened.keyboard.type("would ALSO say that unicode")
        until(opened, "find('#found').textContent === '1 of 1'")
        assert opened.locator(".hit-now").all_inner_texts() == ["would", "also", "say", "that", "ünïcode"]
        opened.fill("#query", "bienvenue")
        until(opened, "find('.other.hit-now') !== null")
        opened.fill("#query", "zzz")
        until(opened, "find('#found').textContent === 'none'")

    def test_speakers_and_the_translation_can_be_hidden(self, opened: Page) -> None:
        opened.locator(".people button").first.click()
        assert opened.locator(".turn:visible").count() == 2
        assert opened.locator(".other:visible").count() == 2
        opened.click("#other")
        assert opened.locator(".other:visible").count() == 0

    def test_a_file_can_be_chosen_instead(self, opened: Page, tmp_path: Path) -> None:
        opened.set_input_files("#file", tmp_path / "talk.wav")
        until(opened, "media.src.startsWith('blob:') && media.readyState >= 1")
        opened.get_by_text("Yes.", exact=True).click()
        assert opened.evaluate("media.currentTime") == pytest.approx(6.4, abs=0.001)

    def test_landmarks_and_controls_have_names(self, opened: Page) -> None:
        tree = opened.locator("body").aria_snapshot()
        for wanted in ("banner", "main", "navigation \"Tools\"", "complementary \"About this transcript\"", "search",
                       "slider \"Position\"", "button \"Play\"", "contentinfo \"Player\""):  # fmt: skip
            assert wanted in tree
        nameless = re.findall(r"- (?:button|searchbox|slider|combobox|heading)(?! \")[^\n]*", tree)
        assert nameless == []

    def test_looks_change_and_nothing_sticks_out_on_a_telephone(self, opened: Page) -> None:
        paper = "getComputedStyle(document.body).backgroundColor"
        before = opened.evaluate(paper)
        opened.keyboard.press("t")
        assert opened.evaluate(paper) != before
        opened.set_viewport_size({"width": 360, "height": 700})
        assert opened.evaluate("document.documentElement.scrollWidth") <= 360

    def test_a_page_can_be_opened_at_a_place(self, opened: Page) -> None:
        address = opened.url
        opened.goto("about:blank")
        opened.goto(f"{address}#t=6.4")
        until(opened, "media.currentTime > 6")
        assert opened.inner_text(".now") == "Yes."


@pytest.mark.slow
def test_ten_hours_open_and_can_be_searched(chromium: Browser, tmp_path: Path) -> None:
    lines = [(f"S{n // 7 % 6 + 1}", n * 3.6, n * 3.6 + 3.5, "one two three four five six seven eight nine ten.")
             for n in range(10_000)]  # fmt: skip
    transcript = make_transcript(*lines)
    tracks = {"fr": tuple(TranslatedSegment(s.id, "un deux trois") for s in transcript.segments)}
    exporter.write(replace(transcript, translations=tracks), tmp_path / "t.html", "html", {"second_language": "fr"})
    found = chromium.new_page()
    found.goto((tmp_path / "t.html").as_uri())
    assert found.evaluate("words.length") == 100_000
    found.evaluate("seekWord(99_999)")
    assert found.locator(".now").bounding_box() is not None
    found.fill("#query", "seven")
    until(found, "find('#found').textContent === '1 of 10000'")
    found.close()
