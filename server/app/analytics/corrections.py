"""What a person corrected in a transcript, as counts. The words are compared and let go of.

**Words** are compared as they are said, not as they are written (`spoken_forms`): a comma put right is no correction.
They are paired with the fewest edits, each replaced, removed or added word being one (`pair_words`).

**What was cut is not compared.** In a document deleting a word deletes its sound, which says nothing about whether it
was recognised well: only words whose sound is still in the document are compared, whatever order it plays them in. (A
word that was made up and then deleted with its sound goes unnoticed.) In a text or a transcript a stretch of
`CUT_WORDS` and more that is gone is taken to be left out on purpose, unless it is one of the endless repetitions that
recognisers fall into.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isqrt

from ..domain.arrangement import arrange, spoken_words, words_in
from ..domain.document import ArtificialSilence, Document, Text
from ..domain.transcript import Transcript, Word
from ..errors import InvalidDocument
from .calibration import Bins, binned

CUT_WORDS = 100
"""So many words in a row that are gone from a text were left out of it, not corrected."""
CUT_VARIETY = 30
"""That many of the first `CUT_WORDS` are different ones in speech; a recogniser gone astray repeats fewer."""
EXACT_CELLS = 64_000_000
"""Words times words that are compared exactly: recordings up to an hour. Longer ones are taken apart first."""

_ANCHORS = (12, 6, 3, 1)
_UNSPACED = re.compile(  # ideographs, kana, Thai, Lao, Burmese, Khmer: written without spaces between words
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`", "'"))
_STAMP = re.compile(r"\[[\d:.,;]+\]\s*")
_LABEL = re.compile(r"([^:\n]{1,60}):\s+")

Corrected = Transcript | Document | str
"""A corrected transcript, document or plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was corrected, in numbers.

    Attributes:
        words: Words of the corrected text.
        substitutions: Recognised words that were replaced.
        deletions: Recognised words that were removed: nobody said them.
        insertions: Words that were added: the recogniser missed them.
        bins: Recognised words by their confidence, and how many of them stand uncorrected.
        cut: Recognised words that were not compared because the corrected version leaves them out.
        speaker_words: Words that have a speaker in both versions; None where a version knows no speakers.
        speaker_changes: Those that were given to somebody else. Renaming somebody changes nothing.
    """

    words: int
    substitutions: int
    deletions: int
    insertions: int
    bins: Bins
    cut: int = 0
    speaker_words: int | None = None
    speaker_changes: int | None = None

    @property
    def errors(self) -> int:
        """All edits."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def word_error(self) -> float | None:
        """Edits for a word of the corrected text; may exceed 1. None where it has no words."""
        return self.errors / self.words if self.words else None

    @property
    def speaker_error(self) -> float | None:
        """The share of words that were given to another speaker; None where nobody could be told apart."""
        if not self.speaker_words or self.speaker_changes is None:
            return None
        return self.speaker_changes / self.speaker_words


def corrected(recognised: Transcript, corrected: Corrected) -> Correction:
    """Compare a transcript with what a person made of it.

    Args:
        recognised: As it came out of the pipeline.
        corrected: All of it; what was only half read counts as right.

    Raises:
        InvalidDocument: A document of another recording.
    """
    if isinstance(corrected, Document):
        return _of_document(recognised, corrected)
    heard = spoken_words(recognised)
    if isinstance(corrected, str):
        return compare(heard, _unlabelled(corrected, [speaker.name for speaker in recognised.speakers]))
    return compare(heard, _corrected_words(recognised, corrected))


