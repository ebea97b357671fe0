"""The checks of TTML documents find what is wrong with them."""

from __future__ import annotations

import io

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.material import Material
from audapolis.export.ttml.checking import check_ebuttd, check_imsc

from tests.builders import conversation

MATERIAL = Material.of(conversation())
EBUTTD = AdvancedExporter().render(conversation(), "ebuttd").content.decode()
IMSC = AdvancedExporter().render(conversation(), "imsc", {"times": "frames", "rate": "25"}).content.decode()


@pytest.mark.parametrize(
    ("fault", "instead", "problem"),
    [
        ("</tt:tt>", "", "not well-formed"),
        (' xml:lang="en"', "", "not tt with a language"),
        ('ttp:timeBase="media"', 'ttp:timeBase="smpte"', "time base"),
        ("urn:ebu:tt:distribution:2018-04", "urn:other", "does not say that it is EBU-TT-D"),
        ('xml:id="c2"', 'xml:id="c1"', "The id c1 is there twice."),
        (' xml:id="c2"', "", "Caption 2 has no id"),
        ('region="bottom" begin="00:00:03.600"', 'region="left" begin="00:00:03.600"', "no region called left"),
        ('style="speaker2">Yes', 'style="speaker9">Yes', "no style called speaker9"),
        ('ttm:agent="agent2"', 'ttm:agent="speaker2"', "no agent called speaker2"),
        ('begin="00:00:03.600"', 'begin="00:00:09.600"', "Caption 2 has no begin before its end."),
        ('begin="00:00:03.600"', 'begin="3.6s"', "Caption 2 has no begin before its end."),
        ('begin="00:00:03.600"', 'begin="00:00:00.100"', "Caption 2 begins before the one before it."),
        ('begin="00:00:00.500" end="00:00:03.517"', 'begin="12f" end="88f"', "Times are in frames."),
        ('tts:origin="10% 10%"', 'tts:origin="10% 40%"', "Regions overlap."),
        ('tts:origin="10% 10%"', 'tts:origin="30% 10%"', "leaves the picture"),
        ('tts:origin="10% 10%"', "", "no origin and extent"),
        ('<tt:span style="speaker2">Yes', '<tt:span tts:color="#FFFF00">Yes', "Styles stand in the text"),
    ],
)
def test_faults_of_ebu_tt_d_are_named(fault: str, instead: str, problem: str) -> None:
    assert fault in EBUTTD
    found = list(check_ebuttd(io.BytesIO(EBUTTD.replace(fault, instead, 1).encode()), MATERIAL))
    assert any(problem in text for text in found), found


@pytest.mark.parametrize(
    ("fault", "instead", "problem"),
    [
        ("</tt>", "", "not well-formed"),
        ("profile/imsc1.1/text", "profile/imsc1/text", "does not say that it is IMSC 1.1 text."),
        (' ttp:frameRate="25"', "", "the frame rate is missing"),
        ('xml:id="speaker2"', 'xml:id="speaker1"', "The id speaker1 is there twice."),
    ],
)
def test_faults_of_imsc_are_named(fault: str, instead: str, problem: str) -> None:
    assert fault in IMSC
    found = list(check_imsc(io.BytesIO(IMSC.replace(fault, instead, 1).encode()), MATERIAL))
    assert any(problem in text for text in found), found


def test_whole_documents_pass() -> None:
    assert not list(check_ebuttd(io.BytesIO(EBUTTD.encode()), MATERIAL))
    assert not list(check_imsc(io.BytesIO(IMSC.encode()), MATERIAL))
