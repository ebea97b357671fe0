"""The capability report for people: calm, and within the width of a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..domain.capability import Capability
from ..survey.conflicts import Misfit
from ..survey.machine import Machine
from ..survey.plan import gib
from ..survey.report import Report
from .style import Style
from .text import clipped, counted, shown, width

_KINDS = {
    "speech": "speech",
    "speakers": "speakers",
    "detection": "detection",
    "device": "runs on",
    "decoding": "media",
    "store": "jobs",
    "live": "live",
    "cluster": "cluster",
}
_LABEL = 12
"""Columns of the names at the left."""


def as_text(report: Report, style: Style) -> str:
    """The report for people.

    Args:
        report: What was found.
        style: How to write it.
    """
    lines = [
        _title(report, style),
        *_section("Machine", _machine(report.machine, style), style),
        *_section("What works", _works(report, style), style),
        *_section("What does not, and what helps", _does_not(report.capabilities, style), style),
        *_section("Settings that do not fit", _misfits(report.conflicts, style), style),
        *_section("Good settings here", _recommended(report, style), style),
        *_section("Libraries", _libraries(report, style), style),
        "",
        _verdict(report, style),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _title(report: Report, style: Style) -> str:
    own = f"audapolis {report.version}"
    system = report.platform.split("-with-", maxsplit=1)[0].replace("-", " ", 1)
    dot = f" {style.sign('·')} "
    rest = clipped(f"{dot}Python {report.python}{dot}{system}", style.columns - len(own))
    return style.paint(own, "strong") + style.paint(rest, "faint")


def _section(title: str, content: Iterable[str], style: Style) -> list[str]:
    lines = list(content)
    return ["", style.paint(title, "strong"), *lines] if lines else []


def _entry(label: str, text: str, style: Style) -> list[str]:
    """A name at the left, its text beside it, as wide as the terminal."""
    margin = " " * (2 + _LABEL)
    wrapped = _wrapped(text, style.columns - len(margin))
    first = f"  {label:<{_LABEL}}"
    return [first + wrapped[0], *(margin + line for line in wrapped[1:])]


def _wrapped(text: str, columns: int) -> list[str]:
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False) or [""]


def _machine(machine: Machine, style: Style) -> Iterator[str]:
    cores = machine.processor.cores
    limited = f" of {cores.present} (limited by {cores.limited_by})" if cores.limited_by else ""
    count = f"{cores.usable}{limited} cores" if limited else counted(cores.usable, "core")
    yield from _entry(
        "processor", ", ".join(filter(None, (machine.processor.name, count, machine.processor.instruction_set))), style
    )
    available = machine.memory.available_bytes
    spare = "" if available is None else f", {gib(available)} available"
    yield from _entry("memory", f"{gib(machine.memory.total_bytes)}{spare}", style)
    for gpu in machine.gpus:
        used = "" if gpu.memory_used_bytes is None else f", {gib(gpu.memory_used_bytes)} in use"
        driver = f", driver {gpu.driver}" if gpu.driver else ""
        yield from _entry(gpu.label, f"{gpu.name}, {gib(gpu.memory_bytes)}{used}{driver}", style)
    if not machine.gpus:
        yield from _entry("graphics", f"none: {machine.no_gpu_because}", style)
    for disk in machine.disks:
        free = "unknown room" if disk.free_bytes is None else f"{gib(disk.free_bytes)} free"
        yield from _entry(disk.purpose, f"{free} in {_from_home(disk.path)}", style)


def _from_home(path: str) -> str:
    with_tilde = Path(path)
    if with_tilde.is_relative_to(Path.home()):
        with_tilde = Path("~") / with_tilde.relative_to(Path.home())
    return shown(with_tilde)


def _works(report: Report, style: Style) -> Iterator[str]:
    engines = [each for each in report.capabilities if each.kind in _KINDS]
    names = max((width(each.name) for each in engines), default=0)
    before = ""
    for kind, label in _KINDS.items():
        for each in (each for each in engines if each.kind == kind):
            sign, tone = _sign(each, report)
            room = style.columns - _LABEL - names - 6
            detail = _wrapped(shown(each.detail), max(20, room))
            yield (
                f"  {label if label != before else '':<{_LABEL}}{style.paint(style.sign(sign), tone)} "
                f"{each.name:<{names}}  {style.paint(detail[0], 'faint')}"
            )
            for line in detail[1:]:
                yield " " * (_LABEL + names + 6) + style.paint(line, "faint")
            before = label
    formats = ", ".join(each.name for each in report.capabilities if each.kind == "format")
    yield from _entry("formats", formats, style)
    models = ", ".join(f"{shown(each.name)} ({gib(each.size_bytes)})" for each in report.models)
    yield from _entry("models here", models or "none besides the embedded ones", style)
    legend = f"{style.sign('●')} used by default  {style.sign('✓')} works  {style.sign('✗')} does not"
    yield " " * (2 + _LABEL) + style.paint(legend, "faint")


def _sign(capability: Capability, report: Report) -> tuple[str, str]:
    if not capability.available:
        return "✗", "poor"
    return ("●" if report.used.get(capability.kind) == capability.name else "✓"), "good"


def _does_not(capabilities: Sequence[Capability], style: Style) -> Iterator[str]:
    for each in capabilities:
        told = [(shown(each.reason), "")] if not each.available else []
        told += [(f"Used instead: {each.instead}.", "")] if each.instead else []
        told += [(shown(each.remedy), "faint")] if each.remedy else []
        yield from _paragraphs(each.name, told, style)


def _paragraphs(label: str, paragraphs: Sequence[tuple[str, str]], style: Style) -> Iterator[str]:
    for text, tone in paragraphs:
        for line in _wrapped(text, style.columns - 2 - _LABEL):
            yield f"  {label:<{_LABEL}}{style.paint(line, tone) if tone else line}"
            label = ""


def _misfits(misfits: Sequence[Misfit], style: Style) -> Iterator[str]:
    for each in misfits:
        for line in _wrapped(shown(each.message), style.columns - 4):
            yield "  " + style.paint(line, "bad" if each.severity == "error" else "poor")
        for line in _wrapped(f"{shown(each.remedy)} ({', '.join(each.settings)})", style.columns - 4):
            yield "    " + style.paint(line, "faint")


def _recommended(report: Report, style: Style) -> Iterator[str]:
    good = report.recommended
    yield from _entry("preset", good.preset, style)
    yield from _entry("model", good.model or "the embedded one", style)
    for name, value in good.settings.items():
        yield from _entry(name.rpartition(".")[2], str(value), style)
    yield from _entry("because", good.because[0] if good.because else "", style)
    for reason in good.because[1:]:
        yield from _entry("", reason, style)


def _libraries(report: Report, style: Style) -> Iterator[str]:
    named = ", ".join(f"{name} {number or 'missing'}" for name, number in report.libraries.items())
    for line in _wrapped(named, style.columns - 2):
        yield "  " + style.paint(line, "faint")


def _verdict(report: Report, style: Style) -> str:
    if report.healthy and any(each.severity == "error" for each in report.conflicts):
        return style.paint("Recordings can be transcribed here, but some settings ask for what is not.", "poor")
    if report.healthy:
        return style.paint("Ready: recordings can be transcribed here.", "good")
    return style.paint("Not ready: recordings can't be transcribed or kept here.", "bad")
