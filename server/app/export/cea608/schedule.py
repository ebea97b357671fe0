"""When each pair of bytes is sent, so that captions appear in their frame.

A caption is sent while the one before it is shown: hidden memory takes one pair of bytes a frame, then both memories
change places. What can't be sent in time appears later. One caption is shown at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .codes import ERASE_SHOWN, SHOW, word_count

PAIR = 2
"""A control code is sent twice: in two frames."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption to be shown from one frame until another.

    Attributes:
        words: What has to be sent to hidden memory before; codes that belong together stand together.
        frames: How long that takes.
    """

    start: int
    end: int
    words: tuple[str, ...]
    frames: int

    @classmethod
    def of(cls, start: int, end: int, words: tuple[str, ...]) -> Cue:
        """A caption that takes as long to send as it has words."""
        return cls(start, end, words, word_count(" ".join(words)))


@dataclass(frozen=True, slots=True)
class Transmission:
    """Pairs of bytes that are sent one a frame, beginning in a frame."""

    frame: int
    words: str


def in_turn(wanted: Sequence[Cue], least: int) -> list[Cue]:
    """Cues one after the other, each in its frame or as soon after as it can be sent.

    Args:
        wanted: By start.
        least: Frames for which a caption stays if it was to last so long, even if the next one is late for that.
    """
    cues: list[Cue] = []
    for cue in wanted:
        start = cue.start
        if cues:
            last = cues[-1]
            start = max(start, last.start + PAIR + cue.frames, last.start + min(least, last.end - last.start))
            gap = start - last.end
            if gap >= PAIR:  # Time to clear the screen, which takes two frames on the way.
                start = max(start, last.start + PAIR + cue.frames + PAIR)
            cues[-1] = replace(last, end=last.end if gap >= PAIR else start)
        else:
            start = max(start, cue.frames)
        late = start - cue.start
        end = max(cue.end, start + min(least, cue.end - cue.start)) if late else cue.end
        cues.append(replace(cue, start=start, end=max(end, start + PAIR)))
    return cues


def transmissions(cues: Sequence[Cue]) -> Iterator[Transmission]:
    """What is sent when, for cues `in_turn`."""
    last_end = 0
    shown = False
    for cue in cues:
        begin = cue.start - cue.frames
        if shown and last_end < cue.start and last_end + PAIR > begin:
            begin -= PAIR
            yield Transmission(begin, " ".join((*_with_erasure(cue.words, last_end - begin), SHOW)))
        else:
            if shown and last_end < cue.start:
                yield Transmission(last_end, ERASE_SHOWN)
            yield Transmission(begin, " ".join((*cue.words, SHOW)))
        last_end, shown = cue.end, True
    if shown:
        yield Transmission(last_end, ERASE_SHOWN)


def _with_erasure(words: Sequence[str], wanted: int) -> Iterator[str]:
    """Words with the erasure of the screen among them, after as nearly as possible so many frames."""
    sent, erased = 0, False
    for word in words:
        frames = word_count(word)
        if not erased and wanted - sent <= frames / 2:
            yield ERASE_SHOWN
            erased = True
        yield word
        sent += frames
    if not erased:
        yield ERASE_SHOWN
