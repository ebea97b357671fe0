"""A finished task's `content` as the audapolis desktop app expects it."""

from __future__ import annotations

from typing import Any

from ..domain.arrangement import Piece, arrange
from ..domain.transcript import Transcript


def desktop_content(transcript: Transcript, *, unnamed: str = "") -> list[dict[str, Any]]:
    """Paragraphs by speaker whose words and silences cover the recording from 0 to its end without a gap.

    Args:
        transcript: What was said.
        unnamed: What to call the speaker where nobody knows; the old server used the file's name.

    Returns:
        `[{"speaker", "content": [{"type": "word", "word", "sourceStart", "length", "conf"} |
        {"type": "silence", "sourceStart", "length"}]}]`, times in seconds, lengths adding up to the duration.
    """
    return [
        {
            "speaker": transcript.speaker_name(passage.speaker) or unnamed,
            "content": [_item(piece) for piece in passage.pieces],
        }
        for passage in arrange(transcript)
    ]


def _item(piece: Piece) -> dict[str, Any]:
    place = {"sourceStart": piece.start_s, "length": round(piece.duration_s, 6)}
    if piece.word is None:
        return {"type": "silence", **place}
    return {"type": "word", "word": piece.word.text, **place, "conf": piece.word.confidence}
