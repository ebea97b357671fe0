"""Where captions stand."""

from __future__ import annotations

from audapolis.export.ttml.regions import REGIONS, place
from hypothesis import given
from hypothesis import strategies as st

edges = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20))).map(
    lambda pairs: sorted((begin, begin + length) for begin, length in pairs)
)


def names(*times: tuple[int, int]) -> list[str]:
    return [region.id for region in place(times)]


def test_one_after_the_other_stands_at_the_bottom() -> None:
    assert names((0, 5), (5, 7), (9, 12)) == ["bottom"] * 3


def test_the_second_voice_stands_at_the_top_until_the_first_is_done() -> None:
    assert names((0, 5), (1, 3), (3, 5), (5, 6)) == ["bottom", "top", "top", "bottom"]


def test_a_third_voice_shares_the_region_that_is_free_first() -> None:
    assert names((0, 9), (1, 5), (2, 8)) == ["bottom", "top", "top"]


@given(edges)
def test_a_region_is_shared_only_while_all_are_taken(times: list[tuple[int, int]]) -> None:
    placed = place(times)
    for number, (begin, _) in enumerate(times):
        taken = {region.id for region, (_, end) in zip(placed[:number], times, strict=False) if end > begin}
        assert placed[number].id not in taken or len(taken) == len(REGIONS)
