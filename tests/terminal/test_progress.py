"""Progress: bars for people, lines for logs, nothing when quiet."""

import errno
import io
import os
import pty

from audapolis.terminal.progress import Bars, Lines, make_progress


def test_a_log_gets_lines_now_and_then() -> None:
    log = io.StringIO()
    lines = Lines(log, every_s=0.0)
    lines.update("a", "talk.wav", "transcribe", 0.5, 90.0)
    lines.update("a", "talk.wav", "diarize", 0.6, None)
    lines.finish("a")
    lines.line("done")
    assert log.getvalue().splitlines() == [
        "talk.wav: transcribing, 50%, 1:30 left",
        "talk.wav: telling speakers apart, 60%",
        "done",
    ]


def test_short_work_and_quiet_work_leave_no_progress_lines() -> None:
    for quiet in (False, True):
        log = io.StringIO()
        progress = make_progress(log, quiet=quiet)
        progress.update("a", "talk.wav", "transcribe", 0.5, 1.0)
        progress.close()
        assert log.getvalue() == ""


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        bars = make_progress(terminal, quiet=False)
        assert isinstance(bars, Bars)
        bars.update("a", "talk.wav", "decode", 0.1, None)
        bars.update("a", "talk.wav", "transcribe", 0.5, 3.0)
        bars.line("a word between")
        bars.apart(lambda: None)
        bars.update("a", "talk.wav", "transcribe", 0.4, 3.0)
        bars.close()
    seen = _all_of(ours)
    assert "talk.wav  50%" in seen
    assert "transcribing, 0:03 left" in seen
    assert "\ra word between\r\n" in seen
    assert " 40%" not in seen, "a bar never goes back"
    assert seen.rstrip("\r").endswith(" "), "the bar was wiped"


def _all_of(pseudo_terminal: int) -> str:
    """What was written to it; the kernel hands it over in pieces, then fails with EIO as nobody holds the other end."""
    pieces = []
    with os.fdopen(pseudo_terminal, "rb", buffering=0) as end:
        try:
            while piece := end.read(4096):
                pieces.append(piece)
        except OSError as nobody_left:
            if nobody_left.errno != errno.EIO:
                raise
    return b"".join(pieces).decode()
