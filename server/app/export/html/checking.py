"""Looks at a finished page: its policy fits style and script, every word has its numbers, nothing lies elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ..material import Material
from .page import digest

_NUMBERS_PER_WORD = 3
_BLOCK = {
    "style": re.compile(r"<style>(.*?)</style>", re.DOTALL),
    "script": re.compile(r"<script>(.*?)</script>", re.DOTALL),
}
_TIMES = re.compile(r'<script type="application/json" id="times">(.*?)</script>', re.DOTALL)
_WORD = re.compile(r"<span(?: class=c\d+)?>")
_SAID = re.compile(r'<p class="said"[^>]*>(.*?)</p>')
_ELSEWHERE = re.compile(r'<(?:script|link|img|iframe|video|audio|source)\b[^>]*?\b(?:src|href)="(?:[a-z]+:|//)')


def check_html(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Read the page as text."""
    text = file.read().decode("utf-8-sig").replace("\r\n", "\n")
    policy = text[: text.find("<title>")]
    for name, pattern in _BLOCK.items():
        block = pattern.search(text)
        if block is None or digest(block[1]) not in policy:
            yield f"The page's {name} is not the one its policy allows."
    yield from _numbers(text)
    if _ELSEWHERE.search(text):
        yield "The page asks for something that lies elsewhere."


def _numbers(text: str) -> Iterator[str]:
    words = sum(len(_WORD.findall(said[1])) for said in _SAID.finditer(text))
    times = _TIMES.search(text)
    try:
        numbers = json.loads(times[1]) if times else []
    except ValueError:
        numbers = []
    if len(numbers) != _NUMBERS_PER_WORD * words:
        yield f"There are {len(numbers)} numbers for {words} words instead of {_NUMBERS_PER_WORD} for each."
