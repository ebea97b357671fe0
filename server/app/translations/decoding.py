"""Text files as they come: with or without a byte order mark, in Unicode or an old code page."""

from __future__ import annotations

import codecs

from ..domain.languages import primary_language

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODE_PAGES = {
    "cp1250": "cs hr hu pl ro sk sl sq",
    "cp1251": "be bg kk mk ru sr uk",
    "cp1253": "el",
    "cp1254": "tr",
    "cp1255": "he yi",
    "cp1256": "ar fa ur",
    "cp1257": "et lt lv",
    "cp1258": "vi",
    "cp874": "th",
    "cp932": "ja",
    "cp949": "ko",
    "gb18030": "zh",
}
_USUAL = {language: page for page, languages in _CODE_PAGES.items() for language in languages.split()}


def decoded(data: bytes, language: str) -> tuple[str, str]:
    """The text of a file, and the encoding it is in.

    Args:
        data: The file.
        language: What it is written in: decides between the code pages, which can't be told apart for certain.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    if guess := _utf16(data):
        return data.decode(guess, "replace"), guess
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        page = _USUAL.get(primary_language(language), "cp1252")
        return data.decode(page, "replace"), page


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: subtitles are full of ASCII, every second byte of which is zero then."""
    sample = data[:4096]
    if len(sample) < 4 or sample.count(0) < max(1, len(sample) // 8):
        return None
    return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"
