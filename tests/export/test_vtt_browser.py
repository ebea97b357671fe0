"""WebVTT as a real browser shows it, over a real video."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript

from tests.builders import make_transcript
from tests.export.browser import browser, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]
_CUES = "document.querySelector('track').track.cues"


def doubtful() -> Transcript:
    transcript = make_transcript(
        ("S1", 0.2, 4.0, "Some words are sure, others doubtful, & some <likely>."), names=("Ann & <Bob>",), duration_s=6
    )
    [segment] = transcript.segments
    levels = {"doubtful,": 0.2, "<likely>.": 0.6}
    words = tuple(replace(word, confidence=levels.get(word.text, 0.95)) for word in segment.words)
    return replace(transcript, segments=(replace(segment, words=words),))


def page_with_video(folder: Path) -> Path:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        "color=c=0x203040:s=640x360:d=6:r=25",
        "-c:v",
        "libvpx",
    ]
    subprocess.run([*command, str(folder / "video.webm")], check=True)
    AdvancedExporter().write(doubtful(), folder / "x.vtt", "vtt", {"confidence": "classes", "speaker_colours": True})
    vtt = (folder / "x.vtt").read_text()
    page = folder / "page.html"
    # A track of a file: page may not be read, so the captions come as data.
    page.write_text(
        "<!doctype html><meta charset=utf-8><body style='margin:0'>"
        "<video width=640 height=360 src=video.webm muted></video><script>"
        f"const t=document.createElement('track');t.kind='captions';t.default=true;"
        f"t.src=URL.createObjectURL(new Blob([{vtt!r}],{{type:'text/vtt'}}));"
        "document.querySelector('video').append(t);t.track.mode='showing';</script>"
    )
    return page


def test_a_browser_shows_the_cues_their_speaker_and_their_doubts(tmp_path: Path) -> None:
    page_file = page_with_video(tmp_path)
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 640, "height": 360})
        page.goto(page_file.as_uri())
        until(page, f"({_CUES} || []).length == 1")
        cue = page.evaluate(
            f"(() => {{ const c = {_CUES}[0]; return [c.startTime, c.endTime, c.getCueAsHTML().textContent]; }})()"
        )
        assert cue[0] == pytest.approx(0.2)
        assert " ".join(cue[2].split()) == "Some words are sure, others doubtful, & some <likely>."
        voices = page.evaluate(
            f"[...{_CUES}[0].getCueAsHTML().querySelectorAll('span')].map(e => [e.title, e.className])"
        )
        assert ["Ann & <Bob>", "speaker-1"] in voices
        assert [classes for _, classes in voices if "conf" in classes] == ["conf-low", "conf-medium"]
        page.evaluate("document.querySelector('video').currentTime = 1.5")
        until(
            page, "document.querySelector('video').currentTime == 1.5 && document.querySelector('video').readyState > 1"
        )
        page.wait_for_timeout(300)
        page.screenshot(path=tmp_path / "captions.png")
    red, amber = colours_in(tmp_path / "captions.png")
    assert red > 50
    assert amber > 50


def colours_in(picture: Path) -> tuple[int, int]:
    """How many pixels have the colours of words of low and medium confidence."""
    command = ["ffmpeg", "-v", "error", "-i", str(picture), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    pixels = [data[at : at + 3] for at in range(0, len(data), 3)]
    return pixels.count(b"\xff\x60\x60"), pixels.count(b"\xff\xd1\x66")
