from __future__ import annotations

import numpy as np
from audapolis.domain.transcript import Span
from audapolis.stages.crosstalk import CrosstalkGate


def gate(*levels_db: list[float]) -> CrosstalkGate:
    return CrosstalkGate(np.array(levels_db, np.float32))


def test_the_neighbours_voice_bleeding_in_is_not_this_channels_speech() -> None:
    loud, quiet = [-20.0] * 20, [-40.0] * 20
    own, bleed = gate(loud, quiet).keep_own([[Span(0, 1)], [Span(0, 1)]])
    assert own == [Span(0, 1)]
    assert bleed == []


def test_two_people_talking_at_once_are_both_kept() -> None:
    spans = [[Span(0, 1)], [Span(0.5, 1)]]
    assert gate([-20.0] * 20, [-25.0] * 20).keep_own(spans) == spans


def test_only_the_part_of_a_span_that_is_bleed_is_cut_off() -> None:
    (first, second) = gate([-20.0] * 10 + [-60.0] * 10, [-45.0] * 10 + [-20.0] * 10).keep_own(
        [[Span(0, 0.5)], [Span(0, 1)]]
    )
    assert first == [Span(0, 0.5)]
    assert second == [Span(0.5, 1)]
