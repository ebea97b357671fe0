"""Reading and writing RTTM: who spoke when, one `SPEAKER` line per turn (NIST Rich Transcription 2009)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from audapolis.domain.transcript import Turn
from audapolis.errors import InvalidDocument


def read_rttm(source: Path | str) -> list[Turn]:
    """Turns of an RTTM file, or of RTTM text, sorted by start.

    Lines of other kinds (`LEXEME`, `NON-SPEECH`, comments) are passed over.

    Raises:
        InvalidDocument: A `SPEAKER` line has too few fields or a time that is no number; the message names the line.
    """
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    turns = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start_s, duration_s, speaker = float(fields[3]), float(fields[4]), fields[7]
        except (IndexError, ValueError):
            raise InvalidDocument(f"Line {number} is not an RTTM speaker turn: {line!r}.") from None
        turns.append(Turn(start_s, start_s + duration_s, speaker))
    return sorted(turns, key=lambda turn: (turn.start_s, turn.end_s))


def write_rttm(turns: Iterable[Turn], name: str) -> str:
    """RTTM text of some turns, times to the millisecond.

    Args:
        turns: In any order; written sorted by start.
        name: The recording's name; blanks in it and in speakers' names become underscores, as fields end at blanks.
    """
    ordered = sorted(turns, key=lambda turn: (turn.start_s, turn.end_s))
    return "".join(
        f"SPEAKER {_field(name)} 1 {turn.start_s:.3f} {turn.end_s - turn.start_s:.3f}"
        f" <NA> <NA> {_field(turn.speaker)} <NA> <NA>\n"
        for turn in ordered
    )


def _field(value: str) -> str:
    return "_".join(value.split()) or "<NA>"
