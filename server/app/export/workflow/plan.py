"""Which files a batch makes, what each is called, and a key that tells whether one is made already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ... import __version__
from ..base import FormatInfo
from ..material import Material
from ..naming import plan_names
from ..options import OptionValue
from .outputs import Output, labelled

REPORT_NAME = "report.json"


class Formats(Protocol):
    """What is needed of the exporter to plan."""

    def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo: ...  # noqa: D102
    def edition(self, format_id: str) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Subject:
    """One transcript or document to be exported.

    Attributes:
        path: What results are named after: `talk.json` gives `talk.srt`. Told apart from others by its folders.
        digest: Of its whole content; None where it can't be read.
        open: Reads it.
    """

    path: Path
    digest: str | None
    open: Callable[[], Material]


@dataclass(frozen=True, slots=True)
class Item:
    """One file to be made.

    Attributes:
        name: What it is called.
        key: Stands for all it is made from; two files with the same key are equal.
    """

    name: str
    output: Output
    key: str


Plan = Sequence[tuple[Subject, Sequence[Item]]]


def plan_batch(subjects: Sequence[Subject], outputs: Sequence[Output], formats: Formats) -> Plan:
    """Decide which files a batch makes, before anything is written. No two have one name.

    Raises:
        UnknownName, InvalidOption: A format or an option there is not.
    """
    named = labelled(outputs)
    extensions = {label: formats.check(output.format, output.options).extension for label, output in named.items()}
    editions = {label: formats.edition(output.format) for label, output in named.items()}
    names = plan_names([subject.path for subject in subjects], extensions)
    return [
        (
            subject,
            [
                Item(names[subject.path][label], output, _key(subject, output, editions[label]))
                for label, output in named.items()
            ],
        )
        for subject in subjects
    ]


def _key(subject: Subject, output: Output, edition: str) -> str:
    options = dict(sorted(output.options.items()))
    made_from = [__version__, subject.digest, output.format, edition, options]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
