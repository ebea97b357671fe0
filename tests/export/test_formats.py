"""What all formats have in common: one table, documentation, golden files, determinism."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.export import formats as package
from audapolis.export.base import FormatInfo
from audapolis.export.captions.profiles import profile_rows
from audapolis.export.formats import FORMATS
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation
from tests.export.describing import SHARED, group_section, own_options, row, shared_groups
from tests.strategies import transcripts

GOLDEN = Path(__file__).parent / "golden"
DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
BINARY = {"application/zip", "application/octet-stream", FORMATS["docx"].media_type}
"""Archives, AAF and Word documents: their own tests compare what is in them."""
exporter = AdvancedExporter()


def test_files_and_table_name_the_same_formats() -> None:
    files = {file.stem for file in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(FORMATS)
    assert all(kind.id == name for name, kind in FORMATS.items())
    assert [info.id for info in exporter.formats()] == list(FORMATS)


@pytest.mark.parametrize("info", exporter.formats(), ids=lambda info: info.id)
def test_the_documentation_names_every_format_its_options_and_losses(info: FormatInfo) -> None:
    text = DOCS.read_text("utf-8")
    assert f"| `{info.id}` | {info.name} | `.{info.extension}` | `{info.media_type}` |" in text
    section = text.split(f"\n## `{info.id}`")[1].split("\n## ")[0]
    own = own_options(info.id)
    for option in own:
        assert row(option) in section
    for loss in info.losses:
        assert f"- {loss}" in section
    for shared in shared_groups(info.id):
        assert f"(#{SHARED[shared]})" in section
    for check in info.checks:
        assert f"`{check}`" in section
    assert section.count("\n| `") == len(own)


@pytest.mark.parametrize("group", SHARED)
def test_the_documentation_names_every_shared_option(group: type) -> None:
    section = DOCS.read_text("utf-8").split(f'\n<a id="{SHARED[group]}"></a>')[1].split("\n## ")[1]
    assert group_section(group).split("\n## ")[1].strip() in section


def test_the_documentation_describes_no_format_that_does_not_exist() -> None:
    lines = DOCS.read_text("utf-8").splitlines()
    assert {line.split("`")[1] for line in lines if line.startswith("## `")} == set(FORMATS)


@pytest.mark.parametrize("format_id", sorted(f for f in FORMATS if FORMATS[f].media_type not in BINARY))
def test_the_golden_file_is_what_comes_out(format_id: str) -> None:
    golden = GOLDEN / f"conversation.{FORMATS[format_id].extension}"
    content = exporter.render(conversation(), format_id).content
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(content)
    assert content == golden.read_bytes()


@pytest.mark.parametrize("format_id", sorted(set(FORMATS) - {"scc"}))  # refuses scripts: see test_scc.py
@settings(max_examples=20, deadline=None)
@given(transcript=transcripts())
def test_the_same_transcript_gives_the_same_bytes(format_id: str, transcript: Transcript) -> None:
    first = exporter.render(transcript, format_id)
    assert exporter.render(transcript, format_id) == first
    declared = {str(loss) for loss in FORMATS[format_id].losses}
    assert set(first.losses) <= declared


@pytest.mark.parametrize("format_id", ["txt", "srt", "vtt", "ebuttd", "imsc", "rttm"])
@settings(max_examples=20)
@given(transcript=transcripts(), newline=st.sampled_from(["lf", "crlf"]), bom=st.booleans())
def test_text_formats_keep_one_newline_policy(format_id: str, transcript: Transcript, newline: str, bom: bool) -> None:
    content = exporter.render(transcript, format_id, {"newline": newline, "bom": bom}).content
    assert content.startswith(b"\xef\xbb\xbf") is bom
    text = content.decode("utf-8-sig")
    bare = text.replace("\r\n", "\n") if newline == "crlf" else text
    assert "\r" not in bare
    assert text.count("\r\n") == (bare.count("\n") if newline == "crlf" else 0)
    assert not bare or bare.endswith("\n")
    assert not {c for c in bare if ord(c) < 32} - {"\n"}


def test_the_documentation_has_the_table_of_caption_profiles() -> None:
    assert "\n".join(profile_rows()) in DOCS.read_text("utf-8")