def compare(recognised: Sequence[Word], corrected: Sequence[Word] | str) -> Correction:
    """Count the edits between recognised words and the corrected ones.

    Args:
        recognised: With their confidences.
        corrected: A text, or words with or without speakers.
    """
    memo: dict[str, tuple[str, ...]] = {}
    heard, owners = _tokens([word.text for word in recognised], memo)
    said, sayers = _tokens([corrected] if isinstance(corrected, str) else [word.text for word in corrected], memo)
    partners = pair_words(heard, said)
    cut = _left_out(heard, partners)
    removed = partners.count(-1)
    paired = len(heard) - removed
    stands = [partner >= 0 and heard[index] == said[partner] for index, partner in enumerate(partners)]
    judged = _by_word(recognised, owners, stands, cut)
    result = Correction(
        words=len(said),
        substitutions=paired - sum(stands),
        deletions=removed - len(cut),
        insertions=len(said) - paired,
        bins=binned(judged),
        cut=len(cut),
    )
    if isinstance(corrected, str):
        return result
    pairs = Counter(
        (one, other)
        for index, partner in enumerate(partners)
        if partner >= 0 and (one := recognised[owners[index]].speaker) and (other := corrected[sayers[partner]].speaker)
    )
    return replace(result, speaker_words=pairs.total(), speaker_changes=_changed(pairs)) if pairs else result


def spoken_forms(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared.

    Unicode NFKC, case folded, typographic apostrophes made straight. Whatever is no letter, mark, digit or apostrophe
    inside a word separates words or goes: punctuation, hyphens, symbols. Where a script has no spaces between words,
    every character is one. Numbers are left as they are written: `5` put for `five` is a correction.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold())
    spaced = _UNSPACED.sub(lambda found: "".join(_apart(found[0])), plain)
    kept = "".join(char if char == "'" or unicodedata.category(char)[0] in "LNM" else " " for char in spaced)
    return tuple(word for part in kept.split() if (word := part.strip("'")))


