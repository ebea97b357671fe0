"""Reads WebVTT as browsers do: after the parsing rules of the standard (sections 6.1 to 6.4), not after our writer."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_TIMES = re.compile(r"[ \t\f]*([\d:.]+)[ \t\f]*-->[ \t\f]*([\d:.]+)(.*)", re.ASCII)
_TIME = re.compile(r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})", re.ASCII)
_NAMES = {"c", "i", "b", "u", "ruby", "rt", "v", "lang"}


@dataclass
class Node:
    """Part of a cue: a span, with the nodes, texts (str) and times (int, milliseconds) inside it."""

    name: str
    classes: list[str] = field(default_factory=list)
    annotation: str = ""
    inside: list[Node | str | int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text, without markup."""
        return "".join(
            part if isinstance(part, str) else part.text for part in self.inside if not isinstance(part, int)
        )

    def spans(self, name: str) -> list[Node]:
        """The spans of a kind, at any depth."""
        nodes = [part for part in self.inside if isinstance(part, Node)]
        return [span for node in nodes for span in ([node] if node.name == name else []) + node.spans(name)]

    def times(self) -> list[int]:
        """The times of words, in order."""
        found: list[int] = []
        for part in self.inside:
            found += part.times() if isinstance(part, Node) else [part] if isinstance(part, int) else []
        return found


@dataclass
class Cue:
    """What is shown from when to when."""

    id: str
    start_ms: int
    end_ms: int
    settings: dict[str, str]
    raw: str

    @property
    def tree(self) -> Node:
        """The text, parsed."""
        return cue_text(self.raw)


@dataclass
class File:
    """Everything a browser takes from a file."""

    cues: list[Cue] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    regions: list[dict[str, str]] = field(default_factory=list)


def read(text: str) -> File | None:
    """A whole file; None where the signature is missing."""
    lines = text.removeprefix("\ufeff").replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        return None
    file, at = File(), 1
    if len(lines) > 1 and lines[1]:
        _, at = _block(lines, at, file, in_header=True)
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        cue, at = _block(lines, at, file, in_header=False)
        if cue:
            file.cues.append(cue)
    return file


def _block(lines: list[str], at: int, file: File, *, in_header: bool) -> tuple[Cue | None, int]:
    """Collect one block; where it ends."""
    begin, kept, cue, kind, arrow = at, [], None, "", False
    while at < len(lines):
        line, count = lines[at], at - begin + 1
        if "-->" in line:
            if in_header or not (count == 1 or (count == 2 and not arrow)):
                break
            arrow, cue = True, _timings(line, "\n".join(kept))
            kept = [] if cue else kept
        elif not line:
            break
        else:
            if count == 2 and not in_header and not cue and not file.cues and not kind and kept:
                kind = next((k for k in ("STYLE", "REGION") if re.fullmatch(rf"{k}[ \t\f]*", kept[0])), "")
                kept = [] if kind else kept
            kept.append(line)
        at += 1
    if cue:
        cue.raw = "\n".join(kept)
    elif kind == "STYLE":
        file.styles.append("\n".join(kept))
    elif kind == "REGION":
        file.regions.append(_settings(" ".join(kept)))
    return cue, max(at, begin + 1) if not in_header else at


def _timings(line: str, cue_id: str) -> Cue | None:
    found = _TIMES.match(line)
    start, end = (timestamp(found[n]) for n in (1, 2)) if found else (None, None)
    if found is None or start is None or end is None:
        return None
    return Cue(cue_id, start, end, _settings(found[3]), "")


def _settings(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split())
    return {name: value for name, _, value in pairs if name and value}


def timestamp(text: str) -> int | None:
    """Milliseconds of a time; None where it is none."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds, ms = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def cue_text(raw: str) -> Node:
    """The tree of a cue's text. Tags that are unknown or closed in the wrong order are passed over."""
    root = Node("")
    stack = [root]
    for part in re.findall(r"<[^>]*>?|[^<]+", raw):
        if not part.startswith("<"):
            stack[-1].inside.append(html.unescape(part))
            continue
        tag = part[1:].removesuffix(">")
        if tag.startswith("/"):
            _close(stack, tag[1:])
        elif tag[:1].isdigit():
            time = timestamp(tag)
            stack[-1].inside += [] if time is None else [time]
        else:
            _open(stack, tag)
    return root


def _open(stack: list[Node], tag: str) -> None:
    head, _, annotation = re.sub(r"[ \t\f\n]", " ", tag).partition(" ")
    name, *classes = head.split(".")
    if name not in _NAMES or (name == "rt" and stack[-1].name != "ruby"):
        return
    node = Node(name, [each for each in classes if each], " ".join(html.unescape(annotation).split()))
    stack[-1].inside.append(node)
    stack.append(node)


def _close(stack: list[Node], name: str) -> None:
    if len(stack) > 1 and stack[-1].name == name:
        stack.pop()
    elif name == "ruby" and stack[-1].name == "rt":
        del stack[-2:]
