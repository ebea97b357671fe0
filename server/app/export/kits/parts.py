"""What a kit is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..base import Format
from ..material import Material
from ..options import OptionValue, parse_options
from ..text import clean
from ..timeline.building import TimelineOptions

_MOST_BYTES = 180
_UNFIT = re.compile(r'[\\/:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a kit.

    Attributes:
        format_id: Which format it is; looked up when the kit is written.
        suffix: What its name ends with.
        purpose: What it is for, in a few words.
        options: What is asked of the format besides what the kit itself was asked.
    """

    format_id: str
    suffix: str
    purpose: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)

    @property
    def kind(self) -> type[Format[Any]]:
        """The format."""
        from ..formats import FORMATS  # kits stand in that table themselves

        return FORMATS[self.format_id]

    def writer(self, options: TimelineOptions) -> Format[Any]:
        """The format with the kit's options as far as it knows them, and its own.

        Raises:
            InvalidOption: One of them makes no sense for it.
        """
        known = {one.name for one in fields(self.kind.options_type)}
        asked = {one.name: getattr(options, one.name) for one in fields(options) if one.name in known}
        return self.kind(parse_options(self.kind.options_type, {**asked, **self.options}))

    def file_name(self, material: Material) -> str:
        """What it is called inside."""
        return f"{stem(material)}{self.suffix}"


def stem(material: Material) -> str:
    """What files of a kit are called: like the recording, in letters that every system takes."""
    before, _, after = clean(material.transcript.recording.name).rpartition(".")
    short = _UNFIT.sub("_", before or after).encode("utf-8")[:_MOST_BYTES].decode("utf-8", "ignore")
    return short.strip(" .") or "audapolis"