def pair_words(heard: Sequence[str], said: Sequence[str], *, exact_cells: int = EXACT_CELLS) -> list[int]:
    """Pair two sequences of words with the fewest edits (Levenshtein, all costs 1).

    Exact where `len(heard) * len(said) <= exact_cells`, what they begin and end with in common not counted. Longer
    ones are first taken apart where both say the same 12 (then 6, 3, 1) words that either says only once there, in
    the same order, as far apart as is useful; where nothing is in common, into equal parts. That can find more edits
    than there need be, never fewer; with corrections of speech the difference was nil.

    Returns:
        For each word heard the index of the word said that it is paired with, the same or in its stead; -1 for none.
    """
    partners = [-1] * len(heard)
    todo = [(0, len(heard), 0, len(said))]
    while todo:
        i, i_end, j, j_end = todo.pop()
        while i < i_end and j < j_end and heard[i] == said[j]:
            partners[i] = j
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and heard[i_end - 1] == said[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
            partners[i_end] = j_end
        if i == i_end or j == j_end:
            continue
        if (i_end - i) * (j_end - j) <= exact_cells:
            for one, other in _exact_pairs(heard[i:i_end], said[j:j_end]):
                partners[i + one] = j + other
        else:
            cuts = _cuts(heard[i:i_end], said[j:j_end], exact_cells)
            edges = [(i, j), *((i + one, j + other) for one, other in cuts), (i_end, j_end)]
            todo += [(a, c, b, d) for (a, b), (c, d) in pairwise(edges)]
    return partners


def _exact_pairs(heard: Sequence[str], said: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The pairs of an alignment with the fewest edits, from the last.

    A column of the table of edit distances is two long integers: the rows where it rises by one, and those where it
    falls (G. Myers, A fast bit-vector algorithm for approximate string matching, 1999, as H. Hyyrö simplified it,
    2003). From them all a way back is read off.
    """
    places: dict[str, int] = {}
    for row, word in enumerate(heard):
        places[word] = places.get(word, 0) | 1 << row
    everywhere = (1 << len(heard)) - 1
    rises, falls = [everywhere], [0]
    rise, fall = everywhere, 0
    for word in said:
        same = places.get(word, 0)
        diagonal = (((same & rise) + rise) ^ rise) | same | fall
        right_up = ((fall | ~(diagonal | rise)) << 1) | 1
        right_down = (diagonal & rise) << 1
        rise = (right_down | ~(diagonal | right_up)) & everywhere
        fall = right_up & diagonal & everywhere
        rises.append(rise)
        falls.append(fall)
    row, column = len(heard), len(said)
    while row and column:
        bit = 1 << (row - 1)
        if rises[column] & bit:
            row -= 1
        elif falls[column - 1] & bit:
            column -= 1
        else:
            row, column = row - 1, column - 1
            yield row, column


def _cuts(heard: Sequence[str], said: Sequence[str], exact_cells: int) -> list[tuple[int, int]]:
    """Where to take two long sequences apart."""
    apart = isqrt(exact_cells) // 4
    for length in _ANCHORS:
        anchors = _in_order(_shared(heard, said, length))
        chosen: list[tuple[int, int]] = []
        last = (0, 0)
        for anchor in anchors:
            if min(anchor[0] - last[0], anchor[1] - last[1]) >= apart:
                chosen.append(anchor)
                last = anchor
        if anchors:
            return chosen or [anchors[len(anchors) // 2]]
    parts = isqrt(len(heard) * len(said) // max(1, exact_cells)) + 2
    return [(len(heard) * part // parts, len(said) * part // parts) for part in range(1, parts)]


def _shared(heard: Sequence[str], said: Sequence[str], length: int) -> list[tuple[int, int]]:
    """Where each run of words begins that both have, and have once; in order of the first."""
    ours, theirs = _once(heard, length), _once(said, length)
    return [(place, theirs[run]) for run, place in ours.items() if place >= 0 and theirs.get(run, -1) >= 0]


def _once(words: Sequence[str], length: int) -> dict[tuple[str, ...], int]:
    """Where each run of `length` words begins; -1 where there are several."""
    found: dict[tuple[str, ...], int] = {}
    for place, run in enumerate(zip(*(words[shift:] for shift in range(length)), strict=False)):
        found[run] = -1 if run in found else place
    return found


def _in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most pairs that rise on both sides (the longest increasing subsequence), given in order of the first."""
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        rank = bisect_left(ends, place)
        before.append(tops[rank - 1] if rank else -1)
        ends[rank : rank + 1] = [place]
        tops[rank : rank + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = tops[-1] if tops else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _tokens(texts: Sequence[str], memo: dict[str, tuple[str, ...]]) -> tuple[list[str], list[int]]:
    """The compared words of some texts, and which text each came from."""
    tokens: list[str] = []
    owners: list[int] = []
    for index, text in enumerate(texts):
        if (forms := memo.get(text)) is None:
            forms = memo[text] = spoken_forms(text)
        tokens += forms
        owners += [index] * len(forms)
    return tokens, owners


def _apart(run: str) -> Iterator[str]:
    """Characters with spaces between; marks stay with what they mark."""
    for char in run:
        yield char if unicodedata.category(char)[0] == "M" else f" {char}"
    yield " "


def _left_out(heard: Sequence[str], partners: Sequence[int]) -> set[int]:
    """The words of long stretches that the corrected text does not have."""
    left_out: set[int] = set()
    paired = [-1, *(index for index, partner in enumerate(partners) if partner >= 0), len(heard)]
    for one, other in pairwise(paired):
        if other - one > CUT_WORDS and len(set(heard[one + 1 : one + 1 + CUT_WORDS])) >= CUT_VARIETY:
            left_out.update(range(one + 1, other))
    return left_out


def _by_word(
    recognised: Sequence[Word], owners: Sequence[int], stands: Sequence[bool], cut: set[int]
) -> Iterator[tuple[float, bool]]:
    """Confidence of each word that was compared, and whether all of it stands."""
    standing: dict[int, bool] = {}
    for index, owner in enumerate(owners):
        if index not in cut:
            standing[owner] = standing.get(owner, True) and stands[index]
    return ((recognised[owner].confidence, stood) for owner, stood in standing.items())


def _changed(pairs: Counter[tuple[str, str]]) -> int:
    """Words whose speaker changed, once every speaker is paired with one of the other version, most words first."""
    kept: dict[str, str] = {}
    for (one, other), _ in sorted(pairs.items(), key=lambda item: (-item[1], item[0][0] != item[0][1], item[0])):
        if one not in kept and other not in kept.values():
            kept[one] = other
    return sum(count for (one, other), count in pairs.items() if kept.get(one) != other)


def _corrected_words(recognised: Transcript, corrected: Transcript) -> list[Word]:
    """The words of a corrected transcript, also where an editor changed a segment's text and not its words."""
    known = {segment.text for segment in recognised.segments}
    words: list[Word] = []
    for segment in corrected.segments:
        own = words_in(segment)
        if segment.text in known or segment.text == " ".join(word.text for word in own):
            words += own
        else:
            words.append(Word(segment.start_s, segment.end_s, segment.text, segment.confidence, segment.speaker))
    return words


def _of_document(recognised: Transcript, document: Document) -> Correction:
    source = _source_of(recognised, document)
    kept: list[tuple[float, float]] = []
    texts: list[Word] = []
    for paragraph in document.paragraphs:
        for item in paragraph.items:
            if isinstance(item, ArtificialSilence) or item.source != source:
                continue
            end_s = item.source_start_s + item.length_s
            kept.append((item.source_start_s, end_s))
            if isinstance(item, Text):
                texts.append(Word(item.source_start_s, end_s, item.text, item.confidence, paragraph.speaker or None))
    pieces = [piece for passage in arrange(recognised) for piece in passage.pieces if piece.word]
    inside = _inside([(piece.start_s + piece.end_s) / 2 for piece in pieces], kept)
    heard = [piece.word for piece, keep in zip(pieces, inside, strict=True) if keep and piece.word]
    result = compare(heard, _in_order_of_source(texts))
    lost = sum(len(spoken_forms(p.word.text)) for p, keep in zip(pieces, inside, strict=True) if not keep and p.word)
    return replace(result, cut=result.cut + lost)


def _source_of(recognised: Transcript, document: Document) -> str:
    sources, own = document.sources, recognised.recording.sha256
    if own in sources or not sources:
        return own
    if own or len(sources) > 1:
        raise InvalidDocument(
            "The document is not of this task's recording.",
            hint="Send the document that was made of this task's transcript.",
        )
    return sources[0]


def _inside(moments: Sequence[float], spans: Sequence[tuple[float, float]]) -> list[bool]:
    """Which moments, in order, lie in one of the spans."""
    ordered = sorted(spans)
    place, until, found = 0, -1.0, []
    for moment in moments:
        while place < len(ordered) and ordered[place][0] <= moment:
            until = max(until, ordered[place][1])
            place += 1
        found.append(moment <= until)
    return found


def _in_order_of_source(texts: Sequence[Word]) -> list[Word]:
    """The words in the order they were spoken; what was pasted twice once."""
    ordered: list[Word] = []
    until = -1.0
    for word in sorted(texts, key=lambda word: (word.start_s, word.end_s)):
        if (word.start_s + word.end_s) / 2 >= until:
            ordered.append(word)
            until = max(until, word.end_s)
    return ordered


def _unlabelled(text: str, names: Sequence[str]) -> str:
    """A text without the times and speakers' names its paragraphs begin with, as our plain text export writes them."""
    lines = [
        _STAMP.sub("", line.strip(), count=1) if line.strip().startswith("[") else line for line in text.split("\n")
    ]
    labels = Counter(found[1] for line in lines if (found := _LABEL.match(line)))
    known = {*names, *(label for label, count in labels.items() if count > 1)}
    return "\n".join(
        line[found.end() :] if (found := _LABEL.match(line)) and found[1] in known else line for line in lines
    )
