"""What Adobe's schema of transcripts says, put down for jsonschema in words of our own: names, kinds, limits."""

from __future__ import annotations

from typing import Any

CODES = [
    "en-us", "en-gb", "zh-hk", "cmn-hans", "cmn-hant", "es-es", "de-de", "fr-fr", "ja-jp", "pt-pt",
    "pt-br", "ko-kr", "it-it", "ru-ru", "hi-in", "nb-no", "sv-se", "nl-nl", "da-dk", "id-id",
    "th-th", "vi-vn", "ms-my", "tr-tr", "pl-pl", "fil-ph", "te-in", "ml-in", "pa-in", "??-??",
]  # fmt: skip
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


def _closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_SECONDS = {"type": "number", "minimum": 0}
_LANGUAGE = {"enum": CODES}
_WORD = _closed(
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    duration=_SECONDS,
    eos={"type": "boolean"},
    start=_SECONDS,
    tags={"type": "array", "items": {"enum": ["profanity", "filler"]}},
    text={"type": "string"},
    type={"enum": ["word", "punctuation"]},
)
_SPEAKER = {"type": "string", "pattern": _UUID}
SCHEMA = _closed(
    language=_LANGUAGE,
    segments={
        "type": "array",
        "items": _closed(
            duration=_SECONDS,
            language=_LANGUAGE,
            speaker=_SPEAKER,
            start=_SECONDS,
            words={"type": "array", "items": _WORD},
        ),
    },
    speakers={"type": "array", "items": _closed(id=_SPEAKER, name={"type": "string"})},
)
