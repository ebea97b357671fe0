"""Where each decoded frame belongs on the recording's clock, when timestamps have gaps, overlaps and jumps."""

from __future__ import annotations

from dataclasses import dataclass

_TOLERANCE_S = 0.1
_LONGEST_GAP_S = 3600.0
_LONGEST_GAP_IN_STREAMS_S = 10.0


@dataclass(frozen=True, slots=True)
class Placement:
    """What to do before writing a frame.

    Attributes:
        silence_until_s: Fill with silence up to this time; None to go on where the last frame ended.
        drop_s: Leave out so much of the frame's beginning, because it was heard already.
    """

    silence_until_s: float | None = None
    drop_s: float = 0.0


GO_ON = Placement()


class Timeline:
    """Follows a stream's timestamps.

    Containers round timestamps and clocks drift, so up to a tenth of a second's difference means nothing, and
    samples follow each other exactly. A larger one is real: a gap becomes silence, an overlap is dropped. A jump
    that no recording would have (backwards by more than the limit, or forwards by hours) is a clock that was reset,
    as when transport streams are joined: what follows is taken to follow at once.

    Args:
        start_s: Where the first frame belongs.
        may_jump: The container's clock may be reset within the file (transport streams, chained Ogg).
    """

    def __init__(self, start_s: float = 0.0, *, may_jump: bool = False) -> None:
        self._limit_s = _LONGEST_GAP_IN_STREAMS_S if may_jump else _LONGEST_GAP_S
        self._shift_s = 0.0
        self._end_s = start_s

    @property
    def end_s(self) -> float:
        """Where the last frame ended."""
        return self._end_s

    def place(self, start_s: float | None, duration_s: float) -> Placement:
        """Take the next frame.

        Args:
            start_s: Its timestamp, on a clock that starts at time zero; None if it has none.
            duration_s: Its length.
        """
        off_s = 0.0 if start_s is None else start_s + self._shift_s - self._end_s
        if abs(off_s) > self._limit_s:
            self._shift_s -= off_s
            off_s = 0.0
        if abs(off_s) <= _TOLERANCE_S:
            self._end_s += duration_s
            return GO_ON
        if off_s > 0:
            silence_until_s = self._end_s + off_s
            self._end_s = silence_until_s + duration_s
            return Placement(silence_until_s=silence_until_s)
        drop_s = min(-off_s, duration_s)
        self._end_s += duration_s - drop_s
        return Placement(drop_s=drop_s)
