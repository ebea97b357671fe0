"""The check of SCC files finds what is wrong with them."""

from __future__ import annotations

import io

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.cea608.checking import check_scc
from audapolis.export.material import Material

from tests.builders import conversation, make_transcript

TALK = make_transcript(("S1", 5, 8, "ABA Two lines of text, since it is long enough."))
GOOD = AdvancedExporter().render(TALK, "scc", {"speakers": "none"}).content.decode()
MATERIAL = Material.of(conversation())


def problems(text: str) -> list[str]:
    return list(check_scc(io.BytesIO(text.encode()), MATERIAL))


def test_a_whole_file_passes() -> None:
    assert not problems(GOOD)
    assert not problems(GOOD.replace("\n", "\r\n"))
    assert not problems("\ufeff" + GOOD)


@pytest.mark.parametrize(
    ("fault", "instead", "problem"),
    [
        ("Scenarist_SCC V1.0", "Scenarist", "does not begin with"),
        ("\t9420 9420", "\t9420", "not sent twice"),
        ("942f 942f", "942f", "not sent twice"),
        ("c1c2", "41c2", "without odd parity"),
        ("\t9420", " 9420", "not a timecode"),
        ("9420 9420", "9420 942", "not a timecode"),
        ("c1c2", "c1c2 " * 16 + "c1c2", "more than 32 columns"),
        ("00:00:0", "00:01:00;02\t942c 942c\n00:00:0", "before the line before it"),
    ],
)
def test_faults_are_named(fault: str, instead: str, problem: str) -> None:
    assert fault in GOOD
    assert any(problem in found for found in problems(GOOD.replace(fault, instead, 1)))


def test_a_label_that_drop_frame_skips_is_named() -> None:
    assert any("skips" in found for found in problems("Scenarist_SCC V1.0\n\n00:01:00;00\t942c 942c\n"))


def test_five_rows_are_too_many() -> None:
    rows = " ".join(f"{address} {address} e180" for address in ("13d0", "1370", "94d0", "9470", "10d0"))
    text = f"Scenarist_SCC V1.0\n\n00:00:10;00\t9420 9420 {rows} 942f 942f\n"
    assert any("5 rows" in found for found in problems(text))
