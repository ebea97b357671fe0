"""Held against Apple's document type definitions, which may not be passed on: `FCPXML_DTD_DIR` says where they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from lxml import etree

from tests.export.editors.cases import CASES

VERSIONS = ("1.9", "1.10", "1.11", "1.12", "1.13")
ONE_OF_EACH_KIND = [case for case in CASES if case.rate == "29.97 DF"]


def definition(version: str) -> etree.DTD:
    """The definition of a version; skips where there is none."""
    folder = os.environ.get("FCPXML_DTD_DIR")
    if not folder:
        pytest.skip("FCPXML_DTD_DIR names no folder with Apple's definitions (FCPXMLv1_10.dtd and so on).")
    named = re.compile(rf"(?<!\d){version.replace('.', '[._]')}(?!\d)")
    path = next((p for p in sorted(Path(folder).glob("*.dtd")) if named.search(p.stem)), None)
    if path is None:
        pytest.skip(f"There is no definition of version {version} in FCPXML_DTD_DIR.")
    return etree.DTD(str(path))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_of_content_is_valid(version: str) -> None:
    dtd = definition(version)
    for case in ONE_OF_EACH_KIND:
        for captions in ("itt", "srt", "none"):
            options = {**case.options, "version": version, "captions": captions}
            tree = etree.fromstring(AdvancedExporter().render(case.material, "fcpxml", options).content)
            assert dtd.validate(tree), dtd.error_log.filter_from_errors()
